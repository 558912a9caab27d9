/**
 * Tells the operator's endpoints what happens to one number, beside a worker of it. Scripts have
 * noted each event in the step in which it happened (store/notices/). Any number of workers may run
 * this at once: each event becomes deliveries once, and each delivery is made by one of them at a
 * time, again and under the same id if that one dies. Endpoints do not wait for each other, and
 * sending waits for none of them.
 */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { WebhookEndpoint } from "../config/config.ts";
import { type EventType, RETRY_AFTER_MS } from "../core/notice.ts";
import type { TroubleLog } from "../core/trouble-log.ts";
import type {
  DeliveryResult,
  FailedNotice,
  NewDelivery,
  NumberStore,
  TakenDelivery,
} from "../store/index.ts";
import { bodyOf } from "./body.ts";
import { eventOf, failedEvent } from "./event.ts";
import { POST_TIMEOUT_MS, type Posted, type Poster } from "./post.ts";
import type { WebhookEvent } from "./schema.ts";

export interface NotifierTiming {
  readonly everyMs: number;
  /** Configured endpoints are noted so often. */
  readonly registerEveryMs: number;
  /** Failed messages wait for others so long, unless 100 have failed. */
  readonly failedEveryMs: number;
  readonly silenceEveryMs: number;
  readonly postTimeoutMs: number;
  /** Longer than a POST may take. */
  readonly leaseMs: number;
  /** {@link RETRY_AFTER_MS} */
  readonly retryAfterMs: readonly number[];
}

export function notifierTiming(timeScale: number): NotifierTiming {
  const scaled = (ms: number): number => Math.max(20, Math.round(ms / timeScale));
  // An endpoint needs its time also on a machine that is busy with tests.
  const postTimeoutMs = Math.max(2_000, scaled(POST_TIMEOUT_MS));
  return {
    postTimeoutMs,
    everyMs: scaled(1_000),
    registerEveryMs: scaled(60_000),
    failedEveryMs: scaled(10_000),
    silenceEveryMs: scaled(60_000),
    leaseMs: postTimeoutMs + scaled(40_000),
    retryAfterMs: RETRY_AFTER_MS.map(scaled),
  };
}

const EVENTS_AT_ONCE = 200;
const FAILED_AT_ONCE = 1_000;
const FAILED_IN_AN_EVENT = 100;
/** To one endpoint from one process. */
const POSTS_AT_ONCE = 4;
/** If nothing was accepted for this time, only `show` reports missing webhooks. */
const SILENCE_OVER_MS = 60 * 60_000;
/** How long a stop waits for POSTs; those that are cut are delivered again under the same id. */
const STOP_MS = 5_000;

export interface NotifierInput {
  readonly store: Pick<NumberStore, "number" | "mode" | "notices" | "campaigns" | "webhookSilence">;
  /** Those for this number. */
  readonly endpoints: readonly WebhookEndpoint[];
  readonly post: Poster["post"];
  readonly timing: NotifierTiming;
  readonly logger: Logger;
  readonly troubles: TroubleLog;
  /** Spreads retries: 0 to 1. */
  readonly random?: () => number;
}

export function createNotifier(input: NotifierInput) {
  const { store, endpoints, timing, troubles } = input;
  const { notices } = store;
  const stopping = new AbortController();
  const underway = new Map<string, Promise<void>>();
  const due = createDue();
  let looping: Promise<void> | undefined;

  /** One look at everything; for tests, too. Resolves when all that was due has been tried. */
  async function step(): Promise<void> {
    if (due("register", timing.registerEveryMs)) await register(input);
    if (endpoints.length === 0) return;
    if (due("silence", timing.silenceEveryMs)) await noteSilence(store);
    await spreadEvents(input);
    const isBatchFull = (await notices.failedCount()) >= FAILED_IN_AN_EVENT;
    if (due("failed", isBatchFull ? 0 : timing.failedEveryMs)) await spreadFailed(input);
    for (const endpoint of endpoints) {
      if (underway.has(endpoint.id)) continue;
      const delivering = deliverDue(input, endpoint, () => stopping.signal.aborted)
        .catch((error: unknown) => troubles(error, "webhooks out failed; retrying"))
        .finally(() => underway.delete(endpoint.id));
      underway.set(endpoint.id, delivering);
    }
  }

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) {
      await step().catch((error: unknown) => troubles(error, "webhooks out failed; retrying"));
      await sleep(timing.everyMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
  }

  const settled = async (): Promise<void> => void (await Promise.all(underway.values()));

  return {
    start(): void {
      looping ??= loop();
    },
    step,
    settled,
    async stop(): Promise<void> {
      stopping.abort();
      await looping;
      await Promise.race([settled(), sleep(STOP_MS, undefined, { ref: false })]);
    },
  };
}

/**
 * Notes in Redis which endpoints there are: from then on scripts note events for them. Also before
 * a number first wakes, so that its first events are told.
 */
