// The figures of Dropcast, each by one command. README.md says what each of them measures.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const FIGURES = [
  "send",
  "webhooks",
  "campaign",
  "import",
  "memory",
  "pace",
  "pause",
  "history",
  "growth",
  "numbers",
];
const USAGE = `Usage: node bench/run.mjs ${FIGURES.join("|")} [options]

  --rows N         recipients of the list (send: 20000, import: 1000000, memory: 100000,
                   campaign: 100000, webhooks: 10000)
  --rounds N       rounds of each sender, alternating (send, webhooks, import: 3; history: 7);
                   pauses (pause: 100); campaign: 1
  --seconds N      how long each pace is watched (pace: 30, history, numbers: 20)
  --memory N       growth: maxmemory of its Redis, MiB (2048)
  --campaigns N    history: how many campaigns have ended (50000)
  --days N         history: within how many days (900)
  --fsync MODE     send, import: only this appendfsync mode, always or everysec (both);
                   webhooks, campaign: this one (always)
  --only PART      memory: dropcast, without the plain sender; numbers: of idle, 1x1, 200x1, 1x5,
                   40x5, 200x5 (numbers x messages a second), with commas between them
  --results FILE   where the section is written (bench/RESULTS.md)
  --profile DIR    send, webhooks, import: a CPU profile of each measured process goes there, and
                   what Redis spends on each command to stderr`;

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        rows: { type: "string" },
        rounds: { type: "string" },
        seconds: { type: "string" },
        memory: { type: "string" },
        campaigns: { type: "string" },
        days: { type: "string" },
        fsync: { type: "string" },
        only: { type: "string" },
        results: { type: "string" },
        profile: { type: "string" },
      },
    });
  } catch (error) {
    return { values: {}, positionals: [], problem: error.message };
  }
}

const { values, positionals, problem } = readArguments();
const [figure] = positionals;
const whole = (text) => (text === undefined ? undefined : Number(text));
const numbers = Object.fromEntries(
  ["rows", "rounds", "seconds", "memory", "campaigns", "days"].map((name) => [name, values[name]]),
);
const wrong = Object.entries(numbers).find(([, text]) => text && !/^[1-9]\d*$/.test(text));
const usable = positionals.length === 1 && FIGURES.includes(figure) && wrong === undefined;
if (!usable || (values.fsync ?? "always").search(/^(always|everysec)$/) === -1) {
  console.error(problem ?? USAGE);
  process.exit(2);
}
if (!existsSync(new URL("../dist/version.js", import.meta.url))) {
  console.error("The figures are of the built product. Run `npm run build` first.");
  process.exit(1);
}

// Ctrl-C: whatever was started is ended by its `exit` listener.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(130));

const { measure } = await import(`./${figure}.mjs`);
await measure({
  ...Object.fromEntries(Object.entries(numbers).map(([name, text]) => [name, whole(text)])),
  fsync: values.fsync,
  profile: values.profile,
  only: values.only,
  results: values.results ?? fileURLToPath(new URL("RESULTS.md", import.meta.url)),
  command: `node bench/run.mjs ${process.argv.slice(2).join(" ")}`,
});
process.exit();
