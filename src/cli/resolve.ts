import { findCampaign } from "../campaigns/find.ts";
import { ALL_ROWS, resolveMany, resolveRow, resolveWhat } from "../campaigns/resolve.ts";
import { DECISIONS, type Decision, type ResolveWhat, type RowRange } from "../core/action.ts";
import { UNKNOWN_REASONS } from "../core/reasons.ts";
import { accept, type Result } from "../core/refusal.ts";
import { detachedText, followAction } from "./action-follow.ts";
import { commandActor } from "./actor.ts";
import {
  CAMPAIGN_ID,
  type Command,
  type CommandSpec,
  listOption,
  type Options,
  refuseUsage,
  textOption,
} from "./command.ts";
import { withPlatform } from "./session.ts";
import { counted, printable } from "./words.ts";

export const spec: CommandSpec = {
  name: "resolve",
  args: [
    CAMPAIGN_ID,
    {
      syntax: "<row>",
      description: "row number as `export` prints it, from 1; or 3,5,10-20, or all",
    },
    { syntax: "<decision>", description: "resend, sent or failed" },
  ],
  options: [
    {
      flags: "--reason <name>",
      description: "of several: only those that are unknown for this reason",
      repeatable: true,
    },
    {
      flags: "--older-than <time>",
      description: "of several: only those that are unknown for longer, as in 30m, 24h, 7d",
    },
  ],
  summary: "decide the outcome of unknown messages",
  examples: [
    "dropcast resolve main-17 4211 sent",
    "dropcast resolve main-17 all failed --older-than 24h",
  ],
};

/**
 * `resolve ID ROW DECISION`: a person decides the outcome of an unknown message, or of several with
 * `10-20`, `3,5,9` or `all`; rows that are not unknown stay as they are.
 */
export const run: Command = async (
  cli,
  { args: [id = "", rowText = "", wanted = ""], options },
) => {
  const rows = parseRows(rowText);
  if (rows === null) {
    return refuseUsage(
      `"${rowText}" is not a row number.`,
      "Give the row as dropcast export prints it (from 1, without the header), several as in 3,5,10-20, or all.",
    );
  }
  const decision = DECISIONS.find((one) => one === wanted);
  if (decision === undefined) {
    return refuseUsage(`"${wanted}" is not a decision.`, "Give resend, sent or failed.");
  }
  const filter = readFilter(options);
  if (!filter.ok) return filter;
  const isFiltered = filter.value.reasons.length > 0 || filter.value.olderThanMs !== null;
  if (typeof rows === "number" && isFiltered) {
    return refuseUsage(
      "--reason and --older-than choose among several rows.",
      "Give several rows, or all.",
    );
  }
  const by = commandActor(cli);
  return withPlatform(cli, async ({ stores }) => {
    const found = await findCampaign(stores, id);
    if (!found.ok) return found;
    if (typeof rows === "number") {
      const resolved = await resolveRow(found.value, rows, decision, by);
      if (!resolved.ok) return resolved;
      return accept({
        json: resolved.value,
        text: `Row ${rows} of ${id} ${ONE[decision]}`,
      });
    }
    const { result: resolved, detached } = await followAction(cli, found.value.store, (following) =>
      resolveMany(found.value, resolveWhat(rows, decision, filter.value), by, following),
    );
    if (!resolved.ok) return resolved;
    const { action } = resolved.value;
    if (detached && action !== null) {
      return accept({
        json: resolved.value,
        text: detachedText(action, found.value.campaign.mode),
      });
    }
    const decided = resolved.value.rows.length;
    return accept({
      json: resolved.value,
      text:
        decided === 0
          ? `None of these rows of ${id} is unknown; nothing was changed.`
          : `${counted(decided, "message")} of ${id} ${MANY[decision]}`,
    });
  });
};

function readFilter(options: Options): Result<Pick<ResolveWhat, "reasons" | "olderThanMs">> {
  const reasons = listOption(options, "reason");
  const wrong = reasons.find((name) => !UNKNOWN_REASONS.some((known) => known === name));
  if (wrong !== undefined) {
    return refuseUsage(
      `"${printable(wrong)}" is not a reason for which messages are unknown.`,
      `Give one of ${UNKNOWN_REASONS.join(", ")}.`,
    );
  }
  const age = textOption(options, "olderThan");
  if (age === undefined) return accept({ reasons, olderThanMs: null });
  const [, amount = "", unit = ""] = /^([1-9]\d{0,4})([mhd])$/.exec(age) ?? [];
  if (amount === "") {
    return refuseUsage(`"${printable(age)}" is not a time.`, "Give it as in 30m, 24h or 7d.");
  }
  const minutes = { m: 1, h: 60, d: 24 * 60 }[unit] ?? 1;
  return accept({ reasons, olderThanMs: Number(amount) * minutes * 60_000 });
}

/** One row, ranges of rows, or all of them; null if it is none of these. */
type Rows = number | readonly RowRange[];

function parseRows(text: string): Rows | null {
  if (text === "all") return [ALL_ROWS];
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text);
  const ranges = text.split(",").map((part) => {
    const [, first = "", last = first] = /^([1-9]\d{0,9})(?:-([1-9]\d{0,9}))?$/.exec(part) ?? [];
    return [Number(first), Number(last)] as const;
  });
  return ranges.every(([first, last]) => first > 0 && last >= first) ? ranges : null;
}

const MANY: Readonly<Record<Decision, string>> = {
  resend: "will be sent again, marked as possible duplicates.",
  sent: "count as accepted, by a person's decision.",
  failed: "count as failed, by a person's decision.",
};

const ONE: Readonly<Record<Decision, string>> = {
  resend: "is sent again, marked as a possible duplicate.",
  sent: "counts as accepted, by a person's decision.",
  failed: "counts as failed, by a person's decision.",
};