export async function register({
  store,
  endpoints,
}: Pick<NotifierInput, "store" | "endpoints">): Promise<void> {
  // Without endpoints nothing is written, unless there were some before.
  if (endpoints.length === 0 && !(await store.notices.isUsed())) return;
  const wantsFailed = endpoints.some(({ events }) => events.has("message.failed"));
  await store.notices.register(endpoints, wantsFailed ? "all" : "events");
}

async function noteSilence({ notices, webhookSilence }: NotifierInput["store"]): Promise<void> {
  const silence = await webhookSilence();
  if (silence === undefined || Date.now() - silence.lastMs > SILENCE_OVER_MS) return;
  const { sinceMs, kind, accepted, forMs } = silence;
  await notices.noteSilence(sinceMs, `${kind} ${accepted} ${forMs}`);
}

async function spreadEvents({ store, endpoints }: NotifierInput): Promise<void> {
  const { number, mode, notices, campaigns } = store;
  for (const notice of await notices.events(EVENTS_AT_ONCE)) {
    const campaign = notice.campaign === "" ? undefined : await campaigns.find(notice.campaign);
    const event = eventOf(notice, { number, mode, campaign });
    await notices.queue(
      "events",
      [notice.id],
      event === null ? [] : toDeliveries(event, endpoints),
    );
  }
}

async function spreadFailed({ store, endpoints }: NotifierInput): Promise<void> {
  const { number, mode, notices, campaigns } = store;
  for (const failed of byCampaign(await notices.failed(FAILED_AT_ONCE))) {
    const campaign = await campaigns.find(failed[0]?.campaign ?? "");
    const event = failedEvent(failed, { number, mode, campaign });
    const ids = failed.map(({ id }) => id);
    await notices.queue("failed", ids, toDeliveries(event, endpoints));
  }
}

/** In groups of one campaign. */
function byCampaign(failed: readonly FailedNotice[]): FailedNotice[][] {
  const open = new Map<string, FailedNotice[]>();
  const groups: FailedNotice[][] = [];
  for (const one of failed) {
    const group = open.get(one.campaign);
    if (group !== undefined && group.length < FAILED_IN_AN_EVENT) group.push(one);
    else {
      const begun = [one];
      open.set(one.campaign, begun);
      groups.push(begun);
    }
  }
  return groups;
}

function toDeliveries(
  event: WebhookEvent,
  endpoints: readonly WebhookEndpoint[],
): readonly NewDelivery[] {
  const type = event.type as EventType;
  return endpoints
    .filter(({ events }) => events.has(type))
    .map(({ id: endpoint, format }) => {
      return { endpoint, id: newWebhookId(), type, body: bodyOf(event, format) };
    });
}

/** Random, not counted: after Redis went back in time a counted one would name another event. */
export function newWebhookId(): string {
  return `msg_${randomBytes(16).toString("hex")}`;
}

async function deliverDue(
  input: NotifierInput,
  endpoint: WebhookEndpoint,
  isStopped: () => boolean,
): Promise<void> {
  const { store, post, timing } = input;
  while (!isStopped()) {
    const taken = await store.notices.take(endpoint.id, POSTS_AT_ONCE, timing.leaseMs);
    if (taken.length === 0) return;
    await Promise.all(
      taken.map(async (delivery) => {
        const result = resultOf(input, delivery, await post(endpoint, delivery));
        // Cut by the stop: it is not known whether it arrived, so it is delivered again.
        if (isStopped() && result.kind !== "delivered") return;
        tell(input, { endpoint, delivery, result });
        await store.notices.settle(endpoint.id, delivery, result);
      }),
    );
  }
}

function resultOf(
  { timing, random = Math.random }: NotifierInput,
  { tries }: TakenDelivery,
  posted: Posted,
): DeliveryResult {
  if (posted.kind === "delivered") return { kind: "delivered" };
  if (posted.kind === "gone") return { kind: "gone", why: posted.why };
  const wait = timing.retryAfterMs[tries];
  // Up to a tenth later, so that an endpoint does not get all that waited at once.
  const waitMs = wait === undefined ? null : Math.round(wait * (1 + random() / 10));
  return { kind: "failed", why: posted.why, waitMs };
}

function tell(
  { logger }: NotifierInput,
  about: { endpoint: WebhookEndpoint; delivery: TakenDelivery; result: DeliveryResult },
): void {
  const { endpoint, delivery, result } = about;
  if (result.kind === "delivered") return;
  const fields = { endpoint: endpoint.name, event: delivery.type, why: result.why };
  if (result.kind === "gone") {
    logger.error(fields, "the endpoint answered 410 and is disabled");
  } else if (result.waitMs === null) {
    logger.error(fields, "an event could not be delivered and is given up");
  } else if (delivery.tries === 0) {
    logger.warn(fields, "an event could not be delivered; it will be tried again");
  }
}

/** `due(name, everyMs)`: true at first, and then when that time has passed since it was true. */
function createDue(): (name: string, everyMs: number) => boolean {
  const at = new Map<string, number>();
  return (name, everyMs) => {
    const now = performance.now();
    if (now - (at.get(name) ?? Number.NEGATIVE_INFINITY) < everyMs) return false;
    at.set(name, now);
    return true;
  };
}
