import type { CampaignDefinition } from "../../core/campaign.ts";
import { foldColumnName } from "../../core/columns.ts";
import { delegatedTo } from "../../core/delegate.ts";
import { count as countWords } from "../../core/format.ts";
import { previewProblem } from "../../core/preview.ts";
import type { BudgetNow } from "../../store/index.ts";
import { LINES_SHOWN } from "../check/tally.ts";

/** Something notable about rows that are sent, or deliberately left out. */
export interface Warning {
  readonly code: string;
  readonly reason: string;
  readonly count: number;
  /** Of the first three rows. */
  readonly lines: readonly number[];
}

/**
 * Warnings about rows that are valid or were deliberately left out. The texts follow "12 rows: ".
 */
const WORDS = {
  duplicate: "the person is on the list before; each person gets one message",
  row_opted_out:
    "the list says that the person wants no messages, and one is sent; remove these rows, and add the people to the opt-outs (recipients.strictValues: true rejects the rows)",
  opted_out: "the person has opted out, and gets no message",
  undeliverable:
    "WhatsApp could not deliver to the number lately (131026), and the campaign skips those",
  repeated:
    "the person got the same campaign or template lately, or is about to, and the campaign skips those (recipients.skipRepeat)",
  got_lately:
    "the person got the same campaign or template lately (recipients.warnRepeat), and gets it again",
  in_other_campaign: "the person is on another campaign of this number as well, and gets both",
  capped_later:
    "the person has had as many messages lately as a frequency cap allows (caps); the message waits until it may go",
  capped_skip:
    "the person has had as many messages lately as a frequency cap allows (caps), and gets none",
  other_country: "the number is of another country than the list's",
  zones_of_country:
    "the phone may be in several time zones, so the message waits for hours that schedule.window allows in all of them; a column with time zones, named in recipients.timezone, would settle it",
  us_marketing:
    "WhatsApp does not deliver marketing to numbers of the United States; they would fail (131049)",
  body_too_long:
    "the text is longer than 1,024 characters once it is filled in; WhatsApp refuses it (132005)",
  value_formula: "the value is a formula and not its result, and is sent as it is",
  value_spreadsheet:
    "the value is what a spreadsheet shows in place of one (as #N/A, ####, 1.2E+12, or 45992 for a date), and is sent",
  value_placeholder:
    "the value is what a program writes for none (as NULL, undefined or {{name}}), and is sent",
  value_escaped:
    "the value has letters as codes (as &eacute;, %C3%A9 or \\u00e9), and is sent as it is",
  value_question:
    "the value has a question mark within a word, where a letter may be lost (as in Ma?gorzata), and is sent as it is",
  value_quoted: "the value is in quotation marks, which are sent with it",
  value_markup: 'the value has HTML or JSON in it (as <br> or {"a": 1}), and is sent as it is',
  value_coupon:
    "the coupon code has more than 15 characters, or others than letters and digits; WhatsApp may refuse it",
  value_one_time_code: "the one-time code has more than 15 characters; WhatsApp may refuse it",
  value_payload: "the button's payload has more than 256 characters; WhatsApp may refuse it",
  value_url_suffix:
    "the value of the url button is a whole address, has spaces or more than 2,000 characters; it is put behind the template's own address",
  value_header: "the header's value has more than 60 characters; WhatsApp may refuse it",
  landline: "the number is a landline, which is rarely on WhatsApp",
} as const;

/** The most campaigns or columns that one warning names. */
const ABOUT_MAX = 8;

type WarningCode = keyof typeof WORDS;

interface Warnings {
  /**
   * `about`: more for the reader, shown once for each value (a campaign's id, a column). A line
   * counts once per code.
   */
  add(code: WarningCode, line: number, about?: string): void;
  /** In the order of the table above. */
  list(): Warning[];
}

interface Found {
  count: number;
  readonly lines: number[];
  last: number;
  readonly about: Set<string>;
}

export function createWarnings(): Warnings {
  const found = new Map<WarningCode, Found>();
  return {
    add(code, line, about) {
      let one = found.get(code);
      if (one === undefined) {
        one = { count: 0, lines: [], last: 0, about: new Set() };
        found.set(code, one);
      }
      if (about !== undefined) one.about.add(about);
      if (one.last === line) return;
      one.last = line;
      one.count++;
      if (one.lines.length < LINES_SHOWN) one.lines.push(line);
    },
    list: () =>
      (Object.keys(WORDS) as WarningCode[]).flatMap((code) => {
        const one = found.get(code);
        if (one === undefined) return [];
        const { count, lines, about } = one;
        const named = [...about].slice(0, ABOUT_MAX).join(", ");
        const others = about.size > ABOUT_MAX ? ", ..." : "";
        const more = about.size === 0 ? "" : ` (${named}${others})`;
        return [{ code, reason: WORDS[code] + more, count, lines }];
      }),
  };
}

