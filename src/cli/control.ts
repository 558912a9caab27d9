import { accept, type Refused, refuse } from "../core/refusal.ts";
import type { CampaignStatus } from "../core/status.ts";
import type { ControlResult } from "../store/campaign-store.ts";
import type { Cli, Command, CommandResult } from "./command.ts";
import { type FoundCampaign, findCampaign, withPlatform } from "./session.ts";
import { counted } from "./words.ts";

/** The three ways to take hold of a campaign. All of them may be given again without harm. */
interface Control {
  readonly act: (found: FoundCampaign) => Promise<ControlResult>;
  /** The status in which there is nothing left to do. */
  readonly reached: readonly CampaignStatus[];
  readonly done: (
    found: FoundCampaign,
    result: Exclude<ControlResult, { kind: "no_campaign" }>,
  ) => string;
  readonly refused: (id: string, status: CampaignStatus) => Refused;
}

const PAUSE: Control = {
  act: ({ store, campaign }) => store.campaigns.pause(campaign.id, "operator"),
  reached: ["paused"],
  done: ({ campaign: { id } }) =>
    `${id} is paused. What is on the wire is finished; dropcast resume ${id} goes on.`,
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
  done: ({ campaign: { id, counts } }) =>
    `${id} is cancelled for good: ${counted(counts.pending, "message")} will not be sent. What was on the wire is still recorded.`,
  refused: (id, status) =>
    refuse(
      "cannot_cancel",
      `${id} is ${status}, so there is nothing to cancel.`,
      "Messages that were sent cannot be called back.",
    ),
};

export const pause: Command = (cli, { args }) => control(cli, args[0], PAUSE);
export const resume: Command = (cli, { args }) => control(cli, args[0], RESUME);
export const cancel: Command = (cli, { args }) => control(cli, args[0], CANCEL);

function control(cli: Cli, id = "", verb: Control): Promise<CommandResult> {
  return withPlatform(cli, async (platform) => {
    const found = await findCampaign(platform, id);
    if (!found.ok) return found;
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
