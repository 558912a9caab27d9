import type { Logger } from "pino";
import type { NumberStore } from "../store/index.ts";
import type { Chore } from "./sweep.ts";

/** Older campaigns that still move were checked when they were new. */
const AUDITED_MAX = 50;
/** The largest share of a worker's time for recounts: Redis must serve the sending. */
const AUDIT_SHARE = 1 / 50;
const AUDIT_MS = 100;

/**
 * Compares counters with rows. New campaigns are checked in turn; idle ones that matched cost one
 * read.
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
      if (result.kind !== "noted" && result.kind !== "suspended") continue;
      const { kind, differences } = result;
      logger.error({ campaign, differences, kind }, "counters and rows do not agree");
    }
    const now = performance.now();
    notBefore = now + (now - begunAt) / AUDIT_SHARE;
  }

  return { name: "counters", run };
}
