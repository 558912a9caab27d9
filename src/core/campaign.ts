import type { Caps } from "./caps.ts";
import type { Category } from "./category.ts";
import type { Delimiter } from "./delimiters.ts";
import type { Encoding } from "./encoding.ts";
import type { RampUp } from "./ramp.ts";
import type { Recurring } from "./recurring.ts";
import type { SendWindow } from "./send-window.ts";
import type { StopOn } from "./stop-on.ts";
import type { TemplateDefinition } from "./template.ts";
import type { CanaryRules } from "./trial.ts";

/** A parsed campaign file: plain JSON with every default filled in, safe to store. */
export interface CampaignDefinition {
  readonly name: string;
  /** The name of a configured sending number; of a pool its first. */
  readonly number: string;
  /** The numbers of a pool; absent: one number alone. */
  readonly numbers?: readonly string[];
  /** Sent to the API once its `{{column}}` placeholders are filled in. */
  readonly template: TemplateDefinition;
  /** The body's text with `{{1}}`, for people to read. Never sent. */
  readonly preview: string | null;
  readonly category: Category;
  readonly recipients: {
    /** As written in the campaign file; relative to it. */
    readonly file: string | null;
    /** The column with the phone number; `null`: detect it by name. */
    readonly to: string | null;
    /** Two letters: the country of national phone numbers in the list. */
    readonly country: string | null;
    /** How to read phone numbers without "+" or 00; `null`: as most of the list is written. */
    readonly numbers: Numbers | null;
    /** The list's encoding, if its bytes do not show it; `null`: guess. */
    readonly encoding: Encoding | null;
    /** What separates its cells; `null`: recognised by its first lines. */
    readonly delimiter?: Delimiter | null;
    /** The whole list is refused if a larger share of its rows is rejected, 0..1. */
    readonly maxRejected: number;
    /** Reject rows with a suspicious value (`VALUE_DOUBTS`) rather than only warn about them. */
    readonly strictValues: boolean;
    /** Skip phone numbers that failed with 131026 within this time; `null`: skip none. */
    readonly skipUndeliverableMs: number | null;
    /** Warn of recipients who got this campaign or template within this time; `null`: never. */
    readonly warnRepeatMs: number | null;
    /** Skip recipients who got it within this time or are about to; `null`: skip none. */
    readonly skipRepeatMs: number | null;
    /** The column with each recipient's time zone; `null`: the phone decides. */
    readonly timezone?: string | null;
    /** Only so many go, and the rest when a person resumes the campaign; `null`: all go. */
    readonly first?: number | null;
  };
  /** What definitions of older versions lack is optional. */
  readonly schedule: {
    readonly startAtMs: number | null;
    readonly endByMs: number | null;
    /** `null`: messages may leave at any time. */
    readonly window?: SendWindow | null;
    /** The API is given the messages at once, and sends them at `startAtMs`. */
    readonly delegate?: boolean;
  };
  readonly delivery: {
    readonly guarantee: Guarantee;
    readonly ratePerSecond: number | null;
    /** Error codes after which a message is sent again by itself (send-again.ts). */
    readonly retry?: readonly number[];
    readonly priority: Priority;
    /** `null`: its whole rate from the start. */
    readonly rampUp?: RampUp | null;
  };
  /** Of campaign files only: the campaigns that it makes are ordinary ones. */
  readonly recurring?: Recurring;
  /** How often one person may be written to; `null`: as configured. */
  readonly caps?: Caps | null;
  /** `null`: all go at once. */
  readonly canary?: CanaryRules | null;
  /** Definitions of older versions lack it. */
  readonly stopOn?: StopOn;
}

/**
 * What to do about a message that may or may not have been sent. `at-most-once`: never send it
 * again automatically. `at-least-once`: if no evidence arrives, send it once more and mark it.
 */
export const GUARANTEES = ["at-most-once", "at-least-once"] as const;
export type Guarantee = (typeof GUARANTEES)[number];

/** Phone numbers without "+" or 00: national ones, or with a country code in front. */
export const NUMBERS = ["national", "international"] as const;
export type Numbers = (typeof NUMBERS)[number];

export const PRIORITIES = ["urgent", "normal", "bulk"] as const;

/** How many messages a running campaign gets per round among those of its number. */
export const PRIORITY_WEIGHTS = { urgent: 8, normal: 4, bulk: 1 } as const;
export type Priority = (typeof PRIORITIES)[number];

/** The name of a sending number. Campaign ids and Redis keys begin with it. */
export const NUMBER_NAME = /^[a-z0-9][a-z0-9_-]{0,31}$/;
export const NUMBER_NAME_RULE =
  "must be 1 to 32 lowercase letters, digits, - or _, and begin with a letter or a digit";

/** Limits of every rate that can be configured, in messages per second. */
export const RATE_MIN = 0.01;
export const RATE_MAX = 100_000;

/** Every status of a campaign. Operators know the names from listmonk. */
export const CAMPAIGN_STATUSES = [
  "importing",
  "scheduled",
  "running",
  "paused",
  "finished",
  "cancelled",
  "rejected",
] as const;

export type CampaignStatus = (typeof CAMPAIGN_STATUSES)[number];

/** Those of a campaign that is over. A late answer may still open a finished one again. */
export const ENDED_STATUSES = ["finished", "cancelled", "rejected"] as const;

export function hasEnded(status: CampaignStatus): boolean {
  return ENDED_STATUSES.some((one) => one === status);
}

/** How a campaign was closed for good: the state that its pending rows read as. */
export const CLOSED_AS = ["cancelled", "expired"] as const;
