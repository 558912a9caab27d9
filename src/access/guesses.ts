import { createThrottle } from "../http/throttle.ts";

/** Wrong passwords and tokens of one address: a burst, then one each `refillMs`. */
export interface GuessLimits {
  readonly burst: number;
  readonly refillMs: number;
}

export const GUESS_LIMITS: GuessLimits = { burst: 10, refillMs: 2_000 };

/** More than any office has; when full, what failed longest ago is forgotten. */
const REMEMBERED_MAX = 10_000;

/** After so many wrong passwords for one name, from wherever, the name counts as guessed at. */
const NAME_BURST = 30;
const NAME_REFILL_MS = 60_000;
/** Of a user, from one address: a burst, then one each so often. */
const PAIR_REFILL_MS = 10_000;
/** While the name is guessed at, an address gets one wrong password, then one each so often. */
const STRICT_REFILL_MS = 60_000;

/**
 * What slows guessing down without shutting people out:
 *
 * - A user's password, which a person chose, is not even compared after too many wrong ones for
 *   this name from this address. Other names of the same address, and the same name from another
 *   address, go on: a stranger behind the same proxy shuts out only whom they name.
 * - If a name is guessed at from many addresses, each of them gets one try instead of ten. The
 *   right password from a new address always passes.
 * - The dashboard's password and tokens, which are long and random, are always compared; an
 *   address that gave many wrong ones is only answered 429.
 *
 * Names that do not exist count the same, so an answer tells nothing. Memory is bounded.
 */
export function createGuesses({ burst, refillMs }: GuessLimits, now: () => number) {
  const throttle = (most: number, everyMs: number) =>
    createThrottle({
      ...{ burst: most, ratePerSecond: 1_000 / everyMs, addressesMax: REMEMBERED_MAX, now },
    });
  const addresses = throttle(burst, refillMs);
  const names = throttle(NAME_BURST, NAME_REFILL_MS);
  const pairs = throttle(burst, Math.max(PAIR_REFILL_MS, refillMs));
  const strict = throttle(1, STRICT_REFILL_MS);
  const pairOf = (address: string, name: string) => `${placeOf(address)} ${name}`;

  return {
    /** The ms until this address may try this name again; 0: now. */
    waitMs(address: string, name: string): number {
      const pair = pairOf(address, name);
      const own = pairs.waitMs(pair);
      return names.waitMs(name) === 0 ? own : Math.max(own, strict.waitMs(pair));
    },

    /** Counts a wrong one; `name` null: a password or token of no user. The ms as above. */
    fail(address: string, name: string | null): number {
      const waitMs = addresses.fail(placeOf(address));
      if (name === null) return waitMs;
      const pair = pairOf(address, name);
      names.fail(name);
      strict.fail(pair);
      return Math.max(waitMs, pairs.fail(pair));
    },
  };
}

/** One customer of a provider has a whole /64 of IPv6. */
function placeOf(address: string): string {
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.split("::");
  const left = head.split(":").filter((part) => part !== "");
  const right = (tail ?? "").split(":").filter((part) => part !== "");
  const gap =
    tail === undefined ? [] : Array(Math.max(0, 8 - left.length - right.length)).fill("0");
  return [...left, ...gap, ...right].slice(0, 4).join(":");
}
