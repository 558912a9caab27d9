import { modeName } from "../core/mode.ts";
import { accept, type Refused, refuse } from "../core/refusal.ts";
import type { CampaignStatus } from "../core/status.ts";
import type { Campaign } from "../store/campaign-reader.ts";
import type { ControlResult } from "../store/campaign-store.ts";
import type { Cli, Command, CommandResult, Options } from "./command.ts";
import { asksFirst, confirmAlone, type Question } from "./confirm.ts";
import { type FoundCampaign, findCampaign, withPlatform } from "./session.ts";
import { counted, modeOption, modeWords, printable } from "./words.ts";

/** The three ways to take hold of a campaign. All of them may be given again without harm. */
interface Control {
  readonly act: (found: FoundCampaign) => Promise<ControlResult>;
  /** The status in which there is nothing left to do. */
  readonly reached: readonly CampaignStatus[];
  /** What a person must say yes to; left out: it can be taken back. */
  readonly question?: (campaign: Campaign) => Question;
  readonly done: (
    found: FoundCampaign,
    result: Exclude<ControlResult, { kind: "no_campaign" }>,
  ) => string;
  readonly refused: (id: string, status: CampaignStatus) => Refused;
}

const PAUSE: Control = {
  act: ({ store, campaign }) => store.campaigns.pause(campaign.id, "operator"),
  reached: ["paused"],
  done: ({ campaign: { id, mode } }) =>
    `${id} is paused. What is on the wire is finished; ` +
    `dropcast resume ${id}${modeOption(mode)} goes on.`,
  refused: (id, status) =>
    refuse(
      "cannot_pause",
      `${id} is ${status}, so there is nothing to pause.`,
      status === "importing"
        ? `Wait until its list is stored, or drop it: dropcast cancel ${id}.`
        : "Only a running or scheduled campaign can be paused.",
    ),
};

const RESUME: Control = {
  act: ({ store, campaign }) => store.campaigns.resume(campaign.id),
  reached: ["running", "scheduled"],
  done: ({ campaign }, { status, haltLifted }) => {
    if (status === "finished") return `${campaign.id} has nothing left to send: it is finished.`;
    const lifted = `The halt of number ${campaign.number} is lifted: one message goes first, the rest when it is accepted. Campaigns that were paused with it stay paused.`;
    return haltLifted
      ? `${campaign.id} is ${status}. ${lifted}`
      : `${campaign.id} is ${status}${status === "scheduled" ? ": it waits for its start." : "."}`;
  },
  refused: (id, status) =>
    refuse(
      "cannot_resume",
      `${id} is ${status}, so there is nothing to resume.`,
      "Only a paused campaign can be resumed.",
    ),
};

const CANCEL: Control = {
  act: ({ store, campaign }) => store.campaigns.cancel(campaign.id),
  reached: ["cancelled"],
  question: ({ id, name, mode, counts }) => {
    const lost = `${counted(counts.pending, "message")} never sent`;
    const words = `cancel ${id} ("${printable(name)}") for good, with ${lost}`;
    return {
      shown: "",
      ...{ question: `${modeWords(mode)}: ${words}?`, would: `${words}. ${modeWords(mode)}` },
      otherwise: "nothing was cancelled",
    };
  },
  done: ({ campaign: { id, counts, mode } }) =>
    `${id} (${modeName(mode)}) is cancelled for good: ${counted(counts.pending, "message")} will not be sent. What was on the wire is still recorded.`,
  refused: (id, status) =>
    refuse(
      "cannot_cancel",
      `${id} is ${status}, so there is nothing to cancel.`,
      "Messages that were sent cannot be called back.",
    ),
};

export const pause: Command = (cli, { args, options }) => control(cli, args[0], PAUSE, options);
export const resume: Command = (cli, { args, options }) => control(cli, args[0], RESUME, options);
export const cancel: Command = (cli, { args, options }) => control(cli, args[0], CANCEL, options);

function control(cli: Cli, id = "", verb: Control, options: Options): Promise<CommandResult> {
  return withPlatform(cli, async (platform) => {
    const found = await findCampaign(platform, id);
    if (!found.ok) return found;
    const { campaign } = found.value;
    if (verb.question !== undefined && asksFirst(cli, options) && isOpen(campaign)) {
      const said = await confirmAlone(cli, verb.question(campaign));
      if (!said.ok) return said;
    }
    const result = await verb.act(found.value);
    if (result.kind === "no_campaign") return (await import("../platform.ts")).noSuchCampaign(id);
    const { status, haltLifted } = result;
    const changed = result.kind === "changed";
    if (!changed && !verb.reached.includes(status)) return verb.refused(id, status);
    return accept({
      json: { id, status, changed, haltLifted },
      text: changed ? verb.done(found.value, result) : `${id} is ${status} already.`,
    });
  });
}

/** Of a campaign that is over there is nothing to ask: the store says what it is. */
function isOpen({ status }: Campaign): boolean {
  return status !== "finished" && status !== "cancelled" && status !== "rejected";
}