/** Messages handed to the API are out of reach: warns whenever that is chosen. */
export function delegateWarning({ schedule }: CampaignDefinition, count: number): Warning[] {
  const atMs = delegatedTo(schedule);
  if (atMs === null) return [];
  const reason =
    `the messages are handed to the API now, which sends them at ${new Date(atMs).toISOString()}; from then ` +
    "on they cannot be cancelled or paused, and opt-outs that come later do not reach them (schedule.delegate)";
  return [{ code: "delegated", reason, count, lines: [] }];
}

/** Nothing waits for a canary that is all there is to send, which its size may not have meant. */
export function canaryWarning({ canary }: CampaignDefinition, going: number): Warning[] {
  if (canary === undefined || canary === null || going === 0 || canary.size < going) return [];
  const size = `canary.size is ${countWords(canary.size)}`;
  const reason = `all ${countWords(going)} are canary (${size}), so none waits for its result`;
  return [{ code: "canary_is_all", reason, count: going, lines: [] }];
}

/** More people than the portfolio may still write to within 24 hours: the others wait. */
export function budgetWarning(budget: BudgetNow | null, messages: number): Warning[] {
  if (budget === null) return [];
  const { name, limit, used, nextAtMs } = budget;
  const room = Math.max(0, limit - used);
  if (messages <= room) return [];
  const days = Math.ceil((messages - room) / limit);
  const next = nextAtMs === null ? "" : `, the next ones until ${new Date(nextAtMs).toISOString()}`;
  const reason =
    `portfolio ${name} may write to ${countWords(limit)} people in 24 hours, and has room for ` +
    `${countWords(room)} of them now; these wait${next}, and it takes about ` +
    `${days === 1 ? "a day" : `${days} days`} until all are sent. Those who got a message in the last 24 hours need not wait`;
  return [{ code: "budget_full", reason, count: messages - room, lines: [] }];
}

/** `count` marketing messages would be sent while people sleep: a warning, not a decision. */
export function nightWarning(count: number): Warning[] {
  if (count === 0) return [];
  const reason =
    "marketing would go out between 21 and 8 o'clock of the recipient's time zone, which people " +
    "block senders for and some countries forbid; set schedule.window, as in { preset: quiet-hours }";
  return [{ code: "marketing_at_night", reason, count, lines: [] }];
}

/** Placeholders of other programs: `{name}`, `[[name]]`, `<name>`, `%name%`, `*|name|*`. */
const OTHER_PLACEHOLDER =
  /(?<!\{)\{([^{}"]+)\}+|\uff5b+([^\uff5b\uff5d"]+)\uff5d+|\[\[?([^[\]"{}]+)\]\]?|<([^<>"]+)>|%([^%"\s][^%"]*)%|\*\|([^|"]+)\|\*|\$([\p{L}_][\p{L}\p{N}_]*)/gu;

/** The template names a column as another program would: every person would get that name. */
export function placeholderWarning(
  { template }: CampaignDefinition,
  columns: readonly string[],
  count: number,
): Warning[] {
  const known = new Set(columns.map(foldColumnName));
  for (const [written, ...names] of JSON.stringify(template).matchAll(OTHER_PLACEHOLDER)) {
    const name = names.find((one) => one !== undefined) ?? "";
    // Like ours, theirs may have a default: `{name|there}`.
    const [column = ""] = name.split("|");
    if (!known.has(foldColumnName(column))) continue;
    const reason = `the template holds ${written}, which is sent as it is: the value of that column is written {{${column.trim()}}}`;
    return [{ code: "placeholder_other", reason, count, lines: [] }];
  }
  return [];
}

/**
 * A preview with other variables than the body: one of the two is wrong. This is a warning, not a
 * refusal, because the preview is for people only; if it is the body that is wrong, the first
 * message is refused and pauses the campaign.
 */
export function previewWarning(definition: CampaignDefinition, count: number): Warning[] {
  const { preview, template } = definition;
  const problem = preview === null ? null : previewProblem(preview, template.components);
  if (problem === null) return [];
  const reason =
    `template.preview ${problem}; one of the two is wrong, and if it is the body, WhatsApp ` +
    "refuses every message (132000)";
  return [{ code: "preview_variables", reason, count, lines: [] }];
}
