import { isJsonObject, type Json, type JsonObject } from "./json.ts";
import { didYouMean } from "./nearest.ts";
import { isFilled, isText, type Path, type TemplateProblems } from "./template-problems.ts";
import { readValue } from "./value.ts";

/** Where the parameters are. */
interface ParametersPlace {
  readonly path: Path;
  /** The type of their component, such as `body` or `url button`. */
  readonly component: string;
  readonly found: TemplateProblems;
}

/** The types of parameters that a component takes; an unlisted component takes any. */
export const TAKES: Readonly<Record<string, readonly string[]>> = {
  header: ["text", "image", "video", "document", "location", "product"],
  body: ["text", "currency", "date_time"],
  "quick_reply button": ["payload"],
  "url button": ["text"],
  "copy_code button": ["coupon_code"],
  "flow button": ["action"],
  "catalog button": ["action"],
  "mpm button": ["action"],
  limited_time_offer: ["limited_time_offer"],
};

const PARAMETER_TYPES = [...new Set(Object.values(TAKES).flat()), "order_status"];

/** Checks the parameters of one component (Meta, "Components"). */
export function checkParameters(parameters: readonly Json[], place: ParametersPlace): void {
  const { path, component, found } = place;
  // A body has any number of variables; a header or a button has one.
  if (TAKES[component] !== undefined && component !== "body" && parameters.length > 1) {
    found.add(path, `must be one parameter: a ${component} takes only one`);
  }
  parameters.forEach((parameter: Json, index) => {
    const at = [...path, index];
    if (isJsonObject(parameter)) checkParameter(parameter, { ...place, path: at });
    else found.add(at, "must be a block with a type");
  });
  checkNames(parameters, path, found);
}

function checkParameter(parameter: JsonObject, { path, component, found }: ParametersPlace): void {
  const type = parameter["type"];
  if (!isText(type, [...path, "type"], found)) return;
  if (!PARAMETER_TYPES.includes(type)) {
    const near = didYouMean(type, PARAMETER_TYPES);
    // A type unlike any of these may be new at Meta, so it goes to the API unchecked.
    if (near !== "") found.add([...path, "type"], `is not a known parameter type${near}`);
    return;
  }
  const takes = TAKES[component];
  if (takes !== undefined && !takes.includes(type)) {
    found.add([...path, "type"], `cannot be ${type}: a ${component} takes ${takes.join(", ")}`);
    return;
  }
  CHECKS[type]?.(parameter[type], { path: [...path, type], component, found });
}

type Check = (value: Json | undefined, place: ParametersPlace) => void;

const CHECKS: Readonly<Record<string, Check>> = {
  text: checkText,
  image: checkMedia,
  video: checkMedia,
  document: checkMedia,
  payload: (value, { path, found }) => void isText(value, path, found),
  coupon_code: (value, { path, found }) => void isText(value, path, found),
  currency: checkFields({ fallback_value: isText, code: isText, amount_1000: isWhole }),
  // WhatsApp always shows the fallback and ignores all other fields.
  date_time: checkFields({ fallback_value: isText }),
  location: checkFields({ latitude: isDecimal, longitude: isDecimal }),
  product: checkFields({ product_retailer_id: isText, catalog_id: isText }),
  limited_time_offer: checkFields({ expiration_time_ms: isWhole }),
  action: checkAction,
};

/** Checks a block whose fields are all required. */
function checkFields(
  fields: Readonly<
    Record<string, (value: Json | undefined, path: Path, found: TemplateProblems) => void>
  >,
): Check {
  return (value, { path, found }) => {
    if (!isJsonObject(value)) {
      found.add(path, `is missing: it must be a block with ${Object.keys(fields).join(", ")}`);
      return;
    }
    for (const [name, check] of Object.entries(fields)) check(value[name], [...path, name], found);
  };
}

/** A number, a text that is one, or a placeholder that becomes one: it is sent as a number. */
function isWhole(value: Json | undefined, path: Path, found: TemplateProblems): void {
  if (typeof value === "string" ? isFilled(value) || /^-?\d+$/.test(value.trim()) : isSafe(value)) {
    return;
  }
  found.add(path, 'must be a whole number, or a column as in "{{amount}}"');
}

function isSafe(value: Json | undefined): boolean {
  return typeof value === "number" && Number.isSafeInteger(value);
}

function isDecimal(value: Json | undefined, path: Path, found: TemplateProblems): void {
  if (typeof value === "number") return;
  if (typeof value === "string" && (isFilled(value) || /^-?\d+(\.\d+)?$/.test(value.trim())))
    return;
  found.add(path, 'must be a decimal number, as in 52.2297, or a column as in "{{latitude}}"');
}

function checkText(text: Json | undefined, { path, component, found }: ParametersPlace): void {
  if (!isText(text, path, found)) return;
  // What stands around placeholders is sent to everyone.
  const written = text.replace(/\{\{[^{}]*\}\}/g, "x");
  if (/[\n\r\t\u2028\u2029]| {5}/.test(written)) {
    found.add(path, "has a line break, a tab or more than 4 spaces, which WhatsApp refuses");
  } else if (readValue(written).fault !== null) {
    found.add(path, "has a control character, or one that reverses the text: write it again");
  }
  if (isFilled(text)) return;
  const longest = component === "header" ? 60 : 32_768;
  if (text.length > longest) found.add(path, `must have at most ${longest} characters`);
}

function checkMedia(media: Json | undefined, { path, found }: ParametersPlace): void {
  if (!isJsonObject(media)) {
    found.add(path, "is missing: it must be a block with a link or an id");
    return;
  }
  const { link, id } = { link: media["link"] ?? undefined, id: media["id"] ?? undefined };
  if ((link === undefined) === (id === undefined)) {
    found.add(path, "must have a link or an id, and not both");
  }
  if (id !== undefined) isText(id, [...path, "id"], found);
  if (link === undefined || !isText(link, [...path, "link"], found) || link.startsWith("{{"))
    return;
  if (!/^https?:\/\/[^\s/]+/.test(link)) found.add([...path, "link"], "must begin with https://");
}

const SECTIONS_MAX = 10;
const PRODUCTS_MAX = 30;

/** The action of a catalog, multi-product or flow button. */
function checkAction(action: Json | undefined, { path, found }: ParametersPlace): void {
  if (!isJsonObject(action)) return;
  const thumbnail = action["thumbnail_product_retailer_id"];
  if (thumbnail !== undefined) {
    isText(thumbnail, [...path, "thumbnail_product_retailer_id"], found);
  }
  const sections = action["sections"];
  if (!Array.isArray(sections)) return;
  if (sections.length > SECTIONS_MAX) {
    found.add([...path, "sections"], `must be at most ${SECTIONS_MAX} sections`);
  }
  const products = sections.flatMap((section: Json) => {
    const items = isJsonObject(section) ? section["product_items"] : null;
    return Array.isArray(items) ? (items as readonly Json[]) : [];
  });
  if (products.length > PRODUCTS_MAX) {
    found.add([...path, "sections"], `must have at most ${PRODUCTS_MAX} products in all`);
  }
}

/** WhatsApp refuses two parameters with one name. */
function checkNames(parameters: readonly Json[], path: Path, found: TemplateProblems): void {
  const names = new Set<string>();
  for (const [index, parameter] of parameters.entries()) {
    const name = isJsonObject(parameter) ? parameter["parameter_name"] : undefined;
    if (name === undefined) continue;
    const at = [...path, index, "parameter_name"];
    if (!isText(name, at, found)) continue;
    if (names.has(name)) found.add(at, `is ${name}, which another parameter already has`);
    names.add(name);
  }
}
