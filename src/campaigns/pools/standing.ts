import { rollbackWords, settlingWords } from "../../export/campaign-json.ts";
import { backoffWords, suspensionWords } from "../../export/number-words.ts";
import type { Suspension } from "../../store/index.ts";
import type { FoundCampaign } from "../find.ts";
import { readObstacles } from "../obstacles.ts";

/** What keeps some numbers of a pool from sending, while others go on. */
export interface Standing {
  /** A sentence for each such number. */
  readonly words: readonly string[];
  /** Numbers that are suspended. */
  readonly suspended: readonly string[];
  /** All numbers that still have something to send are suspended. */
  readonly isSuspended: boolean;
}

/** Of a campaign of one number there is nothing to add. */
export async function readStanding({ children = [] }: FoundCampaign): Promise<Standing> {
  const open = children.filter(({ campaign }) => campaign.finishedAt === null);
  // After a move a number may have several, of which one that runs is to be sent.
  const running = open.filter(({ campaign }) => campaign.status === "running");
  const last = [...open, ...running].map((child) => [child.store.number, child] as const);
  const numbers = [...new Map(last).values()];
  const each = await Promise.all(
    numbers.map(async (child) => {
      const { number } = child.store;
      const { suspension, rollback, isSettling, pace, stall } = await readObstacles(child);
      const words = [
        ...(rollback === undefined ? [] : [rollbackWords(number, rollback)]),
        ...(isSettling ? [settlingWords(number)] : []),
        ...(suspension === undefined ? [] : [suspensionWords(number, suspension)]),
        ...(stall === undefined ? [] : [stall]),
        ...(pace.holdUntilMs === null ? [] : [`Number ${number} ${backoffWords(pace)}.`]),
      ];
      return { number, words, isSuspended: suspension !== undefined };
    }),
  );
  return {
    words: each.flatMap(({ words }) => words.slice(0, 1)),
    suspended: each.flatMap(({ number, isSuspended }) => (isSuspended ? [number] : [])),
    isSuspended: each.length > 0 && each.every((one) => one.isSuspended),
  };
}

/** A number that sends nothing, and why. */
export interface Suspended {
  readonly number: string;
  readonly suspension: Suspension;
}

/** The suspended numbers of a campaign: of a pool it may be one of several. */
export async function readSuspended({
  campaign,
  store,
  children = [{ campaign, store }],
}: FoundCampaign): Promise<readonly Suspended[]> {
  const stores = new Map(children.map((child) => [child.store.number, child.store]));
  const found = await Promise.all(
    [...stores].map(async ([number, { campaigns }]) => ({
      number,
      suspension: await campaigns.suspension(),
    })),
  );
  return found.flatMap(({ number, suspension }) =>
    suspension === undefined ? [] : [{ number, suspension }],
  );
}
