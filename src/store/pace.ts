import type { RunScript } from "./scripts.ts";

/**
 * A number's pace over all pods is GCRA (the generic cell rate algorithm) inside the claim: what is
 * granted carries the instant at which it must be sent. Here is what people change about it.
 */
export function createPace(run: RunScript) {
  return {
    /** A number's rate (messages a second) from now on, on all pods; null takes it back. */
    async setNumberRate(ratePerSecond: number | null): Promise<void> {
      await run("set-rate", ["", ratePerSecond ?? ""]);
    },

    /** A campaign's own rate from now on. `no_campaign` when there is none of this id. */
    async setCampaignRate(
      campaign: string,
      ratePerSecond: number | null,
    ): Promise<"done" | "no_campaign"> {
      const done = await run("set-rate", [campaign, ratePerSecond ?? ""]);
      return done === 1 ? "done" : "no_campaign";
    },
  };
}

export type Pace = ReturnType<typeof createPace>;
