import { createHash } from "node:crypto";
import { streamSSE } from "hono/streaming";
import { findCampaign, type Stores } from "../campaigns/find.ts";
import { toProblem } from "../http/problem.ts";
import type { Campaign } from "../store/index.ts";
import { type ApiContext, RIGHTS_EVERY_MS, seesNumber, visibleStores } from "./access.ts";
import type { Answer } from "./answer.ts";
import type { CampaignState, Feed } from "./feed.ts";
import type { RawRoute, Router } from "./route.ts";
import { createSeats } from "./seats.ts";

const TAG = "Events";

/** Then the client connects again, by itself. */
const STREAM_MS_MAX = 15 * 60_000;
const RECONNECT_MS = 2_000;
/** Campaigns that ended while a client was away, of each number. */
const ENDED_MAX = 100;
const AWAY_MS_MAX = 24 * 3_600_000;

const ANSWERS: RawRoute["answers"] = {
  200: {
    description: "Events `campaign`, each with the whole campaign as JSON.",
    content: { "text/event-stream": { schema: { type: "string" } } },
  },
};

/**
 * Server-sent events. Each has the whole state of a campaign, so a client that was away needs only
 * the newest: `Last-Event-ID` says what it has. A stream ends soon after the right to it.
 */
export function addEvents(
  { raw }: Router,
  deps: {
    readonly stores: Stores;
    readonly feed: Feed;
    readonly answer: Answer;
    readonly rightsEveryMs?: number;
  },
): void {
  const { stores, feed, answer, rightsEveryMs = RIGHTS_EVERY_MS } = deps;
  const seats = createSeats();

  raw(
    {
      ...{ method: "get", path: "/api/campaigns/{id}/events", name: "campaignEvents", tag: TAG },
      ...{ summary: "Changes of one campaign as they happen", role: "viewer", answers: ANSWERS },
      problems: ["no_such_campaign", "campaign_other_mode", "streams_too_many"],
    },
    async (context) => {
      const found = await findCampaign(
        visibleStores(stores, context.get("access")),
        context.req.param("id") ?? "",
      );
      if (!found.ok) return answer(context, toProblem(found));
      const { campaign } = found.value;
      const last = context.req.header("last-event-id");
      return follow(context, {
        ...{ only: campaign.id, first: [campaign] },
        idOf: digestOf,
        has: (state) => digestOf(state) === last,
      });
    },
  );

  raw(
    {
      ...{ method: "get", path: "/api/events", name: "events", tag: TAG },
      ...{ summary: "Changes of every campaign as they happen", role: "viewer", answers: ANSWERS },
      description:
        "First all campaigns that have not ended, then every change. With `Last-Event-ID` also those that ended since. Of more than 200 that have not ended, 200 are looked at each second, in turn.",
      problems: ["streams_too_many"],
    },
    async (context) => {
      const last = Number(/^\d{13}$/.exec(context.req.header("last-event-id") ?? "")?.[0]);
      const first = await firstOf(visibleStores(stores, context.get("access")), last);
      const idOf = ({ atMs }: CampaignState) => String(atMs);
      return follow(context, { only: null, first, idOf, has: () => false });
    },
  );

  function follow(
    context: ApiContext,
    input: {
      readonly only: string | null;
      readonly first: readonly Campaign[];
      readonly idOf: (state: CampaignState) => string;
      readonly has: (state: CampaignState) => boolean;
    },
  ): Response | Promise<Response> {
    const { only, first, idOf, has } = input;
    const access = context.get("access");
    const seat = seats.take(access);
    if (!seat.ok) return answer(context, toProblem(seat, RETRY));
    const sees = ({ number }: Pick<Campaign, "number">) => seesNumber(access, number);
    const subscription = feed.subscribe({ only, sees }, first, has);
    return streamSSE(context, async (stream) => {
      stream.onAbort(subscription.close);
      const endsAt = performance.now() + STREAM_MS_MAX;
      let checkAt = performance.now() + rightsEveryMs;
      try {
        await stream.write(`retry: ${RECONNECT_MS}\n\n`);
        while (!stream.aborted && performance.now() < endsAt) {
          const state = await subscription.next(rightsEveryMs);
          if (state === null) return;
          if (performance.now() >= checkAt) {
            if (!(await context.get("stillHas")())) return;
            checkAt = performance.now() + rightsEveryMs;
          }
          // Proxies close a connection that is silent.
          if (state === undefined) await stream.write(": still here\n\n");
          else await stream.writeSSE({ event: "campaign", id: idOf(state), data: state.json });
        }
      } finally {
        subscription.close();
        seat.value();
      }
    });
  }
}

/** Those that have not ended; and, for a client that was here, those that ended since. */
async function firstOf(stores: Stores, lastMs: number): Promise<Campaign[]> {
  const sinceMs = Math.max(lastMs, Date.now() - AWAY_MS_MAX);
  const each = await Promise.all(
    Object.values(stores).map(async ({ campaigns }) => [
      ...(await campaigns.liveInFull()),
      ...(Number.isNaN(lastMs) ? [] : await campaigns.endedSince(sinceMs, ENDED_MAX)),
    ]),
  );
  return each.flat();
}

function digestOf({ json }: CampaignState): string {
  return createHash("sha256").update(json).digest("hex").slice(0, 16);
}

const RETRY = { "retry-after": "30" };
