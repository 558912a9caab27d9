import type { RunScript } from "../scripts/runner.ts";

/** What may happen to a campaign, or to its number. Scripts note it, in the step in which it happens. */
export const NEWS = [
  "started",
  "paused",
  "resumed",
  /** Finished before: rows came back to be sent. */
  "reopened",
  "finished",
  "cancelled",
  "expired",
  /** The number: nothing is sent from it until a person resumes one of its campaigns. */
  "suspended",
  "released",
] as const;
export type NewsKind = (typeof NEWS)[number];

export interface News {
  readonly kind: NewsKind;
  readonly campaign: string;
  /** By Redis TIME, ms. */
  readonly at: number;
  /** The pause reason (core/pause-reason.ts) of `paused` and `suspended`; else empty. */
  readonly reason: string;
}

export interface TakenNews {
  /** In the order in which they happened. No other worker gets them. */
  readonly news: readonly News[];
  /** A minute began with this call, for this worker alone. */
  readonly isNewMinute: boolean;
  readonly running: number;
  /** What was counted in the minute before, and not told. */
  readonly untold: Readonly<Partial<Record<NewsKind, number>>>;
}

/** Takes what is to be told in the log: each thing once, over all workers, and so much a minute. */
export function createNews(run: RunScript) {
  return async function take(input: {
    takenMax: number;
    linesMax: number;
    minuteMs: number;
  }): Promise<TakenNews> {
    const answer = (await run("take-news", input)) as [number, number, string, ...string[]];
    const [isNewMinute, running, untold, ...lines] = answer;
    return {
      news: lines.flatMap((line) => parseNews(line) ?? []),
      isNewMinute: isNewMinute === 1,
      running,
      untold: parseUntold(untold),
    };
  };
}

/** Undefined for what another version notes. */
function parseNews(line: string): News | undefined {
  const [campaign = "", what, at, reason = ""] = line.split("|");
  const kind = NEWS.find((one) => one === what);
  return kind === undefined ? undefined : { kind, campaign, at: Number(at), reason };
}

function parseUntold(text: string): Partial<Record<NewsKind, number>> {
  const pairs = [...text.matchAll(/(\w+) (\d+)/g)];
  return Object.fromEntries(pairs.map(([, kind, count]) => [kind, Number(count)]));
}
