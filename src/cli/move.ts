import { findCampaign } from "../campaigns/find.ts";
import { type Moved, moveRows, previewMove } from "../campaigns/pools/move.ts";
import { accept } from "../core/refusal.ts";
import { commandActor } from "./actor.ts";
import { CAMPAIGN_ID, type Command, type CommandSpec, refuseUsage, textOption } from "./command.ts";
import { asksFirst, confirmAlone, YES } from "./confirm.ts";
import { withPlatform } from "./session.ts";
import { counted, modeWords } from "./words.ts";

export const spec: CommandSpec = {
  name: "move",
  args: [CAMPAIGN_ID],
  options: [
    { flags: "--from <number>", description: "the number whose rows go; its campaign is paused" },
    { flags: "--to <number>", description: "the number of the same campaign that gets them" },
    YES,
  ],
  summary: "give the rows of one number of a pool, which were never tried, to another",
  examples: ["dropcast move pool-3 --from main --to second"],
};

/** `move ID --from NUMBER --to NUMBER`: rows never attempted go to another number of the pool. */
export const run: Command = (cli, { args: [id = ""], options }) => {
  const [from, to] = [textOption(options, "from"), textOption(options, "to")];
  if (from === undefined || to === undefined) {
    return Promise.resolve(
      refuseUsage("--from and --to are both needed.", "Give the names of two numbers."),
    );
  }
  return withPlatform(cli, async ({ stores }) => {
    const found = await findCampaign(stores, id);
    if (!found.ok) return found;
    if (asksFirst(cli, options)) {
      const preview = await previewMove(found.value, { from, to });
      if (!preview.ok) return preview;
      const words = movesWords(preview.value);
      const mode = modeWords(found.value.campaign.mode);
      const confirmed = await confirmAlone(cli, {
        shown: "",
        ...{ question: `${mode}: ${words}?`, would: `${words}. ${mode}` },
        otherwise: "Nothing was moved",
      });
      if (!confirmed.ok) return confirmed;
    }
    const moved = await moveRows(found.value, { from, to }, commandActor(cli));
    if (!moved.ok) return moved;
    const { campaign, rows } = moved.value;
    const text =
      campaign === null
        ? `${counted(rows, "row")} of ${moved.value.from} are being moved to ${to}; a worker goes on with it.`
        : `${counted(rows, "row")} of ${moved.value.from} are now ${campaign}, of ${to}. ${moved.value.from} is cancelled.`;
    return accept({ json: moved.value, text });
  });
};

function movesWords({ from, to, rows, tried }: Moved): string {
  const left =
    tried === 0
      ? ""
      : `, while ${counted(tried, "row")} that were tried before stay and are not sent`;
  return `cancel ${from} for good and send its ${counted(rows, "untried row")} from ${to}${left}`;
}
