import { hostname } from "node:os";
import type { Logger } from "pino";
import { createOnceAMinute } from "../core/trouble-log.ts";
import { HEARTBEAT_EVERY_MS, type SeenProcess } from "../store/index.ts";

/** How often it is asked again whether the other name is gone. */
const ASK_EVERY_MS = 1_000;
/** Longer than from one report to the next. */
const GONE_AFTER_MS = HEARTBEAT_EVERY_MS + 5_000;
/** Without an answer for so long, Redis may have been away, for the others too. */
const GAP_MS = 5_000;

/**
 * Lets this process send from a WhatsApp number under one name only while no worker sends from it
 * under another name, this process included: each name has a pace of its own, so both together
 * would be too fast. That happens while a rename has not reached all processes, or while one of
 * them finishes what it had on the wire. The new name waits until the others have reported that
 * they have left the old one. One that was killed counts for 90 s and, since a Redis that was away
 * or whose clock was set makes all reports old, until its report stayed old for 15 s of asking
 * without a failure. For as long a name waits after a failure even if no other is reported.
 *
 * A name that is served is not looked at again. So two processes that begin within the same moment,
 * before the first report of each, both send; doctor tells of that.
 */
export function createOneName(input: {
  readonly seen: () => Promise<{
    readonly processes: readonly SeenProcess[];
    readonly stopping: readonly SeenProcess[];
  }>;
  /** The WhatsApp number of each name that this process sends from. */
  readonly serving: () => Readonly<Record<string, string>>;
  readonly serve: (name: string) => void;
  readonly logger: Pick<Logger, "warn">;
  /** Default: in production. */
  readonly askEveryMs?: number;
}) {
  const { seen, serving, serve, logger, askEveryMs = ASK_EVERY_MS } = input;
  /** The WhatsApp number of each name that waits. */
  const waiting = new Map<string, string>();
  /** Since when each old report has been seen again and again. */
  let oldSince = new Map<string, number>();
  let answeredAt = Number.NEGATIVE_INFINITY;
  /** Since when Redis answers again, after it did not; it may have forgotten who lives. */
  let answersSince: number | undefined = Number.NEGATIVE_INFINITY;
  const onceAMinute = createOnceAMinute(() => performance.now());

  async function ask(): Promise<void> {
    const { processes, stopping } = await seen();
    // One that stops may still have messages with send times of its name.
    const others = [...processes, ...stopping].filter(
      ({ role, host, pid }) => role === "worker" && (pid !== process.pid || host !== hostname()),
    );
    const gone = findGone(others);
    answersSince ??= performance.now();
    const isSure = performance.now() - answersSince >= GONE_AFTER_MS;
    const names = new Map<string, { name: string; who: string }[]>();
    const own = { senders: serving(), who: "this process" };
    for (const { senders, who } of [own, ...others.filter((one) => !gone.has(one)).map(asRival)]) {
      for (const [name, sender] of Object.entries(senders)) {
        names.set(sender, [...(names.get(sender) ?? []), { name, who }]);
      }
    }
    for (const [name, sender] of [...waiting]) {
      const rival = names.get(sender)?.find((one) => one.name !== name);
      if (rival !== undefined) {
        const by = `${rival.name} (${rival.who})`;
        const words = `number ${name} waits: the same WhatsApp number is still sent from as ${by}`;
        tell(name, { number: name }, words);
      }
      // It may have been removed meanwhile.
      else if (isSure && waiting.delete(name)) serve(name);
    }
  }

  /** Those whose report stayed old for long enough. */
  function findGone(others: readonly SeenProcess[]): Set<SeenProcess> {
    const now = performance.now();
    const known = now - answeredAt > GAP_MS ? new Map<string, number>() : oldSince;
    answeredAt = now;
    oldSince = new Map();
    return new Set(
      others.filter(({ isLive, id, seenAt }) => {
        if (isLive) return false;
        const report = `${id} ${seenAt}`;
        const since = known.get(report) ?? now;
        oldSince.set(report, since);
        return now - since >= GONE_AFTER_MS;
      }),
    );
  }

  function tell(about: string, fields: object, words: string): void {
    onceAMinute.log(about, () => logger.warn(fields, words));
  }

  const askAgain = (): Promise<void> =>
    ask().catch((error: unknown) => {
      oldSince.clear();
      answersSince = undefined;
      const names = [...waiting.keys()].join(", ");
      const words = `not sent from until Redis says who sends from the same number: ${names}`;
      if (names !== "") tell("", { error: String(error) }, words);
    });
  const timer = setInterval(() => {
    if (waiting.size > 0) void askAgain();
  }, askEveryMs).unref();

  return {
    /** Serves these names now, or as soon as each may be. */
    async add(names: Readonly<Record<string, string>>): Promise<void> {
      for (const [name, sender] of Object.entries(names)) waiting.set(name, sender);
      if (waiting.size > 0) await askAgain();
    },

    remove(name: string): void {
      waiting.delete(name);
    },

    waiting: (): Record<string, string> => Object.fromEntries(waiting),

    stop(): void {
      clearInterval(timer);
      waiting.clear();
    },
  };
}

function asRival({ senders = {}, host, pid }: SeenProcess) {
  return { senders, who: `worker on ${host}, pid ${pid}` };
}
