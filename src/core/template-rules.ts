import { didYouMean } from "./nearest.ts";
import { oneOf, type ShapeProblem } from "./shape.ts";
import type { Json } from "./template.ts";

/**
 * The rules of WhatsApp's template object that can be checked before anything is sent (Meta Cloud
 * API, "Template object" and "Components"). Lenient on purpose: fields that are not known here go
 * to the API as they are, because Meta adds some every year; only what it surely refuses is told.
 */
export function templateProblems(template: Block): ShapeProblem[] {
  const found = createFindings();
  checkName(template["name"], found);
  checkLanguage(template["language"], found);
  const components = template["components"];
  if (components !== undefined && components !== null) {
    checkComponents(components, ["template", "components"], found);
  }
  return found.problems;
}

type Block = { readonly [key: string]: Json | undefined };
type Path = readonly (string | number)[];

interface Findings {
  readonly problems: ShapeProblem[];
  add(path: Path, message: string): void;
}

function createFindings(): Findings {
  const problems: ShapeProblem[] = [];
  return { problems, add: (path, message) => void problems.push({ path, message }) };
}

function checkName(name: Json | undefined, found: Findings): void {
  const path = ["template", "name"];
  if (!isText(name, path, found) || isFilled(name)) return;
  if (!/^[a-z0-9_]{1,512}$/.test(name)) {
    found.add(path, "must be lowercase letters, digits and _, as WhatsApp Manager shows it");
  }
}

function checkLanguage(language: Json | undefined, found: Findings): void {
  const path = ["template", "language"];
  if (!isBlock(language)) {
    const code = typeof language === "string" ? language : "en_US";
    found.add([...path, "code"], `is missing: write language: { code: ${code} }`);
    return;
  }
  const code = language["code"];
  if (!isText(code, [...path, "code"], found) || isFilled(code)) return;
  if (/^[a-z]{2,3}-[A-Za-z]+$/.test(code)) {
    const [tongue, region] = code.split("-");
    found.add([...path, "code"], `must be written with _: ${tongue}_${region?.toUpperCase()}`);
  } else if (!/^[A-Za-z]{2,3}(_[A-Za-z]+)*$/.test(code)) {
    found.add([...path, "code"], "must be a language code of WhatsApp, as in en_US or pl");
  }
}

const COMPONENT_TYPES = [
  "header",
  "body",
  "button",
  "carousel",
  "limited_time_offer",
  "tap_target_configuration",
  "order_status",
];

function checkComponents(components: Json, path: Path, found: Findings): void {
  if (!Array.isArray(components)) {
    found.add(path, "must be a list");
    return;
  }
  components.forEach((component: Json, index) => {
    const at = [...path, index];
    if (isBlock(component)) checkComponent(component, at, found);
    else found.add(at, "must be a block with a type");
  });
}

function checkComponent(component: Block, path: Path, found: Findings): void {
  const type = component["type"];
  if (!isText(type, [...path, "type"], found) || isFilled(type)) return;
  const kind = type.toLowerCase();
  if (!COMPONENT_TYPES.includes(kind)) {
    found.add([...path, "type"], oneOf(COMPONENT_TYPES, kind) + creationOnly(kind));
    return;
  }
  if (kind === "button") checkButton(component, path, found);
  if (kind === "carousel") checkCards(component["cards"], [...path, "cards"], found);
  const parameters = component["parameters"];
  if (parameters === undefined || parameters === null) return;
  if (!Array.isArray(parameters)) {
    found.add([...path, "parameters"], "must be a list");
    return;
  }
  parameters.forEach((parameter: Json, index) => {
    const at = [...path, "parameters", index];
    if (isBlock(parameter)) checkParameter(parameter, { path: at, kind, found });
    else found.add(at, "must be a block with a type");
  });
  checkNamed(parameters, [...path, "parameters"], found);
}

/** `footer` and `buttons` exist when a template is created, not when it is sent. */
function creationOnly(kind: string): string {
  if (kind === "buttons") return " (one component of type button for each button with a variable)";
  return kind === "footer" ? " (a footer is fixed text and is not sent)" : "";
}

