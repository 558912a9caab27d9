import type { CampaignRow, NumberStore } from "../store/index.ts";
import { sendTimesOf } from "../time/send-times.ts";

/** Tells of the rows of a campaign whether their window is open at `nowMs`; all if it has none. */
export async function leavesNow(
  store: Pick<NumberStore, "campaigns">,
  id: string,
  nowMs: number,
): Promise<(row: Pick<CampaignRow, "phone" | "cells">) => boolean> {
  const campaign = await store.campaigns.toSend(id);
  const times = campaign && sendTimesOf(campaign.definition, campaign.columns);
  if (!times) return () => true;
  return ({ phone, cells }) => {
    const found = times.placeOf(phone, cells);
    const opening = found.ok ? times.opening(found.place, nowMs) : null;
    return opening !== null && opening.fromMs <= nowMs;
  };
}
