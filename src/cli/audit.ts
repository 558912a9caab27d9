import { actFromWords, actJson, actResultWords, actWords } from "../campaigns/act-words.ts";
import { newestActs } from "../campaigns/audit.ts";
import { ACT_KINDS } from "../core/act.ts";
import { parseInstant } from "../core/instant.ts";
import { accept, type Result } from "../core/refusal.ts";
import { type Command, type CommandSpec, countOption, refuseUsage, textOption } from "./command.ts";
import { withPlatform } from "./session.ts";
import { dateTime, printable, table } from "./words.ts";

const LISTED = 50;
const LISTED_MAX = 10_000;

export const spec: CommandSpec = {
  name: "audit",
  harmless: true,
  args: [],
  options: [
    { flags: "--campaign <id>", description: "only what was done with this campaign" },
    { flags: "--who <name>", description: "only what this person did: part of a name" },
    { flags: "--what <act>", description: "only acts of this kind, as in --what pause" },
    { flags: "--since <when>", description: "30m, 24h, 7d, or a time with its zone" },
    { flags: "--limit <n>", description: "how many of the newest (default: 50)" },
  ],
  summary: "who did what, when and from where, newest first",
  examples: ["dropcast audit", "dropcast audit --campaign main-17 --since 7d"],
};

/** `audit`: what people did, on the command line, the dashboard and in the drop folder. */
export const run: Command = async (cli, { options }) => {
  const asked = countOption(options, "limit", { max: LISTED_MAX, of: "lines" });
  if (!asked.ok) return asked;
  const limit = asked.value ?? LISTED;
  const since = readSince(textOption(options, "since"), Date.now());
  if (!since.ok) return since;
  const campaign = textOption(options, "campaign") ?? null;
  const who = textOption(options, "who") ?? null;
  const named = textOption(options, "what");
  const what = ACT_KINDS.find((kind) => kind === named) ?? null;
  if (named !== undefined && what === null) {
    return refuseUsage(`"${named}" is not an act.`, `Give ${ACT_KINDS.join(", ")}.`);
  }
  const filter = { campaign, who, what, sinceMs: since.value };
  return withPlatform(cli, async ({ actsOf, config }) => {
    const { lines, isCut } = await newestActs(actsOf(config.mode), filter, limit);
    const rows = lines.map((line) => [
      dateTime(line.at),
      printable(line.who),
      printable(actFromWords(line)),
      printable(actWords(line)),
      actResultWords(line),
    ]);
    return accept({
      json: lines.map(actJson),
      text:
        rows.length === 0
          ? "Nothing is noted that matches."
          : [
              table([["WHEN", "WHO", "FROM", "WHAT", "RESULT"], ...rows]),
              ...(isCut ? [`There are older ones: add --limit ${LISTED_MAX}.`] : []),
            ].join("\n"),
    });
  });
};

const UNITS_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** ms since 1970; 0: since ever. */
function readSince(text: string | undefined, nowMs: number): Result<number> {
  if (text === undefined) return accept(0);
  const [, amount, unit = ""] = /^(\d{1,5})([mhd])$/.exec(text) ?? [];
  if (amount !== undefined) return accept(nowMs - Number(amount) * (UNITS_MS[unit] ?? 0));
  const instant = parseInstant(text);
  if (instant.ok) return accept(instant.ms);
  return refuseUsage(
    `--since ${printable(text)} is neither a duration nor a time.`,
    "Give 30m, 24h or 7d, or a time as in 2026-12-01T09:00:00+01:00.",
  );
}
