import { z } from "zod";
import {
  type CampaignDefinition,
  GUARANTEES,
  NUMBER_NAME,
  NUMBER_NAME_RULE,
  NUMBERS,
  PRIORITIES,
  RATE_MAX,
  RATE_MIN,
} from "./campaign.ts";
import { capsBlock } from "./caps.ts";
import { CATEGORIES } from "./category.ts";
import { DELIMITER_NAMES, delimiterNamed } from "./delimiters.ts";
import { ENCODINGS, encodingHint, encodingNamed } from "./encoding.ts";
import { parseInstant } from "./instant.ts";
import { isJsonObject, type Json } from "./json.ts";
import { didYouMean } from "./nearest.ts";
import { poolNumbers, poolProblems } from "./pool-schema.ts";
import { checkRampUp, rampUpBlock, toRampUp } from "./ramp-schema.ts";
import { recurringBlock, toRecurring } from "./recurring.ts";
import { days, skipRepeat, WARN_REPEAT_MS, warnRepeat } from "./repeat-fields.ts";
import { parseSendAgain } from "./send-again.ts";
import { parseSendWindow, type SendWindow } from "./send-window.ts";
import { type ShapeProblem, shapeProblems } from "./shape.ts";
import { parseStopOn, STOP_ON } from "./stop-on.ts";
import { placeholderProblems, type TemplateDefinition } from "./template.ts";
import { templateProblems } from "./template-rules.ts";
import { canaryBlock, toCanary } from "./trial.ts";

export type Validated =
  | { readonly ok: true; readonly definition: CampaignDefinition }
  | { readonly ok: false; readonly problems: readonly ShapeProblem[] };

/**
 * Turns the parsed content of a campaign file into a definition, or reports all its mistakes at
 * once. Unknown keys are refused by name: ignoring a key such as `cap` would send more than its
 * author intended.
 */
export function validateCampaign(content: Json): Validated {
  const parsed = campaignFile.safeParse(content, { reportInput: true });
  const problems = [
    ...(parsed.success ? [] : shapeProblems(parsed.error, knownKeysAt)),
    ...deepProblems(content),
  ];
  if (!parsed.success || problems.length > 0) return { ok: false, problems };
  return { ok: true, definition: toDefinition(parsed.data) };
}

const text = z.string().trim().min(1);

const instant = z.string().transform((value, context) => {
  const parsed = parseInstant(value);
  if (parsed.ok) return parsed.ms;
  context.issues.push({ code: "custom", message: parsed.problem, input: value });
  return z.NEVER;
});

/** Checked in depth by template-rules.ts; kept as written. */
const template = z.custom<TemplateDefinition>((value) => isJsonObject(value), {
  error: (issue) => (issue.input == null ? "is missing" : "must be a block of keys and values"),
});

/** A text that names one of several things in any usual spelling. */
function named<T>(
  find: (text: string) => T | null,
  names: readonly string[],
  hint = (value: string) => didYouMean(value, names),
) {
  return z.string().transform((value, context) => {
    const found = find(value);
    if (found !== null) return found;
    const message = `must be one of ${names.join(", ")}${hint(value)}`;
    context.issues.push({ code: "custom", message, input: value });
    return z.NEVER;
  });
}

/** By `deepProblems`. */
const checkedInDepth = z.unknown().optional();

const recipients = z.strictObject({
  file: text.nullish(),
  to: text.nullish(),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, "must be two capital letters, as in PL")
    .nullish(),
  numbers: z.enum(NUMBERS).nullish(),
  encoding: named(encodingNamed, ENCODINGS, encodingHint).nullish(),
  delimiter: named(delimiterNamed, DELIMITER_NAMES).nullish(),
  maxRejected: z.number().min(0).max(1).nullish(),
  strictValues: z.boolean().nullish(),
  timezone: text.nullish(),
  skipUndeliverable: days.nullish(),
  warnRepeat: warnRepeat.optional(),
  skipRepeat: skipRepeat.nullish(),
  first: z.int().min(1).nullish(),
});

