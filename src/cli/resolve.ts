import { accept, refuse } from "../core/refusal.ts";
import { type Command, refuseUsage } from "./command.ts";
import { findRows, withPlatform } from "./session.ts";
import { counted } from "./words.ts";

const DECISIONS = ["resend", "sent", "failed"] as const;
type Decision = (typeof DECISIONS)[number];

/** `resolve ID ROW DECISION`: what a person knows, or decides, of an unknown message. */
export const resolve: Command = async (cli, { args: [id = "", rowText = "", wanted = ""] }) => {
  const row = /^[1-9]\d{0,9}$/.test(rowText) ? Number(rowText) : null;
  if (row === null) {
    return refuseUsage(
      `"${rowText}" is not a row number.`,
      "Give the row as dropcast export prints it: from 1, without the header.",
    );
  }
  const decision = DECISIONS.find((one) => one === wanted);
  if (decision === undefined) {
    return refuseUsage(`"${wanted}" is not a decision.`, "Give resend, sent or failed.");
  }
  return withPlatform(cli, async (platform) => {
    const found = await findRows(platform, id);
    if (!found.ok) return found;
    const { campaign, store } = found.value;
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
        return refuse(
          "campaign_closed",
          `${id} was cancelled, or its end has passed: nothing more of it is sent.`,
          "Decide for sent or failed, or send the row in a new campaign.",
        );
      case "no_campaign":
        return (await import("../platform.ts")).noSuchCampaign(id);
    }
  });
};

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
