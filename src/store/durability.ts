import type { Redis } from "ioredis";
import type { Durability } from "../core/durability.ts";
import { counted } from "../core/format.ts";
import { type Refusal, type Refused, refuse } from "../core/refusal.ts";

/**
 * Proves that a failover cannot lose what was acted on: before a message is POSTed, enough replicas
 * have its claim.
 *
 * `WAITAOF 1 R` answers when the changes made by this connection are on the disks of this Redis and
 * of R replicas; where it is not known (before Redis 7.2), `WAIT R` answers when R replicas have
 * them in memory. Four things could make such an answer say too much:
 *
 * - *Another connection.* Both look at the changes of their own connection, and after a reconnect
 *   there are none, so any answer would do. So the socket must be the same from before the command
 *   until after the wait; else it is as if the command had not been answered.
 * - *A command that changes nothing.* A repeated claim (same nonce) writes one row as it is.
 * - *Fewer replicas than asked for.* Both answer at the end of their time all the same, with how
 *   many there were.
 * - *A script.* Inside of one, both answer at once. So they follow it.
 *
 * A wait blocks its connection, and all numbers of a process share one. So at most one is on its
 * way: those that come meanwhile share the next, which covers all of them. When replicas have
 * fallen behind, nothing is claimed until a short wait finds that they have caught up; so they are
 * not asked by claims that would have to be given back each time.
 */
export interface Durable {
  /**
   * Call it before a command, and the function it returns after the answer: resolves to whether a
   * failover keeps what the command wrote. Rejects if the connection ended in between.
   */
  watch(): () => Promise<boolean>;
  /**
   * Whether a failover keeps everything that was written so far, by whom ever. `touch` writes
   * something as it is, on the same client; it is called only if replicas are waited for.
   */
  prove(touch: () => Promise<unknown>): Promise<boolean>;
  /** The same; rejects unless it is proved. */
  keep(touch: () => Promise<unknown>): Promise<void>;
  /** Why nothing may be claimed now: replicas have fallen behind. Asks them again by itself. */
  shortfall(): Refusal | undefined;
}

/** How long replicas have. A message is not sent so long after its claim, so more is of no use. */
const WAIT_MS = 1_000;
/** While they are behind: often enough, and too short to hold up the other commands. */
const ASK_AGAIN_MS = 500;
const SHORT_WAIT_MS = 50;
/** The first step of a WAITAOF; see {@link waitForDisks}. */
const FIRST_STEP_MS = 20;
/**
 * How long WAIT is used once WAITAOF was refused. Behind an endpoint of a service another node may
 * take over without a new connection, and an append-only file may be switched on.
 */
const ONLY_WAIT_MS = 30_000;

/** What is known of the replicas by one connection. All stores that use it share it. */
interface Replicas {
  readonly socket: object;
  readonly wanted: number;
  /** Until then WAITAOF is not tried again, since it was refused. */
  onlyWaitUntil: number;
  /** On its way. What is written from now on needs the next one. */
  current: Promise<number> | undefined;
  next: Promise<number> | undefined;
  /** How many had the last change in time, if too few. */
  short: number | undefined;
  askedAt: number;
}

const known = new WeakMap<object, Replicas>();

/** With `fsync` and `log` the answer of a command is the proof. */
const ANSWER_PROVES: Durable = {
  watch: () => async () => true,
  prove: async () => true,
  keep: async () => {},
  shortfall: () => undefined,
};

/** The proof for what is written by `redis`. */
export function createDurable(redis: Redis, durability: Durability): Durable {
  if (durability.kind !== "replicas") return ANSWER_PROVES;
  const wanted = durability.replicas;

  function replicasOf(socket: object): Replicas {
    const replicas = known.get(socket) ?? {
      ...{ socket, wanted, onlyWaitUntil: 0 },
      ...{ current: undefined, next: undefined, short: undefined, askedAt: 0 },
    };
    known.set(socket, replicas);
    return replicas;
  }

  function watch(): () => Promise<boolean> {
    const socket: object | undefined = redis.stream;
    return async () => {
      if (socket === undefined) throw connectionEnded();
      const replicas = replicasOf(socket);
      const count = await confirmations(replicas, redis);
      if (redis.stream !== socket) throw connectionEnded();
      return note(replicas, count);
    };
  }

  async function prove(touch: () => Promise<unknown>): Promise<boolean> {
    const isProved = watch();
    await touch();
    return isProved();
  }

  return {
    watch,
    prove,
    async keep(touch) {
      // Known to `redisTrouble`.
      if (!(await prove(touch))) throw new Error("NOREPLICAS too few replicas have the change");
    },
    shortfall() {
      const socket: object | undefined = redis.stream;
      const replicas = socket === undefined ? undefined : known.get(socket);
      if (replicas?.short === undefined) return undefined;
      askAgain(replicas, redis);
      return tooFewReplicas(replicas.short, wanted).refusal;
    },
  };
}