const schedule = z
  .strictObject({
    startAt: instant.nullish(),
    endBy: instant.nullish(),
    window: checkedInDepth,
    delegate: z.boolean().nullish(),
  })
  .refine(({ startAt, delegate }) => delegate !== true || startAt != null, {
    path: ["delegate"],
    message: "needs schedule.startAt, at which the API is to send",
  })
  .refine(({ window, delegate }) => delegate !== true || window == null, {
    path: ["delegate"],
    message: "does not go with schedule.window: what the API was given cannot wait for hours",
  })
  .refine(({ startAt, endBy }) => startAt == null || endBy == null || endBy > startAt, {
    path: ["endBy"],
    message: "must be later than schedule.startAt",
  });

const retryCodes = z.unknown().transform((value, context) => {
  if (value === undefined || value === null) return [];
  const read = parseSendAgain(value as Json);
  if (read.ok) return read.codes;
  for (const { path, message } of read.problems) {
    context.issues.push({ code: "custom", message, path: [...path], input: value });
  }
  return z.NEVER;
});

const delivery = z
  .strictObject({
    guarantee: z.enum(GUARANTEES).nullish(),
    ratePerSecond: z.number().min(RATE_MIN).max(RATE_MAX).nullish(),
    rampUp: rampUpBlock.nullish(),
    priority: z.enum(PRIORITIES).nullish(),
    retry: retryCodes.optional(),
  })
  .superRefine(checkRampUp);

const stopOn = z.unknown().transform((value, context) => {
  const read = parseStopOn((value ?? {}) as Json);
  if (read.ok) return read.stopOn;
  for (const { path, message } of read.problems) {
    context.issues.push({ code: "custom", message, path: [...path], input: value });
  }
  return z.NEVER;
});

const campaignFile = z.strictObject({
  name: text.max(200).regex(/^\P{Cc}*$/u, "must be one line"),
  number: z.string().regex(NUMBER_NAME, NUMBER_NAME_RULE).nullish(),
  numbers: poolNumbers.nullish(),
  template,
  category: z.enum(CATEGORIES),
  recipients: recipients.nullish(),
  schedule: schedule.nullish(),
  delivery: delivery.nullish(),
  recurring: recurringBlock.nullish(),
  stopOn: stopOn.optional(),
  canary: canaryBlock.nullish(),
  caps: capsBlock.optional(),
});

/** The blocks of the file by their path, and their keys. */
export const CAMPAIGN_BLOCKS: Readonly<Record<string, { readonly shape: object }>> = {
  "": campaignFile,
  recipients,
  schedule,
  delivery,
  "delivery.rampUp": rampUpBlock,
  recurring: recurringBlock,
  canary: canaryBlock,
};

/** The keys to suggest at a path. */
function knownKeysAt(path: readonly (string | number)[]): string[] {
  return Object.keys(CAMPAIGN_BLOCKS[path.join(".")]?.shape ?? {});
}

/** The rules of the template's own fields, and of the window. */
function deepProblems(content: Json): ShapeProblem[] {
  return [
    ...deepTemplateProblems(content),
    ...windowProblems(content),
    ...recurringProblems(content),
    ...canaryProblems(content),
    ...poolProblems(content),
  ];
}

function canaryProblems(content: Json): ShapeProblem[] {
  const given = (valueAt(content, ["canary"]) ?? null) !== null;
  if (!given || valueAt(content, ["schedule", "delegate"]) !== true) return [];
  const message = "does not go with schedule.delegate: the API delivers nothing before startAt";
  return [{ path: ["canary"], message }];
}

