/**
 * Pausing, resuming and cancelling a campaign: which status allows it, and the refusals of the
 * others. The scripts of the store decide, so a repeated or concurrent request is safe: a status
 * that is already reached is not a failure (`changed: false`).
 */

import type { Actor } from "../core/act.ts";
import type { CampaignStatus } from "../core/campaign.ts";
import { modeOption } from "../core/mode.ts";
import { accept, type Refused, type Result, refuse } from "../core/refusal.ts";
import type { RefusalCode } from "../core/refusals.ts";
import type { Campaign, ControlResult } from "../store/index.ts";
import { audited } from "./audited.ts";
import type { FoundCampaign } from "./find.ts";
import { refuseClosed, refuseNoCampaign } from "./refusals.ts";

/** The result of a control, also as JSON. */
export interface Controlled {
  readonly id: string;
  /** The status now. */
  readonly status: CampaignStatus;
  /** False: it already had this status. */
  readonly changed: boolean;
  /** `resume` lifted the suspension of the campaign's number: one message goes first. */
  readonly haltLifted: boolean;
}

export type Verb = "pause" | "resume" | "cancel";

interface Rule {
  /** The statuses it changes. */
  readonly changes: readonly CampaignStatus[];
  /** The statuses that need no change. */
  readonly reached: readonly CampaignStatus[];
  readonly act: (found: FoundCampaign) => Promise<ControlResult>;
  readonly code: RefusalCode;
  /** What to do if it is refused. */
  readonly fix: (campaign: Pick<Campaign, "id" | "mode">, status: CampaignStatus) => string;
}

const RULES: Readonly<Record<Verb, Rule>> = {
  pause: {
    changes: ["running", "scheduled"],
    reached: ["paused"],
    act: ({ store, campaign }) => store.campaigns.pause(campaign.id, "operator"),
    code: "cannot_pause",
    fix: ({ id, mode }, status) =>
      status === "importing"
        ? `Wait until its list is stored, or drop it: dropcast cancel ${id}${modeOption(mode)}.`
        : "Only a running or scheduled campaign can be paused.",
  },
  resume: {
    changes: ["paused"],
    reached: ["running", "scheduled"],
    act: ({ store, campaign }) => store.campaigns.resume(campaign.id),
    code: "cannot_resume",
    fix: (_, status) =>
      status === "importing"
        ? "It starts by itself when its list is stored."
        : "Only a paused campaign can be resumed.",
  },
  cancel: {
    changes: ["importing", "scheduled", "running", "paused"],
    reached: ["cancelled"],
    act: ({ store, campaign }) => store.campaigns.cancel(campaign.id),
    code: "cannot_cancel",
    fix: (_, status) =>
      status === "rejected"
        ? "Its list was refused, so nothing is sent."
        : "Sent messages cannot be recalled.",
  },
};

/** Whether it would change such a campaign: if so, pages offer it and commands ask. */
export function mayControl({ status, closed }: Pick<Campaign, "status" | "closed">, verb: Verb) {
  return !closed && RULES[verb].changes.includes(status);
}

/** Stops sending for now; requests in flight are finished. Refusal: `cannot_pause`. */
export function pauseCampaign(found: FoundCampaign, by: Actor): Promise<Result<Controlled>> {
  return controlCampaign(found, "pause", by);
}

/** Continues a paused campaign, and lifts the suspension of its number. `cannot_resume`. */
export function resumeCampaign(found: FoundCampaign, by: Actor): Promise<Result<Controlled>> {
  return controlCampaign(found, "resume", by);
}

/** Ends a campaign for good: waiting messages are never sent. Refusal: `cannot_cancel`. */
export function cancelCampaign(found: FoundCampaign, by: Actor): Promise<Result<Controlled>> {
  return controlCampaign(found, "cancel", by);
}

/**
 * The three by name. Also refused: `no_such_campaign` if it was deleted meanwhile, and
 * `campaign_closed` while the last messages of an expired campaign are in flight.
 */
export function controlCampaign(
  found: FoundCampaign,
  verb: Verb,
  by: Actor,
): Promise<Result<Controlled>> {
  return audited(
    found.store.acts,
    by,
    { what: verb, campaigns: [found.campaign.id] },
    () => control(found, verb),
    ({ status, changed, haltLifted }) => ({
      details: { status, changed, ...(haltLifted ? { haltLifted } : {}) },
    }),
  );
}

async function control(found: FoundCampaign, verb: Verb): Promise<Result<Controlled>> {
  const { campaign } = found;
  const { id } = campaign;
  const { act, changes, reached } = RULES[verb];
  const result = await act(found);
  if (result.kind === "no_campaign") return refuseNoCampaign(id);
  const { status, haltLifted } = result;
  const changed = result.kind === "changed";
  if (changed || reached.includes(status)) return accept({ id, status, changed, haltLifted });
  return changes.includes(status) ? refuseClosed(id) : refuseStatus(campaign, status, verb);
}

function refuseStatus(campaign: Campaign, status: CampaignStatus, verb: Verb): Refused {
  const { code, fix } = RULES[verb];
  return refuse(
    code,
    `${campaign.id} is ${status}, so there is nothing to ${verb}.`,
    fix(campaign, status),
  );
}
