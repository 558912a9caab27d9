import { type ApiError, metaRefusal } from "./api-error.ts";

/** A parsed request to send one template message. */
export interface SendRequest {
  readonly to: string;
  readonly templateName: string;
  /** When to send, in milliseconds since the epoch; null: now. */
  readonly sendAtMs: number | null;
}

type Json = Readonly<Record<string, unknown>>;

const KNOWN_FIELDS = new Set(["to", "template", "schedule"]);
const PHONE = /^[1-9]\d{5,14}$/;
const TEMPLATE_NAME = /^[a-z0-9_]{1,512}$/;
const LANGUAGE_CODE = /^[a-z]{2,3}(_[A-Za-z]{2,4})?$/;
const FORBIDDEN_IN_TEXT = /[\n\r\t]| {5}/;
const TEXT_CHARS_MAX = 32_768;
const DEPTH_MAX = 8;

/**
 * Parses the body of a POST as documented (LiveChat's page for `to`, `template` and `schedule`;
 * Meta's pages for the template object and error codes). Handwritten, because it runs for every
 * message of a benchmark. It cannot know which templates exist, but answers 132001 to names and
 * languages that no template can have.
 */
export function readSendRequest(
  contentType: string | undefined,
  body: Buffer,
): SendRequest | ApiError {
  if (!/^application\/json\s*(;|$)/i.test(contentType ?? "")) {
    return metaRefusal(100, "Content-Type must be application/json.");
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString("utf8"));
  } catch {
    return metaRefusal(100, "The body is not JSON.");
  }
  if (!isObject(parsed)) return metaRefusal(100, "The body must be a JSON object.");
  for (const field in parsed) {
    if (!KNOWN_FIELDS.has(field)) {
      return metaRefusal(100, "The body has a field other than to, template and schedule.");
    }
  }
  const to = parsed["to"];
  if (to === undefined) return metaRefusal(100, "The parameter to is required.");
  if (typeof to !== "string" || !PHONE.test(to)) {
    return metaRefusal(131009, 'to must be digits with the country code, without "+".');
  }
  const schedule = parsed["schedule"];
  const sendAtMs = schedule === undefined ? null : readRfc3339(schedule);
  if (Number.isNaN(sendAtMs)) return metaRefusal(131009, "schedule must be an RFC3339 time.");
  const template = parsed["template"];
  const fault = templateFault(template);
  return fault ?? { to, templateName: (template as { name: string }).name, sendAtMs };
}

function templateFault(template: unknown): ApiError | null {
  if (!isObject(template)) {
    return metaRefusal(100, "The parameter template is required and must be an object.");
  }
  const name = template["name"];
  const language = template["language"];
  const code = isObject(language) ? language["code"] : undefined;
  if (typeof name !== "string" || name === "") {
    return metaRefusal(100, "template.name is required.");
  }
  if (typeof code !== "string" || code === "") {
    return metaRefusal(100, "template.language.code is required.");
  }
  if (!TEMPLATE_NAME.test(name) || !LANGUAGE_CODE.test(code)) return metaRefusal(132001);
  return componentsFault(template["components"], 0);
}

function componentsFault(components: unknown, depth: number): ApiError | null {
  if (components === undefined) return null;
  if (!Array.isArray(components) || depth > DEPTH_MAX) {
    return metaRefusal(100, "components must be an array.");
  }
  for (const component of components) {
    const fault = componentFault(component, depth);
    if (fault !== null) return fault;
  }
  return null;
}

function componentFault(component: unknown, depth: number): ApiError | null {
  if (!isObject(component) || typeof component["type"] !== "string") {
    return metaRefusal(100, "Each component needs a type.");
  }
  const isButton = component["type"].toLowerCase() === "button";
  if (isButton && (component["sub_type"] === undefined || component["index"] === undefined)) {
    return metaRefusal(131008, "A button component needs sub_type and index.");
  }
  const { parameters = [], cards = [] } = component as { parameters?: unknown; cards?: unknown };
  if (!Array.isArray(parameters) || !Array.isArray(cards)) {
    return metaRefusal(100, "parameters and cards must be arrays.");
  }
  for (const parameter of parameters) {
    const fault = parameterFault(parameter);
    if (fault !== null) return fault;
  }
  for (const card of cards) {
    const fault = isObject(card)
      ? componentsFault(card["components"], depth + 1)
      : metaRefusal(100, "Each card must be an object.");
    if (fault !== null) return fault;
  }
  return null;
}

function parameterFault(parameter: unknown): ApiError | null {
  if (!isObject(parameter) || typeof parameter["type"] !== "string") {
    return metaRefusal(100, "Each parameter needs a type.");
  }
  if (parameter["type"] !== "text") return null;
  const text = parameter["text"];
  if (typeof text !== "string") return metaRefusal(132012, "A text parameter needs a text.");
  if (text === "") return metaRefusal(131008, "A text parameter is empty.");
  if (FORBIDDEN_IN_TEXT.test(text)) return metaRefusal(132018);
  return text.length > TEXT_CHARS_MAX ? metaRefusal(132005) : null;
}

const RFC3339 =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(\.\d+)?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i;

/** Milliseconds since the epoch, or NaN. Stricter than Date.parse, which accepts 30 February. */
function readRfc3339(value: unknown): number {
  const parts = typeof value === "string" ? RFC3339.exec(value) : null;
  if (parts === null) return Number.NaN;
  const [, year, month, day] = parts.map(Number);
  const lastDay = new Date(Date.UTC(year ?? 0, month ?? 0, 0)).getUTCDate();
  return (day ?? 0) > lastDay ? Number.NaN : Date.parse(parts[0].toUpperCase());
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
