import type { CampaignReader } from "../../store/campaign-reader.ts";
import type { ImportStore } from "../../store/import-store.ts";

/**
 * An import store that keeps nothing: the import that runs on it is a check. With the campaigns of
 * the number, bytes that were imported before are known; that is told once the list has been read.
 */
export function checkingStore(campaigns: Pick<CampaignReader, "importOf"> | null): ImportStore {
  return {
    markOf: (campaign) => campaign,
    begin: async ({ digest, again }) => {
      const before = campaigns === null ? null : await campaigns.importOf(digest);
      const known = !again && before?.step === "imported" ? before : null;
      const restarted = before?.step === "importing";
      return { kind: "begun", campaign: "", token: "", restarted, known };
    },
    beginAnew: async () => "begun",
    chunk: async () => "stored",
    heartbeat: async () => "alive",
    finish: async () => ({ kind: "stored", status: "running" }),
    reject: async () => {},
  };
}
