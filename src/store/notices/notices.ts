import type { Redis } from "ioredis";
import { NEWS, type NewsKind } from "../../core/news.ts";
import type { EventType } from "../../core/notice.ts";
import { fieldOf, type HashFields } from "../hashes.ts";
import { numberKeys } from "../keys.ts";
import type { RunScript } from "../scripts/runner.ts";

/** An event that endpoints may be told of. */
export interface Notice {
  readonly id: string;
  readonly what: NewsKind | "silent";
  /** "" for an event of the number. */
  readonly campaign: string;
  /** By Redis TIME, ms since 1970. */
  readonly at: number;
  /** The pause reason, or of `silent`: `kind accepted ms`. */
  readonly detail: string;
}

/** A message that failed, for endpoints. */
export interface FailedNotice {
  readonly id: string;
  readonly campaign: string;
  readonly row: number;
  readonly at: number;
  readonly code: number;
  readonly reason: number;
}

/** One event for one endpoint, as it is stored until it is delivered. */
export interface NewDelivery {
  readonly endpoint: string;
  /** The webhook's id: the same at each try. */
  readonly id: string;
  readonly type: EventType;
  /** Exactly what is sent. */
  readonly body: string;
}

export interface TakenDelivery extends Pick<NewDelivery, "id" | "body"> {
  readonly type: string;
  /** Before this one. */
  readonly tries: number;
}

/** The result of a try. `waitMs` null: it was the last one. */
export type DeliveryResult =
  | { readonly kind: "delivered" }
  | { readonly kind: "failed"; readonly why: string; readonly waitMs: number | null }
  /** 410: the endpoint wants no more. */
  | { readonly kind: "gone"; readonly why: string };

/** What was delivered to an endpoint. Times are ms since 1970. */
export interface EndpointState {
  readonly id: string;
  readonly name: string;
  /** When a worker last had it in its configuration. */
  readonly configuredAt: number;
  readonly waiting: number;
  readonly delivered: number;
  readonly deliveredAt: number | null;
  readonly failedAt: number | null;
  readonly failure: string | null;
  readonly givenUp: number;
  readonly dropped: number;
  readonly disabledAt: number | null;
}

/** An endpoint that left the configuration is forgotten when its last delivery would have ended. */
const FORGET_MS = 5 * 24 * 3_600_000;
/** Deliveries that wait for one endpoint: some days of events, and some megabytes. */
const WAITING_MAX = 2_000;

/**
 * The outbox of webhooks out of one number. Scripts note events in the step in which they happen;
 * a worker turns each into deliveries, one for each endpoint, and delivers them under leases. So a
 * process that dies loses none, and the next one delivers under the same id.
 */
