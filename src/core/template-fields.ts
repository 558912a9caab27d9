import type { Category } from "./category.ts";
import { isJsonObject, type Json, type JsonObject } from "./json.ts";
import type { RejectCode } from "./reject.ts";
import type { Path } from "./template-problems.ts";

/**
 * A rule for a field of the template object that is more than plain text. It applies to each row
 * once the field is filled in (Meta, "Template object" and "Components").
 */
export interface FieldRule {
  /** Sent as a JSON number. */
  readonly isNumber: boolean;
  /** Why WhatsApp would refuse a row with this text, or null. */
  readonly fault: (text: string) => RejectCode | null;
  /** Why WhatsApp might refuse it, or null. Public sources on these limits are few or disagree. */
  readonly doubt: (text: string) => FieldDoubt | null;
}

const FIELD_DOUBTS = [
  "value_coupon",
  "value_one_time_code",
  "value_payload",
  "value_url_suffix",
  "value_header",
] as const;

export type FieldDoubt = (typeof FIELD_DOUBTS)[number];

/** Every field with a rule, keyed by {@link fieldKey} of its path (`["components",0,…]`). */
export function fieldRules(
  components: Json | undefined,
  category: Category | null,
): ReadonlyMap<string, FieldRule> {
  const rules = new Map<string, FieldRule>();
  const add = (path: Path, rule: FieldRule): void => void rules.set(fieldKey(path), rule);
  eachComponent(components, ["components"], (component, path) => {
    const kind = wordOf(component["type"]);
    const button = kind === "button" ? wordOf(component["sub_type"]) : null;
    eachBlock(component["parameters"], [...path, "parameters"], (_, at) => {
      if (kind === "header") add([...at, "text"], HEADER);
      if (button === "url") add([...at, "text"], URL_SUFFIX);
      if (category === "authentication" && (kind === "body" || button === "url")) {
        add([...at, "text"], ONE_TIME_CODE);
      }
      for (const [names, rule] of RULES) add([...at, ...names], rule);
    });
    eachBlock(component["cards"], [...path, "cards"], (_, at) => add([...at, "card_index"], WHOLE));
  });
  return rules;
}

export function fieldKey(path: Path): string {
  return JSON.stringify(path);
}

function rule(parts: Partial<FieldRule>): FieldRule {
  return { isNumber: false, fault: () => null, doubt: () => null, ...parts };
}

function doubtful(code: FieldDoubt, isFine: (text: string) => boolean): FieldRule {
  return rule({ doubt: (text) => (isFine(text) ? null : code) });
}

/** `12990`: digits with an optional minus, and small enough for an exact JavaScript number. */
const WHOLE = rule({
  isNumber: true,
  fault: (text) => {
    const isWhole = /^-?\d{1,16}$/.test(text) && Number.isSafeInteger(Number(text));
    return isWhole ? null : "value_not_whole";
  },
});

const degrees = (most: number): FieldRule =>
  rule({
    isNumber: true,
    fault: (text) => {
      const isDecimal = /^-?\d{1,3}(\.\d{1,20})?$/.test(text) && Math.abs(Number(text)) <= most;
      return isDecimal ? null : "value_not_degrees";
    },
  });

const LINK = rule({
  fault: (text) => (/^https?:\/\/[^\s/]+\S*$/.test(text) ? null : "value_not_link"),
});

const COUPON = doubtful("value_coupon", (text) => /^[\p{L}\p{Nd}]{1,15}$/u.test(text));
const ONE_TIME_CODE = doubtful("value_one_time_code", (text) => text.length <= 15);
const PAYLOAD = doubtful("value_payload", (text) => text.length <= 256);
const HEADER = doubtful("value_header", (text) => Array.from(text).length <= 60);
/** It is appended to the template's own address, so a full address is nearly always a mistake. */
const URL_SUFFIX = doubtful(
  "value_url_suffix",
  (text) => text.length <= 2_000 && !/^https?:\/\/|\s/i.test(text),
);

/** Rules by path within a parameter. */
const RULES: readonly (readonly [readonly string[], FieldRule])[] = [
  [["currency", "amount_1000"], WHOLE],
  ...["day_of_week", "day_of_month", "year", "month", "hour", "minute"].map(
    (name) => [["date_time", name], WHOLE] as const,
  ),
  [["limited_time_offer", "expiration_time_ms"], WHOLE],
  [["location", "latitude"], degrees(90)],
  [["location", "longitude"], degrees(180)],
  ...["image", "video", "document"].map((name) => [[name, "link"], LINK] as const),
  [["coupon_code"], COUPON],
  [["payload"], PAYLOAD],
];

type Visit = (block: JsonObject, path: Path) => void;

function eachComponent(components: Json | undefined, path: Path, visit: Visit): void {
  eachBlock(components, path, (component, at) => {
    visit(component, at);
    eachBlock(component["cards"], [...at, "cards"], (card, cardAt) => {
      eachComponent(card["components"], [...cardAt, "components"], visit);
    });
  });
}

function eachBlock(list: Json | undefined, path: Path, visit: Visit): void {
  if (!Array.isArray(list)) return;
  for (const [index, one] of (list as readonly Json[]).entries()) {
    if (isJsonObject(one)) visit(one, [...path, index]);
  }
}

function wordOf(value: Json | undefined): string {
  return typeof value === "string" ? value.trim().toLowerCase() : "";
}
