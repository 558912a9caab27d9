import { accept, type Refused, refuse } from "../core/refusal.ts";
import { type Command, type CommandResult, refuseUsage } from "./command.ts";
import { type FoundCampaign, findRows, withPlatform } from "./session.ts";
import { counted } from "./words.ts";

const DECISIONS = ["resend", "sent", "failed"] as const;
type Decision = (typeof DECISIONS)[number];

/**
 * `resolve ID ROW DECISION`: what a person knows, or decides, of an unknown message. Several at once
 * by `10-20`, `3,5,9` or `all`: of those, rows that are not unknown are left as they are.
 */
export const resolve: Command = async (cli, { args: [id = "", rowText = "", wanted = ""] }) => {
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
  return withPlatform(cli, async (platform) => {
    const found = await findRows(platform, id);
    if (!found.ok) return found;
    return typeof rows === "number"
      ? resolveOne(found.value, rows, decision)
      : resolveMany(found.value, rows, decision);
  });
};

/** One row, ranges of rows, or all of them; null for what is neither. */
type Rows = number | readonly (readonly [first: number, last: number])[];

function parseRows(text: string): Rows | null {
  if (text === "all") return [[1, Number.POSITIVE_INFINITY]];
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text);
  const ranges = text.split(",").map((part) => {
    const [, first = "", last = first] = /^([1-9]\d{0,9})(?:-([1-9]\d{0,9}))?$/.exec(part) ?? [];
    return [Number(first), Number(last)] as const;
  });
  return ranges.every(([first, last]) => first > 0 && last >= first) ? ranges : null;
}

async function resolveMany(
  { campaign, store }: FoundCampaign,
  ranges: Exclude<Rows, number>,
  decision: Decision,
): Promise<CommandResult> {
  const { id } = campaign;
  const unknown = await store.campaigns.unknownRows(id);
  const chosen = unknown.filter((row) =>
    ranges.some(([first, last]) => row >= first && row <= last),
  );
  const decided: number[] = [];
  for (const row of chosen) {
    const result = await store.campaigns.resolve(id, row, decision);
    if (result.kind === "closed") return refuseClosed(id);
    if (result.kind === "resolved") decided.push(row);
  }
  const text =
    decided.length === 0
      ? `None of these rows of ${id} is unknown; nothing was decided.`
      : `${counted(decided.length, "message")} of ${id} ${MANY[decision]}`;
  return accept({ json: { id, decision, rows: decided }, text });
}

const MANY: Readonly<Record<Decision, string>> = {
  resend: "will be sent again, marked as possible duplicates.",
  sent: "count as accepted, by a person's decision.",
  failed: "count as failed, by a person's decision.",
};

async function resolveOne(
  { campaign, store }: FoundCampaign,
  row: number,
  decision: Decision,
): Promise<CommandResult> {
  const { id } = campaign;
  const result = await store.campaigns.resolve(id, row, decision);
  switch (result.kind) {
    case "resolved":
      return accept({ json: { id, row, state: result.state }, text: said(id, row, decision) });
    case "not_unknown":
      return refuse(
        "row_not_unknown",
        `row ${row} of ${id} is ${result.state}, so there is nothing to decide.`,
        `dropcast export ${id} --state unknown lists the rows that are unknown.`,
      );
    case "no_row":
      return refuse(
        "no_such_row",
        `${id} has ${counted(campaign.rows, "row")}, so there is no row ${row}.`,
        "Rows are counted from 1, without the header, as dropcast export prints them.",
      );
    case "closed":
      return refuseClosed(id);
    case "no_campaign":
      return (await import("../platform.ts")).noSuchCampaign(id);
  }
}

function refuseClosed(id: string): Refused {
  return refuse(
    "campaign_closed",
    `${id} was cancelled, or its end has passed: nothing more of it is sent.`,
    "Decide for sent or failed, or send the row in a new campaign.",
  );
}

function said(id: string, row: number, decision: Decision): string {
  switch (decision) {
    case "resend":
      return `Row ${row} of ${id} is sent again, marked as a possible duplicate.`;
    case "sent":
      return `Row ${row} of ${id} counts as accepted, by a person's decision.`;
    case "failed":
      return `Row ${row} of ${id} counts as failed, by a person's decision.`;
  }
}
