import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { ActDetails, Actor } from "../core/act.ts";
import type { ActionWhat, LeftOutCounts } from "../core/action.ts";
import { counted, printable } from "../core/format.ts";
import { accept, type Refused, type Result, refuse } from "../core/refusal.ts";
import {
  type Action,
  actionId,
  campaignOfAction,
  type NumberStore,
  numberOfCampaign,
} from "../store/index.ts";
import { type ActionJson, actionJson } from "./action-json.ts";
import { actionName } from "./action-words.ts";
import { audited } from "./audited.ts";
import type { FoundCampaign, Stores } from "./find.ts";
import { refuseClosed, refuseNoCampaign, refuseUnconfirmedRedis } from "./refusals.ts";

/** The messages that were chosen for an action (store/actions/). */
export interface ChosenMessages {
  readonly packed: Buffer;
  readonly total: number;
  /** How many were left out, by why. */
  readonly leftOut: LeftOutCounts;
}

export interface ActionRequest {
  readonly what: ActionWhat;
  /** Default: made from `what`. */
  readonly name?: string | undefined;
  /** How many messages the person was shown. The action says how many more or fewer it is about. */
  readonly expected?: number | null | undefined;
  /** The same request has the same token, and begins one action. */
  readonly token: string;
  /** Once its action was stopped, the same request begins another. Default: within a day never. */
  readonly mayFollowStop?: boolean | undefined;
}

/** A bulk action and its store. */
interface FoundAction {
  readonly action: Action;
  readonly store: NumberStore;
}

const NAME_MAX = 120;

/**
 * Begins an action about messages that were chosen, of which there must be one. The caller notes
 * the act. Refusals: `actions_too_many`, `campaign_closed`, `no_such_campaign`,
 * `redis_unconfirmed`.
 */
export async function startAction(
  { campaign, store }: FoundCampaign,
  request: ActionRequest,
  chosen: ChosenMessages,
  by: Actor,
): Promise<Result<Action>> {
  const { what, expected = null } = request;
  const given = printable(request.name ?? "")
    .trim()
    .slice(0, NAME_MAX);
  const { id } = await findRequest({ campaign, store }, request);
  const begun = await store.actions.begin({
    ...{ id, campaign: campaign.id, packed: chosen.packed, total: chosen.total },
    plan: {
      name: given === "" ? actionName(what, printable(campaign.name)) : given,
      ...{ what, by, campaignName: campaign.name, leftOut: chosen.leftOut, expected },
    },
  });
  if (begun === "no_campaign") return refuseNoCampaign(campaign.id);
  if (begun === "closed") return refuseClosed(campaign.id);
  if (begun === "full") return refuseFull();
  if (begun === "guarded") return refuseUnconfirmedRedis("Nothing was begun");
  const action = await store.actions.find(id);
  return action === undefined ? refuseNoAction(id) : accept(action);
}

/** So long the same token means the same request: as long as an Idempotency-Key does. */
const SAME_REQUEST_MS = 24 * 3_600_000;

/** The id of the action that a request begins, and the action if it was begun before. */
export async function findRequest(
  { campaign, store }: FoundCampaign,
  { token, mayFollowStop = false }: Pick<ActionRequest, "token" | "mayFollowStop">,
): Promise<{ readonly id: string; readonly known: Action | null }> {
  for (let nth = 0; ; nth++) {
    const id = actionId(campaign.id, nth === 0 ? token : `${token}\n${nth}`);
    const known = await store.actions.find(id);
    if (known === undefined) return { id, known: null };
    const isOver = mayFollowStop && known.state === "stopped";
    if (!isOver && known.createdAt > Date.now() - SAME_REQUEST_MS) return { id, known };
  }
}

/** What the audit says of an action beside its result. */
export function actionDetails(what: ActionWhat): ActDetails {
  const reasons = what.reasons.length === 0 ? {} : { reasons: what.reasons.join(", ") };
  if (what.kind === "resolve") {
    const { decision, olderThanMs } = what;
    const age = olderThanMs === null ? {} : { olderThanMinutes: Math.round(olderThanMs / 60_000) };
    return { decision, ...reasons, ...age };
  }
  return { ...(what.codes.length === 0 ? {} : { codes: what.codes.join(", ") }), ...reasons };
}

/** For so long a process that follows an action waits before it looks again. */
const LOOK_EVERY_MS = 300;
/** For so long at most it waits for a start of Redis to be confirmed, which takes 10 seconds. */
const UNCONFIRMED_MS = 15_000;

/**
 * Takes the steps of an action until it has ended, or follows it while another process takes them.
 * `signal` detaches: a worker goes on. Returns its last state; undefined if it is gone. Refusal:
 * `redis_unconfirmed`, if it would send again and that is not cleared up within some seconds.
 */
