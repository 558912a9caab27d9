import type { CampaignPace } from "../campaigns/pace-now.ts";
import type { Campaign } from "../store/index.ts";
import { dateTime, duration, rate } from "./words.ts";

export {
  backoffJson,
  backoffWords,
  ratesDifferWords,
  slowedWords,
  suspensionWords,
} from "../export/number-words.ts";

/** Rows that the API has accepted, whatever their outcome. */
export function acceptedRows({ counts }: Campaign): number {
  return counts.accepted + counts.sent + counts.delivered + counts.read;
}

/** Sent messages whose outcome may still arrive. */
export function openRows({ counts }: Campaign): number {
  return counts.accepted + counts.sent + counts.unknown;
}

/** Rows that wait to be sent or are being sent. */
export function rowsToSend({ counts }: Campaign): number {
  return counts.pending + counts.sending;
}

/** How fast a campaign may send now; empty if that is not known. */
export function rateWords({ nowPerSecond, fullPerSecond, slowed, ramp }: CampaignPace): string {
  if (nowPerSecond === null || fullPerSecond === null) return "";
  if (ramp !== null) {
    const { sinceMs, fullMs, overMs } = ramp;
    const full =
      sinceMs === null ? `${duration(overMs)} after its first message` : `at ${dateTime(fullMs)}`;
    return `${rate(nowPerSecond)} now, ramping up to ${rate(fullPerSecond)} ${full}`;
  }
  if (slowed === null || nowPerSecond === fullPerSecond) return rate(nowPerSecond);
  return (
    `${rate(nowPerSecond)} now: slowed down because the API reported that it is too fast; ` +
    `${rate(fullPerSecond)} again at ${dateTime(slowed.untilMs)}`
  );
}
