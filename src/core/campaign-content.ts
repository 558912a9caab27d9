import type { CampaignDefinition } from "./campaign.ts";
import { delimiterName } from "./delimiters.ts";
import type { Json, JsonObject } from "./json.ts";
import { WARN_REPEAT_MS } from "./repeat-fields.ts";
import { ALL_DAYS, clockTime, DAY_NAMES, type SendWindow } from "./send-window.ts";
import { STOP_ON, type StopOn } from "./stop-on.ts";

/**
 * The content of a campaign file that says what a stored campaign said, to begin another one with.
 * Left out are its list, and the times that were meant for that day only: `startAt` and `endBy`.
 * What a file may leave out is left out, so that a person sees what was chosen.
 */
export function contentOf(definition: CampaignDefinition): JsonObject {
  const { name, number, template, preview, category, canary } = definition;
  return chosen({
    ...{ name, number },
    template: chosen({ ...template, preview }),
    category,
    recipients: recipientsOf(definition.recipients),
    schedule: chosen({ window: windowOf(definition.schedule.window ?? null) }),
    delivery: deliveryOf(definition.delivery),
    canary:
      canary === null || canary === undefined
        ? null
        : {
            ...{ size: canary.size, minDelivered: canary.minDelivered },
            ...{ wait: timeText(canary.waitMs) },
            // biome-ignore lint/suspicious/noThenProperty: the name in campaign files
            then: canary.after,
          },
    stopOn: stopOnOf(definition.stopOn ?? STOP_ON),
  });
}

function recipientsOf(recipients: CampaignDefinition["recipients"]): JsonObject {
  const { to, country, numbers, encoding, delimiter = null, maxRejected } = recipients;
  const { strictValues, skipUndeliverableMs, warnRepeatMs, skipRepeatMs } = recipients;
  return chosen({
    ...{ to, country, numbers, encoding },
    delimiter: delimiter === null ? null : delimiterName(delimiter),
    maxRejected: maxRejected === 0.2 ? null : maxRejected,
    strictValues: strictValues || null,
    skipUndeliverable: skipUndeliverableMs === null ? null : timeText(skipUndeliverableMs),
    warnRepeat:
      warnRepeatMs === null
        ? "off"
        : warnRepeatMs === WARN_REPEAT_MS
          ? null
          : timeText(warnRepeatMs),
    skipRepeat: skipRepeatMs === null ? null : timeText(skipRepeatMs),
    ...{ timezone: recipients.timezone ?? null, first: recipients.first ?? null },
  });
}

function deliveryOf(delivery: CampaignDefinition["delivery"]): JsonObject {
  const { guarantee, ratePerSecond, priority, retry = [], rampUp = null } = delivery;
  return chosen({
    guarantee: guarantee === "at-most-once" ? null : guarantee,
    ratePerSecond,
    priority: priority === "normal" ? null : priority,
    retry: chosen(Object.fromEntries(retry.map((code) => [String(code), true]))),
    rampUp:
      rampUp === null
        ? null
        : chosen({ from: rampUp.from, to: rampUp.to, over: timeText(rampUp.overMs) }),
  });
}

function windowOf(window: SendWindow | null): Json {
  if (window === null) return null;
  const { hours, timezone, onMiss } = window;
  if (hours === "quiet-hours") return { preset: hours, onMiss };
  return hours.map(({ days, fromS, toS }) =>
    chosen({
      days: days.length === ALL_DAYS.length ? null : days.map((day) => DAY_NAMES[day - 1] ?? ""),
      ...{ from: clockTime(fromS), to: clockTime(toS), timezone, onMiss },
    }),
  );
}

function stopOnOf(stopOn: StopOn): JsonObject {
  const keys = Object.keys(STOP_ON) as (keyof StopOn)[];
  const other = keys.filter((key) => stopOn[key] !== STOP_ON[key]);
  return Object.fromEntries(other.map((key) => [key, stopOn[key] ?? "off"]));
}

/** The largest unit that says it exactly. */
function timeText(ms: number): string {
  const units = { d: 24 * 3_600_000, h: 3_600_000, m: 60_000, s: 1_000 };
  const [unit, length] = Object.entries(units).find(([, each]) => ms % each === 0) ?? ["s", 1_000];
  return `${Math.round(ms / length)}${unit}`;
}

/** Without what was not chosen: null, and blocks without a key. */
function chosen(block: JsonObject): JsonObject {
  const kept = Object.entries(block).filter(
    ([, value]) =>
      value !== null &&
      value !== undefined &&
      !(typeof value === "object" && !Array.isArray(value) && Object.keys(value).length === 0),
  );
  return Object.fromEntries(kept);
}
