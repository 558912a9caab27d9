import type { StopOn } from "../../src/core/stop-on.ts";
import { testDefinition } from "../support/campaigns.ts";
import type { Fate } from "../support/outcomes.ts";

export const ok: Fate = { kind: "accepted" };

/** A campaign that only these limits pause. */
export const withStops = (stopOn: Partial<StopOn>) => ({
  definition: testDefinition("", {
    stopOn: { failureShare: null, sample: 50, sameCode: null, category: null, ...stopOn },
  }),
});
