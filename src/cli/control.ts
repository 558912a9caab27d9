import { type Controlled, controlCampaign, mayControl, type Verb } from "../campaigns/control.ts";
import { type FoundCampaign, findCampaign } from "../campaigns/find.ts";
import { modeName, modeOption } from "../core/mode.ts";
import { accept } from "../core/refusal.ts";
import type { Campaign } from "../store/index.ts";
import { commandActor } from "./actor.ts";
import { CAMPAIGN_ID, type Command, type CommandFile, type CommandSpec } from "./command.ts";
import { asksFirst, confirmAlone, type Question, YES } from "./confirm.ts";
import { withPlatform } from "./session.ts";
import { counted, modeWords, printable } from "./words.ts";

export const pause = control("pause", "stop sending for now", ({ campaign: { id, mode } }) => {
  const resume = `dropcast resume ${id}${modeOption(mode)}`;
  return `${id} is paused. Messages being sent are finished; ${resume} continues.`;
});

export const resume = control(
  "resume",
  "continue a paused campaign; also lifts the suspension of its number",
  ({ campaign }, { status, haltLifted }) => {
    const { id, number } = campaign;
    if (status === "finished") return `${id} has nothing left to send: it is finished.`;
    const lifted = `The suspension of number ${number} is lifted: one message goes first, the rest once it is accepted. Campaigns that were paused with it stay paused.`;
    if (haltLifted) return `${id} is ${status}. ${lifted}`;
    return `${id} is ${status}${status === "scheduled" ? ": it waits for its start." : "."}`;
  },
);

export const cancel = control(
  "cancel",
  "end a campaign for good; sent messages stay sent",
  ({ campaign: { id, counts, mode } }) =>
    `${id} (${modeName(mode)}) is cancelled for good: ${counted(counts.pending, "message")} will not be sent. Outcomes of sent messages are still recorded.`,
  ({ id, name, mode, counts }) => {
    const lost = `${counted(counts.pending, "message")} never sent`;
    const words = `cancel ${id} ("${printable(name)}") for good, with ${lost}`;
    return {
      shown: "",
      ...{ question: `${modeWords(mode)}: ${words}?`, would: `${words}. ${modeWords(mode)}` },
      otherwise: "Nothing was cancelled",
    };
  },
);

/** `question`: what a person must confirm; left out: the action is reversible. */
function control(
  verb: Verb,
  summary: string,
  done: (found: FoundCampaign, controlled: Controlled) => string,
  question?: (campaign: Campaign) => Question,
): CommandFile {
  const run: Command = (cli, { args: [id = ""], options }) =>
    withPlatform(cli, async ({ stores }) => {
      const found = await findCampaign(stores, id);
      if (!found.ok) return found;
      const { campaign } = found.value;
      if (question !== undefined && asksFirst(cli, options) && mayControl(campaign, verb)) {
        const confirmed = await confirmAlone(cli, question(campaign));
        if (!confirmed.ok) return confirmed;
      }
      const result = await controlCampaign(found.value, verb, commandActor(cli));
      if (!result.ok) return result;
      const { status, changed } = result.value;
      const text = changed ? done(found.value, result.value) : `${id} is already ${status}.`;
      return accept({ json: result.value, text });
    });
  const spec: CommandSpec = {
    name: verb,
    args: [CAMPAIGN_ID],
    options: question === undefined ? [] : [YES],
    summary,
    examples: [`dropcast ${verb} main-17`],
  };
  return { spec, run };
}
