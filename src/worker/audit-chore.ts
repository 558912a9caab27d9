import type { Logger } from "pino";
import type { NumberStore } from "../store/index.ts";
import type { Chore } from "./sweep.ts";

/** An older campaign that still moves was found to fit when it was new. */
const AUDITED_MAX = 50;
/** Recounting takes at most this share of a worker's time: Redis has messages to send. */
const AUDIT_SHARE = 1 / 50;
const AUDIT_MS = 100;

/**
 * Compares counters with rows. Whatever is new is looked at, in turn; campaigns that rest and were
 * found to fit cost one read.
 */
export function auditChore(context: {
  store: Pick<NumberStore, "campaigns" | "audit">;
  logger: Logger;
}): Chore {
  const { store, logger } = context;
  let notBefore = 0;
  let audited = 0;

  async function run(isStopped: () => boolean): Promise<void> {
    const begunAt = performance.now();
    if (begunAt < notBefore) return;
    const ids = await store.campaigns.newest(AUDITED_MAX);
    for (let looked = 0; looked < ids.length; looked++) {
      if (isStopped() || performance.now() - begunAt > AUDIT_MS) break;
      const campaign = ids[audited++ % ids.length] ?? "";
      const result = await store.audit.look(campaign);
      if (result.kind !== "noted" && result.kind !== "halted") continue;
      const { kind, differences } = result;
      logger.error({ campaign, differences, kind }, "counters and rows do not agree");
    }
    const now = performance.now();
    notBefore = now + (now - begunAt) / AUDIT_SHARE;
  }

  return { name: "counters", run };
}
