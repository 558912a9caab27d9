/**
 * Pausing, resuming and cancelling a campaign: which status allows it, and the refusals of the
 * others. The scripts of the store decide, so a repeated or concurrent request is safe: a status
 * that is already reached is not a failure (`changed: false`).
 */

import type { Actor } from "../core/act.ts";
import { type CampaignStatus, hasEnded } from "../core/campaign.ts";
import { dateTime } from "../core/format.ts";
import { modeOption } from "../core/mode.ts";
import { accept, type Refused, type Result, refuse } from "../core/refusal.ts";
import type { RefusalCode } from "../core/refusals.ts";
import { TRIAL_RULES, type TrialRules } from "../core/trial.ts";
import type { Campaign, ControlResult, Pool } from "../store/index.ts";
import { audited } from "./audited.ts";
import { type FoundCampaign, findMoved } from "./find.ts";
import { leavesNow } from "./leaves-now.ts";
import { refuseMoved } from "./pools/moved.ts";
import { refuseClosed, refuseNoCampaign, refuseOfPool, refuseUnapproved } from "./refusals.ts";

/** The result of a control, also as JSON. */
export interface Controlled {
  readonly id: string;
  /** The status now. */
  readonly status: CampaignStatus;
  /** False: it already had this status. */
  readonly changed: boolean;
  /** `resume` lifted the suspension of the campaign's number: one message goes first. */
  readonly suspensionLifted: boolean;
  /** The same, for programs that read its former name. */
  readonly haltLifted: boolean;
  /** For a resume with a probe: how many messages go before the rest. */
  readonly probe?: number;
  /** With it: what follows when enough of them are delivered; `ask`: it pauses. */
  readonly probeThen?: TrialRules["after"];
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
export function mayControl(
  { status, closed, awaitsApprovalOf }: Pick<Campaign, "status" | "closed" | "awaitsApprovalOf">,
  verb: Verb,
) {
  if (verb === "resume" && awaitsApprovalOf !== null) return false;
  return !closed && RULES[verb].changes.includes(status);
}

/**
 * Continues a paused campaign with `size` of its messages; the rest follows only if enough of them
 * are delivered in time. In place of an unfinished canary, what follows is as the file says of
 * that. `cannot_resume`, `probe_not_possible`, `probe_before_start`.
 */
export function probeCampaign(
  found: FoundCampaign,
  size: number,
  by: Actor,
): Promise<Result<Controlled>> {
  if (found.pool !== undefined) return Promise.resolve(refuseOfPool(found, "A probe"));
  return perform(found, { verb: "resume", by, probe: size }, async () => {
    const { campaign, store } = found;
    const early = refuseEarlyProbe(campaign, Date.now()) ?? (await refuseMoved(found));
    if (early !== null) return early;
    const isOpen = await leavesNow(store, campaign.id, Date.now());
    const after = await afterProbe(found);
    const result = await store.resumeWithProbe(
      campaign.id,
      { ...TRIAL_RULES, after, size },
      isOpen,
    );
    if (result.kind !== "busy") {
      const done = controlled(campaign, "resume", result);
      if (!done.ok || done.value.probe === undefined) return done;
      return accept({ ...done.value, probeThen: after });
    }
    return refuse(
      "probe_not_possible",
      `No message of ${campaign.id} that could be tried first was found.`,
      "Try again; without --probe, resume sends the rest.",
    );
  });
}

/** The API keeps delegated messages until their time, so the wait for deliveries would be over. */
function refuseEarlyProbe(campaign: Campaign, nowMs: number): Refused | null {
  const { id, status, delegatedTo } = campaign;
  if (status !== "paused" || delegatedTo === null || delegatedTo <= nowMs) return null;
  return refuse(
    "probe_before_start",
    `${id} can have no probe before ${dateTime(delegatedTo)}: the API delivers nothing of it earlier (schedule.delegate).`,
    "Resume with --probe after that time. Without --probe the API gets all the rest at once, and that cannot be called back.",
  );
}

/** A probe takes the place of a canary that is not over; a file that asks is still obeyed. */
async function afterProbe({ store, campaign }: FoundCampaign): Promise<TrialRules["after"]> {
  if (campaign.trial?.kind !== "canary") return TRIAL_RULES.after;
  const imported = await store.campaigns.toSend(campaign.id);
  return imported?.definition.canary?.after ?? TRIAL_RULES.after;
}

/**
 * The three by name. Also refused: `no_such_campaign` if it was deleted meanwhile, and
 * `campaign_closed` while the last messages of an expired campaign are in flight.
 */
export async function controlCampaign(
  found: FoundCampaign,
  verb: Verb,
  by: Actor,
): Promise<Result<Controlled>> {
  const { pool } = found;
  if (pool !== undefined) {
    return controlPool({ ...found, pool }, (child) => controlCampaign(child, verb, by), verb);
  }
  return perform(found, { verb, by }, async () => {
    const moved = verb === "resume" ? await refuseMoved(found) : null;
    return moved ?? controlled(found.campaign, verb, await RULES[verb].act(found));
  });
}

/**
 * All campaigns of a pool, each by itself; one that is over already changes nothing. Refuses if
 * none could be controlled, and names those that were not.
 */
async function controlPool(
  { campaign, children = [], pool, store }: FoundCampaign & { readonly pool: Pool },
  act: (child: FoundCampaign) => Promise<Result<Controlled>>,
  verb: Verb,
): Promise<Result<Controlled>> {
  const moves = await store.pools.moves(pool.id);
  const isOver = children.every((child) => hasEnded(child.campaign.status));
  const isMoving = moves.some(({ done }) => !done);
  // From now on its import cannot end, and no campaign of it starts.
  if (verb === "cancel" && (!isOver || isMoving || pool.status === "importing")) {
    await store.pools.cancel(pool.id);
  }
  const stores = Object.fromEntries(children.map((child) => [child.store.number, child.store]));
  // A move may have begun its campaign since the pool was read.
  const known = new Set(children.map((child) => child.campaign.id));
  const moved = (await findMoved(stores, pool)).map((one) => one.found);
  const all = [...children, ...moved.filter((one) => !known.has(one.campaign.id))];
  // If Redis lost the cancel of a campaign whose rows are elsewhere, a resume must not undo it.
  const given = new Set(verb === "resume" ? moves.map(({ from }) => from) : []);
  const own = all.filter((child) => !given.has(child.campaign.id));
  const going = own.filter((child) => !hasEnded(child.campaign.status));
  const asked = going.length === 0 ? own : going;
  const results = await Promise.all(asked.map(act));
  const refused = results.find((result) => !result.ok);
  const done = results.flatMap((result) => (result.ok ? [result.value] : []));
  if (refused !== undefined && !refused.ok) {
    if (done.length === 0) return refused;
    const names = done.map(({ id, status }) => `${id} is ${status}`).join(", ");
    const { code, message, fix } = refused.refusal;
    return { ok: false, refusal: { code, message: `${message} ${names}.`, fix } };
  }
  const after = await store.campaigns.find(campaign.id);
  return accept({
    ...{ id: campaign.id, status: after?.status ?? campaign.status },
    changed: done.some(({ changed }) => changed),
    ...lifting(done.some(({ suspensionLifted }) => suspensionLifted)),
  });
}

/** Notes who did it. */
function perform(
  { campaign, store }: FoundCampaign,
  { verb, by, probe }: { readonly verb: Verb; readonly by: Actor; readonly probe?: number },
  act: () => Promise<Result<Controlled>>,
): Promise<Result<Controlled>> {
  const asked = probe === undefined ? {} : { probe };
  return audited(
    store.acts,
    by,
    { what: verb, campaigns: [campaign.id] },
    act,
    ({ status, changed, suspensionLifted }) => ({
      details: { status, changed, ...(suspensionLifted ? { suspensionLifted } : {}), ...asked },
    }),
  );
}

function controlled(campaign: Campaign, verb: Verb, result: ControlResult): Result<Controlled> {
  const { id } = campaign;
  const { changes, reached } = RULES[verb];
  if (result.kind === "no_campaign") return refuseNoCampaign(id);
  if (!("status" in result)) return refuseUnapproved(id);
  const { kind, status, suspensionLifted, ...more } = result;
  const changed = kind === "changed";
  if (changed || reached.includes(status)) {
    return accept({ id, status, changed, ...lifting(suspensionLifted), ...more });
  }
  return changes.includes(status) ? refuseClosed(id) : refuseStatus(campaign, status, verb);
}

/** Whether the suspension was lifted, by both names. */
export function lifting(suspensionLifted: boolean) {
  return { suspensionLifted, haltLifted: suspensionLifted };
}

function refuseStatus(campaign: Campaign, status: CampaignStatus, verb: Verb): Refused {
  const { code, fix } = RULES[verb];
  return refuse(
    code,
    `${campaign.id} is ${status}, so there is nothing to ${verb}.`,
    fix(campaign, status),
  );
}
