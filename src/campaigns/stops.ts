import { describeSuspension, rollbackWords, wentWords } from "../export/campaign-json.ts";
import { liftWords, suspensionName } from "../export/number-words.ts";
import type { NumberStore } from "../store/index.ts";
import type { Stores } from "./find.ts";
import { stallOf } from "./overview.ts";
import { readWebhookTroubles, webhookTroubleLines } from "./webhook-troubles.ts";

/** Something that stands still, until it ends or a person acts. */
export interface Stop {
  /** The number it concerns; null: all of them. */
  readonly number: string | null;
  readonly title: string;
  /** Why, and what to do. */
  readonly words: string;
  /** Ms; null if it is not stored. */
  readonly sinceMs: number | null;
  /** It keeps messages from being sent; else only their outcomes may be missing. */
  readonly keeps: boolean;
}

/** A page may be up to this old, and so may what it says of the numbers. */
const KEPT_MS = 1_000;

/**
 * What stands still in the whole deployment, worst first. Each page shows it, so all of them share
 * one reading a second. Its cost depends on the numbers; campaigns are read only where there is no
 * worker.
 */
export function createStops(stores: Stores, unsafe: () => string | undefined) {
  let kept: { readonly atMs: number; readonly stops: Promise<readonly Stop[]> } | undefined;

  return function stops(): Promise<readonly Stop[]> {
    const now = performance.now();
    if (kept === undefined || now - kept.atMs >= KEPT_MS) {
      const stops = readStops(stores, unsafe()).catch(() => [REDIS_AWAY]);
      kept = { atMs: now, stops };
    }
    return kept.stops;
  };
}

async function readStops(stores: Stores, unsafe: string | undefined): Promise<readonly Stop[]> {
  const each = await Promise.all(Object.values(stores).map(stopsOf));
  return [
    ...(unsafe === undefined ? [] : [{ ...OF_ALL, title: REDIS_UNSAFE, words: unsafe }]),
    ...RANKS.flatMap((rank) => each.flatMap((stops) => stops[rank])),
  ];
}

/** A page that says why nothing can be read must not fail for the same reason. */
const REDIS_AWAY: Stop = {
  ...{ number: null, sinceMs: null, keeps: true },
  title: "Nothing is sent: Redis does not answer",
  words: "It goes on by itself when Redis is back; nothing is lost meanwhile.",
};

const OF_ALL = { number: null, sinceMs: null, keeps: true };
const REDIS_UNSAFE = "Nothing is sent: Redis is not safe";

/** Worst first. */
const RANKS = ["rollbacks", "suspensions", "stalls", "webhooks"] as const;

async function stopsOf(
  store: NumberStore,
): Promise<Record<(typeof RANKS)[number], readonly Stop[]>> {
  const { number } = store;
  const [rollback, suspension, stall, troubles] = await Promise.all([
    store.rollback.read(),
    store.campaigns.suspension(),
    stallOf(store),
    readWebhookTroubles(store),
  ]);
  return {
    rollbacks:
      rollback === undefined
        ? []
        : [
            {
              number,
              title: `Number ${number} has stopped: Redis ${wentWords(rollback)}`,
              words: rollbackWords(number, rollback),
              sinceMs: rollback.noticedAt,
              keeps: true,
            },
          ],
    suspensions: suspension === undefined ? [] : [stopOf(number, suspension)],
    stalls:
      stall === undefined
        ? []
        : [
            {
              number,
              title: `Number ${number} has no worker`,
              words: stall,
              sinceMs: null,
              keeps: true,
            },
          ],
    webhooks: webhookTroubleLines(troubles).map((words) => ({
      number,
      title: `Outcomes of number ${number} may be missing`,
      words,
      sinceMs: null,
      keeps: false,
    })),
  };
}

function stopOf(number: string, suspension: Parameters<typeof describeSuspension>[0]): Stop {
  const { advice } = describeSuspension(suspension);
  return {
    number,
    title: `Number ${number} is suspended`,
    words: `${suspensionName(suspension)}. Nothing is sent from it. ${advice} ${liftWords(suspension)}`,
    sinceMs: suspension.at,
    keeps: true,
  };
}