/** What a campaign that is sent again and again cannot have. */
function recurringProblems(content: Json): ShapeProblem[] {
  if ((valueAt(content, ["recurring"]) ?? null) === null) return [];
  const problems = [
    { path: ["recipients", "file"], message: "does not go with recurring, which has a source" },
    { path: ["schedule", "startAt"], message: "does not go with recurring: its cron says when" },
    { path: ["schedule", "endBy"], message: "does not go with recurring: it is one point in time" },
  ];
  return problems.filter(({ path }) => (valueAt(content, path) ?? null) !== null);
}

function windowProblems(content: Json): ShapeProblem[] {
  const written = valueAt(content, ["schedule", "window"]) ?? null;
  const read = written === null ? null : parseSendWindow(written);
  if (read?.ok === false) {
    return read.problems.map(({ path, message }) => ({
      path: ["schedule", "window", ...path],
      message,
    }));
  }
  const column = valueAt(content, ["recipients", "timezone"]) ?? null;
  if (column === null || read?.window.timezone === "recipient") return [];
  const message = "is of use only with a schedule.window in the time zone of each recipient";
  return [{ path: ["recipients", "timezone"], message }];
}

function deepTemplateProblems(content: Json): ShapeProblem[] {
  const sent = valueAt(content, ["template"]);
  if (!isJsonObject(sent)) return [];
  const { preview, ...template } = sent;
  const problems: ShapeProblem[] = [];
  if (preview !== undefined && preview !== null && typeof preview !== "string") {
    problems.push({ path: ["template", "preview"], message: "must be text" });
  }
  problems.push(...placeholderProblems(template, ["template"]));
  problems.push(...templateProblems(template));
  return problems;
}

function toDefinition(file: z.output<typeof campaignFile>): CampaignDefinition {
  const { preview, ...sent } = file.template;
  return {
    name: file.name,
    number: file.numbers?.[0] ?? file.number ?? "main",
    ...(file.numbers == null ? {} : { numbers: file.numbers }),
    template: sent as TemplateDefinition,
    preview: typeof preview === "string" ? preview : null,
    category: file.category,
    recipients: {
      file: file.recipients?.file ?? null,
      to: file.recipients?.to ?? null,
      country: file.recipients?.country ?? null,
      numbers: file.recipients?.numbers ?? null,
      encoding: file.recipients?.encoding ?? null,
      ...(file.recipients?.delimiter == null ? {} : { delimiter: file.recipients.delimiter }),
      maxRejected: file.recipients?.maxRejected ?? 0.2,
      strictValues: file.recipients?.strictValues ?? false,
      skipUndeliverableMs: file.recipients?.skipUndeliverable ?? null,
      warnRepeatMs:
        file.recipients?.warnRepeat === undefined ? WARN_REPEAT_MS : file.recipients.warnRepeat,
      skipRepeatMs: file.recipients?.skipRepeat ?? null,
      timezone: file.recipients?.timezone ?? null,
      first: file.recipients?.first ?? null,
    },
    schedule: {
      startAtMs: file.schedule?.startAt ?? null,
      endByMs: file.schedule?.endBy ?? null,
      window: toWindow(file.schedule?.window),
      delegate: file.schedule?.delegate ?? false,
    },
    delivery: {
      guarantee: file.delivery?.guarantee ?? "at-most-once",
      ratePerSecond: file.delivery?.ratePerSecond ?? null,
      priority: file.delivery?.priority ?? "normal",
      retry: file.delivery?.retry ?? [],
      rampUp: toRampUp(file.delivery?.rampUp),
    },
    ...(file.caps == null ? {} : { caps: file.caps }),
    canary: file.canary == null ? null : toCanary(file.canary),
    ...(file.recurring == null ? {} : { recurring: toRecurring(file.recurring, file.name) }),
    stopOn: file.stopOn ?? STOP_ON,
  };
}

function toWindow(written: unknown): SendWindow | null {
  const read = written === undefined || written === null ? null : parseSendWindow(written as Json);
  return read?.ok === true ? read.window : null;
}

function valueAt(content: Json, path: readonly string[]): Json | undefined {
  let value: Json | undefined = content;
  for (const key of path) {
    if (!isJsonObject(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}
