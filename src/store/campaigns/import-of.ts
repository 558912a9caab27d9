import type { Redis } from "ioredis";
import { STATES } from "../../core/message.ts";
import { fieldsOf } from "../hashes.ts";
import { campaignKeys, numberKeys } from "../keys.ts";
import type { KnownImport } from "./import-store.ts";

const UNTRIED = ["cancelled", "rejected", "duplicate", "suppressed"] as const;

/**
 * The campaign that bytes with this digest were imported as, or are being imported as. Null if they
 * may be imported, also because that campaign was cancelled before any try (import-begin.lua).
 */
export function createImportOf({ redis, number }: { redis: Redis; number: string }) {
  return async function importOf(
    digest: string,
  ): Promise<(KnownImport & { step: "imported" | "importing" }) | null> {
    let campaign = await redis.hget(numberKeys(number).imports, digest);
    while (campaign !== null) {
      const own = campaignKeys(number, campaign);
      const [[status, rows, attempts, againOf], untried] = await Promise.all([
        redis.hmget(own.campaign, ...fieldsOf("campaign", "status", "rows", "attempts", "againOf")),
        redis.hmget(own.counts, ...UNTRIED.map((state) => String(STATES[state]))),
      ]);
      if (!status) return null;
      const isCancelled = status === "cancelled";
      if (!isCancelled || attempts !== "0") {
        const tried = untried.reduce((left, count) => left - Number(count), Number(rows));
        const step = status === "importing" ? "importing" : "imported";
        return { campaign, step, tried: isCancelled ? tried : null };
      }
      campaign = againOf ?? null;
    }
    return null;
  };
}