function checkButton(button: Block, path: Path, found: Findings): void {
  isText(button["sub_type"], [...path, "sub_type"], found);
  const index = button["index"];
  const at = [...path, "index"];
  if (index === undefined || index === null) {
    found.add(at, "is missing: the button's place among all buttons, from 0");
  } else if (!(typeof index === "string" && isFilled(index)) && !isPlace(index)) {
    found.add(at, "must be the button's place among all buttons, 0 to 9");
  }
}

function isPlace(index: Json): boolean {
  const text = typeof index === "number" ? index.toString() : index;
  return typeof text === "string" && /^[0-9]$/.test(text);
}

function checkCards(cards: Json | undefined, path: Path, found: Findings): void {
  if (!Array.isArray(cards)) {
    found.add(path, "is missing: a carousel has a list of 2 to 10 cards");
    return;
  }
  if (cards.length < 2 || cards.length > 10) found.add(path, "must be 2 to 10 cards");
  cards.forEach((card: Json, index) => {
    const components = isBlock(card) ? card["components"] : undefined;
    checkComponents(components ?? null, [...path, index, "components"], found);
  });
}

interface ParameterPlace {
  readonly path: Path;
  /** The type of the component it belongs to. */
  readonly kind: string;
  readonly found: Findings;
}

function checkParameter(parameter: Block, { path, kind, found }: ParameterPlace): void {
  const type = parameter["type"];
  if (!isText(type, [...path, "type"], found)) return;
  if (type === "text") checkText(parameter["text"], { path: [...path, "text"], kind, found });
  if (type === "image" || type === "video" || type === "document") {
    checkMedia(parameter[type], [...path, type], found);
  }
  if (type === "payload") isText(parameter["payload"], [...path, "payload"], found);
  if (type === "coupon_code") isText(parameter["coupon_code"], [...path, "coupon_code"], found);
  if (!PARAMETER_TYPES.includes(type)) {
    const near = didYouMean(type, PARAMETER_TYPES);
    // A type that is like none of these may be a new one of Meta's: it goes to the API unread.
    if (near !== "") found.add([...path, "type"], `is not a known parameter type${near}`);
  }
}

const PARAMETER_TYPES = [
  "text",
  "image",
  "video",
  "document",
  "location",
  "product",
  "currency",
  "date_time",
  "payload",
  "coupon_code",
  "action",
  "limited_time_offer",
  "order_status",
];

function checkText(text: Json | undefined, { path, kind, found }: ParameterPlace): void {
  if (!isText(text, path, found) || isFilled(text)) return;
  if (/[\n\r\t\u2028\u2029]| {5}/.test(text)) {
    found.add(path, "has a line break, a tab or more than 4 spaces, which WhatsApp refuses");
  }
  const longest = kind === "header" ? 60 : 32_768;
  if (text.length > longest) found.add(path, `must have at most ${longest} characters`);
}

function checkMedia(media: Json | undefined, path: Path, found: Findings): void {
  if (!isBlock(media)) {
    found.add(path, "is missing: a block with a link or an id");
    return;
  }
  const { link, id } = { link: media["link"] ?? undefined, id: media["id"] ?? undefined };
  if ((link === undefined) === (id === undefined)) {
    found.add(path, "must have a link or an id, and not both");
  }
  if (id !== undefined) isText(id, [...path, "id"], found);
  if (link === undefined || !isText(link, [...path, "link"], found) || isFilled(link)) return;
  if (!/^https?:\/\/[^\s/]+/.test(link)) found.add([...path, "link"], "must begin with https://");
}

/** A template is made with numbered or with named variables; WhatsApp refuses a mixture. */
function checkNamed(parameters: readonly Json[], path: Path, found: Findings): void {
  const named = parameters.filter((one) => isBlock(one) && one["parameter_name"] !== undefined);
  if (named.length > 0 && named.length < parameters.length) {
    found.add(path, "must all have a parameter_name, or none of them");
  }
}

function isText(value: Json | undefined, path: Path, found: Findings): value is string {
  if (typeof value === "string" && value.trim() !== "") return true;
  if (typeof value === "string") found.add(path, "must not be empty");
  else if (value === undefined || value === null) found.add(path, "is missing: it must be text");
  else if (typeof value === "object") found.add(path, "must be text");
  else found.add(path, "must be text: put quotes around it");
  return false;
}

/** Its value is known per row only. */
function isFilled(text: string): boolean {
  return text.includes("{{");
}

function isBlock(value: unknown): value is Block {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
