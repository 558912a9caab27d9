/** One sample of a scrape. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One metric of a scrape, as documented: without the labels that its type adds. */
export interface Exposed {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labels: readonly string[];
}

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** The samples of a text in Prometheus's format. */
export function samplesOf(text: string): Sample[] {
  return text.split("\n").flatMap((line) => {
    const found = line.startsWith("#") ? null : SAMPLE.exec(line);
    if (found === null) return [];
    const [, name = "", inside = "", value] = found;
    const labels = Object.fromEntries(
      [...inside.matchAll(LABEL)].map(([, label = "", its = ""]) => [label, its]),
    );
    return [{ name, labels, value: Number(value) }];
  });
}

/** The metrics of a text whose names match, in its order. */
export function exposedIn(text: string, names: RegExp): Exposed[] {
  const samples = samplesOf(text);
  return [...text.matchAll(/^# HELP (\S+) (.*)$/gm)].flatMap(([, name = "", help = ""]) => {
    if (!names.test(name)) return [];
    const type = new RegExp(`^# TYPE ${name} (\\w+)$`, "m").exec(text)?.[1] ?? "";
    const own = samples.filter((one) =>
      type === "histogram" ? one.name === `${name}_count` : one.name === name,
    );
    const labels = [...new Set(own.flatMap((one) => Object.keys(one.labels)))];
    return [{ name, type, help, labels }];
  });
}
