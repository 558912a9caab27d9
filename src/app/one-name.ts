import { hostname } from "node:os";
import type { Logger } from "pino";
import type { SeenProcess } from "../store/index.ts";

/** How often it is asked again whether the other name is gone. */
const ASK_EVERY_MS = 1_000;
const TELL_EVERY_MS = 60_000;

/**
 * Lets this process send from a WhatsApp number under one name only while no worker sends from it
 * under another name, this process included: each name has a pace of its own, so both together
 * would be too fast. That happens while a rename has not reached all processes, or while one of
 * them finishes what it had on the wire. The new name waits until the others have reported, within
 * ten seconds, that they have left the old one; one that was killed counts for 90 s. Two processes
 * that begin at the same moment do not see each other; doctor tells of that.
 */
export function createOneName(input: {
  readonly seen: () => Promise<{ readonly processes: readonly SeenProcess[] }>;
  /** The WhatsApp number of each name that this process sends from. */
  readonly serving: () => Readonly<Record<string, string>>;
  readonly serve: (name: string) => void;
  readonly logger: Pick<Logger, "warn" | "debug">;
  /** Default: in production. */
  readonly askEveryMs?: number;
}) {
  const { seen, serving, serve, logger, askEveryMs = ASK_EVERY_MS } = input;
  /** The WhatsApp number of each name that waits. */
  const waiting = new Map<string, string>();
  const toldAt = new Map<string, number>();

  async function ask(): Promise<void> {
    const { processes } = await seen();
    const others = processes.filter(
      ({ role, isLive, host, pid }) =>
        role === "worker" && isLive && (pid !== process.pid || host !== hostname()),
    );
    const names = new Map<string, { name: string; who: string }[]>();
    const own = { senders: serving(), who: "this process" };
    for (const { senders, who } of [own, ...others.map(asRival)]) {
      for (const [name, sender] of Object.entries(senders)) {
        names.set(sender, [...(names.get(sender) ?? []), { name, who }]);
      }
    }
    for (const [name, sender] of [...waiting]) {
      const rival = names.get(sender)?.find((one) => one.name !== name);
      if (rival !== undefined) tell(name, `${rival.name} (${rival.who})`);
      // It may have been removed meanwhile.
      else if (waiting.delete(name)) serve(name);
    }
  }

  function tell(name: string, by: string): void {
    const now = performance.now();
    if (now - (toldAt.get(name) ?? Number.NEGATIVE_INFINITY) < TELL_EVERY_MS) return;
    toldAt.set(name, now);
    logger.warn(
      { number: name },
      `number ${name} waits: the same WhatsApp number is still sent from as ${by}`,
    );
  }

  const askAgain = (): Promise<void> =>
    ask().catch((error: unknown) => {
      logger.debug({ error: String(error) }, "it is not known who sends from a number");
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