export async function carryOut(
  { actions }: Pick<NumberStore, "actions">,
  id: string,
  {
    signal,
    onStep = () => {},
    unconfirmedMs = UNCONFIRMED_MS,
  }: {
    readonly signal?: AbortSignal | undefined;
    readonly onStep?: () => Promise<void> | void;
    readonly unconfirmedMs?: number;
  } = {},
): Promise<Result<Action | undefined>> {
  let triesLeft = unconfirmedMs / LOOK_EVERY_MS;
  const runner = randomUUID();
  while (signal?.aborted !== true) {
    const step = await actions.step(id, { runner });
    if (step === "ended" || step === "gone") break;
    await onStep();
    if (step === "guarded" && --triesLeft <= 0) {
      return refuseUnconfirmedRedis(`Bulk action ${id} waits`);
    }
    if (step === "busy" || step === "guarded") {
      await sleep(LOOK_EVERY_MS, undefined, { ...(signal === undefined ? {} : { signal }) }).catch(
        () => {
          // Detached.
        },
      );
    }
  }
  return accept(await actions.find(id));
}

/** Finds an action by its id, which may be any text (`no_such_action`). */
export async function findAction(stores: Stores, id: string): Promise<Result<FoundAction>> {
  const number = numberOfCampaign(campaignOfAction(id) ?? "");
  const known = number !== undefined && Object.hasOwn(stores, number);
  const store = known ? stores[number] : undefined;
  const action = await store?.actions.find(id);
  return action === undefined || store === undefined
    ? refuseNoAction(id)
    : accept({ action, store });
}

interface ActionPage {
  readonly actions: readonly Action[];
  /** There are older ones. */
  readonly isCut: boolean;
}

/** Actions of all numbers, newest first; `after`: older than this one. */
export async function listActions(
  stores: Stores,
  query: { size: number; after?: { readonly createdAt: number; readonly id: string } },
): Promise<ActionPage> {
  const { size } = query;
  const asked = { ...query, size: size + 1 };
  const all = await Promise.all(Object.values(stores).map(({ actions }) => actions.newest(asked)));
  const sorted = all.flat().sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1));
  return { actions: sorted.slice(0, size), isCut: sorted.length > size };
}

/** Where to go on reading after this action, as text. */
export function actionCursor({ createdAt, id }: Pick<Action, "createdAt" | "id">): string {
  return `${createdAt}~${id}`;
}

/** What such a text looks like. */
export const ACTION_CURSOR = /^\d{1,15}~[a-z0-9_.-]{1,60}$/;

export function readActionCursor(text: string): { createdAt: number; id: string } {
  const [at, id = ""] = text.split("~");
  return { createdAt: Number(at), id };
}

/** The result of a stop, also as JSON. */
interface StoppedAction extends ActionJson {
  /** False: it had ended before. */
  readonly changed: boolean;
}

/** Stops an action at once; what it has done stays done. */
export function stopAction(
  { action, store }: FoundAction,
  by: Actor,
): Promise<Result<StoppedAction>> {
  const { id, campaign } = action;
  return audited(
    store.acts,
    by,
    { what: "stop action", campaigns: [campaign], details: { action: id } },
    async () => {
      const result = await store.actions.stop(id, "stopped");
      const now = await store.actions.find(id);
      if (result === "gone" || now === undefined) return refuseNoAction(id);
      return accept({ ...actionJson(now, Date.now()), changed: result === "stopped" });
    },
    ({ done, left }) => ({ details: { done, left } }),
  );
}

/** A person gave up while the messages were being chosen. */
export function refuseInterrupted(): Refused {
  return refuse("not_confirmed", "Interrupted: nothing was begun.", "Run the command again.");
}

export function refuseNothing(campaign: string): Refused {
  return refuse(
    "action_nothing_matches",
    `No message of ${campaign} matches now, so nothing was begun.`,
    "Look at the campaign again: outcomes may have arrived since.",
  );
}

/** `total`: how many messages people may get twice. */
export function refuseUnconfirmed(total: number): Refused {
  return refuse(
    "action_not_confirmed",
    `${counted(total, "person", "people")} may get the message twice, and that number was not confirmed. Nothing was begun.`,
    `To take the risk, confirm exactly ${total}.`,
  );
}

export function refuseEmptyFilter(): Refused {
  return refuse(
    "action_filter_empty",
    "The action names no messages. Nothing was begun.",
    "Name codes, reasons, an age or rows; or say that you mean all of them (`all: true`).",
  );
}

function refuseFull(): Refused {
  return refuse(
    "actions_too_many",
    "Too many bulk actions of this number are running: 50 is the most. Nothing was begun.",
    "Wait until one has finished, or stop one: dropcast actions list.",
  );
}

function refuseNoAction(id: string): Refused {
  return refuse(
    "no_such_action",
    `There is no bulk action "${id.slice(0, 80)}".`,
    "`dropcast actions list` shows those of the last 90 days.",
  );
}