/** Replicas have not confirmed a change. `kept` says what that means. */
function tooFewReplicas(count: number, wanted: number, kept = "nothing is sent."): Refused {
  return refuse(
    "redis_replicas_behind",
    `${count} of the ${counted(wanted, "replica")} that DROPCAST_REDIS_DURABILITY asks for ${count === 1 ? "has" : "have"} the last change: ${kept}`,
    "Look at the replicas of Redis, their disks and their network. Sending continues by itself when they have caught up.",
  );
}

/** Whether `count` replicas are enough. */
function note(replicas: Replicas, count: number): boolean {
  const isEnough = count >= replicas.wanted;
  replicas.short = isEnough ? undefined : count;
  return isEnough;
}

/** How many replicas have all that was written on this connection before this call. */
function confirmations(replicas: Replicas, redis: Redis): Promise<number> {
  if (replicas.current === undefined) return begin(replicas, redis);
  replicas.next ??= replicas.current
    .catch(() => 0)
    .then(() => {
      replicas.next = undefined;
      return begin(replicas, redis);
    });
  return replicas.next;
}

function begin(replicas: Replicas, redis: Redis): Promise<number> {
  // Once they are behind, a wait is only to notice that they have caught up.
  const timeoutMs = replicas.short === undefined ? WAIT_MS : SHORT_WAIT_MS;
  const waited = wait(replicas, redis, timeoutMs).finally(() => {
    replicas.current = undefined;
  });
  replicas.current = waited;
  return waited;
}

async function wait(replicas: Replicas, redis: Redis, timeoutMs: number): Promise<number> {
  const { socket, wanted } = replicas;
  // `redis` may have another connection by now, or be the client of another node.
  const send = (command: string, ...args: number[]): Promise<unknown> => {
    if (redis.stream !== socket) throw connectionEnded();
    return redis.call(command, ...args);
  };
  if (performance.now() >= replicas.onlyWaitUntil) {
    try {
      return await waitForDisks(send, wanted, timeoutMs);
    } catch (error) {
      if (!isRefused(error)) throw error;
      replicas.onlyWaitUntil = performance.now() + ONLY_WAIT_MS;
    }
  }
  return Number(await send("WAIT", wanted, timeoutMs));
}

/**
 * `WAITAOF 1 R` in steps that double. Each asks the replicas once, and one that has the change in
 * memory and not yet on its disk says so; by itself it reports that it has it only each second. So
 * in one piece a wait took a second every now and then (of 200 after each other on two busy cores,
 * 47 above 100 ms and 7 in vain; in steps 10 and none: Redis 8.0.2).
 */
async function waitForDisks(
  send: (command: string, ...args: number[]) => Promise<unknown>,
  wanted: number,
  timeoutMs: number,
): Promise<number> {
  for (let [leftMs, stepMs] = [timeoutMs, FIRST_STEP_MS]; ; leftMs -= stepMs, stepMs *= 2) {
    const waitMs = Math.min(stepMs, leftMs);
    const answer = (await send("WAITAOF", 1, wanted, waitMs)) as [number, number];
    const [isOnOwnDisk, onDisks = 0] = answer.map(Number);
    const count = isOnOwnDisk === 0 ? 0 : onDisks;
    if (count >= wanted || waitMs === leftMs) return count;
  }
}

/** Known to `redisTrouble`. */
function connectionEnded(): Error {
  return new Error("Connection is closed.");
}

/** Refusals that say nothing of the command itself: it may succeed the next time. */
const PASSING = /^(UNBLOCKED|READONLY|MOVED|ASK|TRYAGAIN|CLUSTERDOWN|MASTERDOWN|LOADING)\b/;

/** Not known, not allowed, or without an append-only file: the safety check then uses WAIT too. */
function isRefused(error: unknown): boolean {
  return error instanceof Error && error.name === "ReplyError" && !PASSING.test(error.message);
}

/** The change that was not confirmed is of this connection, so a wait alone tells of it. */
function askAgain(replicas: Replicas, redis: Redis): void {
  const now = performance.now();
  if (replicas.current !== undefined || now - replicas.askedAt < ASK_AGAIN_MS) return;
  replicas.askedAt = now;
  begin(replicas, redis).then(
    (count) => note(replicas, count),
    () => {
      // Without a connection nothing is claimed anyway.
    },
  );
}