export function createNotices({
  redis,
  number,
  run,
}: {
  redis: Redis;
  number: string;
  run: RunScript;
}) {
  const keys = numberKeys(number);

  async function read(key: string, max: number): Promise<{ id: string; line: string }[]> {
    const entries = await redis.xrange(key, "-", "+", "COUNT", max);
    return entries.map(([id, fields]) => ({ id, line: fields[1] ?? "" }));
  }

  return {
    /** Whether an endpoint is registered, now or lately. */
    async isUsed(): Promise<boolean> {
      return (await redis.exists(keys.notify, keys.endpoints)) > 0;
    },

    /**
     * From now on events are noted for these endpoints. None: nothing is noted, once no worker has
     * had any for six hours.
     */
    async register(
      endpoints: readonly { readonly id: string; readonly name: string }[],
      notify: "events" | "all",
    ): Promise<void> {
      const args = { notify: endpoints.length === 0 ? "" : notify, forgetMs: FORGET_MS };
      await run("register-endpoints", args, endpoints);
    },

    /** The oldest events that are not yet deliveries. */
    async events(max: number): Promise<Notice[]> {
      return (await read(keys.notices, max)).map(({ id, line }) => toNotice(id, line));
    },

    /** The same of failed messages. */
    async failed(max: number): Promise<FailedNotice[]> {
      return (await read(keys.noticesFailed, max)).map(({ id, line }) => toFailed(id, line));
    },

    /** How many failed messages are not yet deliveries. */
    failedCount: (): Promise<number> => redis.xlen(keys.noticesFailed),

    /**
     * Replaces what was noted by its deliveries, which may be none. False: another worker did.
     * `ids` are those of {@link Notice} or {@link FailedNotice}, oldest first.
     */
    async queue(
      source: "events" | "failed",
      ids: readonly string[],
      deliveries: readonly NewDelivery[],
    ): Promise<boolean> {
      const sort = source === "failed" ? "failed" : "event";
      const done = await run(
        "queue-event",
        { source, ids: ids.join(","), sort, most: WAITING_MAX },
        deliveries,
      );
      return done === 1;
    },

    /** Deliveries that are due, for this worker until `leaseMs` is over. */
    async take(endpoint: string, takenMax: number, leaseMs: number): Promise<TakenDelivery[]> {
      const flat = (await run("take-deliveries", { endpoint, takenMax, leaseMs })) as string[];
      const taken: TakenDelivery[] = [];
      for (let at = 0; at < flat.length; at += 2) {
        const [, tries = "", type = "", body = ""] =
          /^(\d+)\|([^|]*)\|(.*)$/s.exec(flat[at + 1] ?? "") ?? [];
        taken.push({ id: flat[at] ?? "", tries: Number(tries), type, body });
      }
      return taken;
    },

    async settle(
      endpoint: string,
      { id, tries }: Pick<TakenDelivery, "id" | "tries">,
      result: DeliveryResult,
    ): Promise<void> {
      const why = result.kind === "delivered" ? "" : result.why;
      const waitMs = result.kind === "failed" ? (result.waitMs ?? -1) : -1;
      await run("settle-delivery", { endpoint, id, tries, result: result.kind, waitMs, why });
    },

    /** Makes all that waits for the endpoint due, and enables it. Returns how many. */
    async retry(endpoint: string): Promise<number> {
      return Number(await run("retry-deliveries", { endpoint }));
    },

    /** Notes a silence of webhooks, once. `since` identifies it. */
    async noteSilence(since: number, detail: string): Promise<void> {
      await run("note-silence", { since, what: detail });
    },

    /** Failed messages that were dropped before they became deliveries. */
    async failedDropped(): Promise<number> {
      return Number((await redis.hget(keys.stats, fieldOf("stats", "noticesDropped"))) ?? 0);
    },

    /** Every endpoint that is or lately was configured. */
    async endpoints(): Promise<EndpointState[]> {
      const flat = await redis.zrange(keys.endpoints, "0", "-1", "WITHSCORES");
      const states: EndpointState[] = [];
      for (let at = 0; at < flat.length; at += 2) {
        const id = flat[at] ?? "";
        const [fields, waiting] = await Promise.all([
          redis.hgetall(keys.endpoint(id)),
          redis.zcard(keys.endpointDue(id)),
        ]);
        states.push(toState({ id, configuredAt: Number(flat[at + 1]), waiting, fields }));
      }
      return states;
    },
  };
}

export type Notices = ReturnType<typeof createNotices>;

function toNotice(id: string, line: string): Notice {
  const [campaign = "", what = "", at, ...detail] = line.split("|");
  const kind = NEWS.find((one) => one === what) ?? "silent";
  return { id, campaign, what: kind, at: Number(at), detail: detail.join("|") };
}

function toFailed(id: string, line: string): FailedNotice {
  const [campaign = "", row, at, code, reason] = line.split("|");
  const numbers = { row: Number(row), at: Number(at), code: Number(code), reason: Number(reason) };
  return { id, campaign, ...numbers };
}

function toState(input: {
  id: string;
  configuredAt: number;
  waiting: number;
  fields: HashFields<"endpoint">;
}): EndpointState {
  const { id, configuredAt, waiting, fields } = input;
  const time = (text: string | undefined): number | null =>
    text === undefined ? null : Number(text);
  return {
    ...{ id, configuredAt, waiting, name: fields.name ?? id },
    ...{ delivered: Number(fields.delivered ?? 0), deliveredAt: time(fields.deliveredAt) },
    ...{ failedAt: time(fields.failedAt), failure: fields.failure ?? null },
    ...{ givenUp: Number(fields.givenUp ?? 0), dropped: Number(fields.dropped ?? 0) },
    disabledAt: time(fields.disabledAt),
  };
}
