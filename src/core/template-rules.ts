import { isJsonObject, type Json, type JsonObject } from "./json.ts";
import { oneOf, type ShapeProblem } from "./shape.ts";
import { checkParameters } from "./template-parameters.ts";
import {
  createTemplateProblems,
  isFilled,
  isText,
  type Path,
  type TemplateProblems,
} from "./template-problems.ts";

/**
 * Checks a template object before anything is sent (Meta Cloud API, "Template object" and
 * "Components"). Lenient on purpose: Meta adds fields every year, so unknown ones go to the API
 * unchecked, and only what it certainly refuses is reported.
 */
export function templateProblems(template: JsonObject): ShapeProblem[] {
  const found = createTemplateProblems();
  checkName(template["name"], found);
  checkLanguage(template["language"], found);
  const components = template["components"];
  if (components !== undefined && components !== null) {
    checkComponents(components, ["template", "components"], found);
  }
  return found.problems;
}

function checkName(name: Json | undefined, found: TemplateProblems): void {
  const path = ["template", "name"];
  if (!isText(name, path, found) || isFilled(name)) return;
  if (!/^[a-z0-9_]{1,512}$/.test(name)) {
    found.add(path, "must be lowercase letters, digits and _, as WhatsApp Manager shows it");
  }
}

function checkLanguage(language: Json | undefined, found: TemplateProblems): void {
  const path = ["template", "language"];
  if (!isJsonObject(language)) {
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
    found.add([...path, "code"], "must be a WhatsApp language code, such as en_US or pl");
  }
}

export const COMPONENT_TYPES = [
  "header",
  "body",
  "button",
  "carousel",
  "limited_time_offer",
  "tap_target_configuration",
  "order_status",
];

function checkComponents(components: Json, path: Path, found: TemplateProblems): void {
  if (!Array.isArray(components)) {
    found.add(path, "must be a list");
    return;
  }
  components.forEach((component: Json, index) => {
    const at = [...path, index];
    if (isJsonObject(component)) checkComponent(component, at, found);
    else found.add(at, "must be a block with a type");
  });
  checkPlaces(components, path, found);
  checkNamedAlike(components, path, found);
}

function checkComponent(component: JsonObject, path: Path, found: TemplateProblems): void {
  const type = component["type"];
  if (!isText(type, [...path, "type"], found) || isFilled(type)) return;
  const kind = type.toLowerCase();
  if (!COMPONENT_TYPES.includes(kind)) {
    found.add([...path, "type"], oneOf(COMPONENT_TYPES, kind) + creationOnly(kind));
    return;
  }
  if (kind === "button") checkButton(component, path, found);
  if (kind === "carousel") checkCards(component["cards"], [...path, "cards"], found);
  const subType = kind === "button" ? component["sub_type"] : null;
  const parameters = component["parameters"];
  if (parameters === undefined || parameters === null) return;
  if (!Array.isArray(parameters)) {
    found.add([...path, "parameters"], "must be a list");
    return;
  }
  checkParameters(parameters, {
    path: [...path, "parameters"],
    component: typeof subType === "string" ? `${subType.toLowerCase()} button` : kind,
    found,
  });
}

/** `footer` and `buttons` belong to the creation of a template, not to sending it. */
function creationOnly(kind: string): string {
  if (kind === "buttons") return " (write one component of type button per button with a variable)";
  return kind === "footer" ? " (a footer is fixed text: leave it out)" : "";
}

function checkButton(button: JsonObject, path: Path, found: TemplateProblems): void {
  const subType = button["sub_type"];
  if (
    isText(subType, [...path, "sub_type"], found) &&
    subType.trim().toLowerCase() === "phone_number"
  ) {
    found.add(
      [...path, "sub_type"],
      "phone_number is refused by WhatsApp (#100): a phone button has no variable, so leave it out",
    );
  }
  const index = button["index"];
  const at = [...path, "index"];
  if (index === undefined || index === null) {
    found.add(at, "is missing: it must be the button's position among all buttons, from 0");
  } else if (!(typeof index === "string" && isFilled(index)) && placeOf(button) === null) {
    found.add(at, "must be the button's position among all buttons, 0 to 9");
  }
}

/** The position of a button, or null if it is missing or not valid. */
function placeOf(button: JsonObject): string | null {
  const index = button["index"];
  const text = typeof index === "number" ? index.toString() : index;
  return typeof text === "string" && /^[0-9]$/.test(text) ? text : null;
}

function checkPlaces(components: readonly Json[], path: Path, found: TemplateProblems): void {
  const taken = new Set<string>();
  for (const [at, component] of components.entries()) {
    const type = isJsonObject(component) ? component["type"] : null;
    if (!isJsonObject(component) || typeof type !== "string" || type.toLowerCase() !== "button")
      continue;
    const place = placeOf(component);
    if (place === null) continue;
    if (taken.has(place)) {
      found.add([...path, at, "index"], `is ${place}, which another button already has`);
    }
    taken.add(place);
  }
}

function checkCards(cards: Json | undefined, path: Path, found: TemplateProblems): void {
  if (!Array.isArray(cards)) {
    found.add(path, "is missing: a carousel needs a list of 2 to 10 cards");
    return;
  }
  if (cards.length < 2 || cards.length > 10) found.add(path, "must be 2 to 10 cards");
  cards.forEach((card: Json, index) => {
    const components = isJsonObject(card) ? card["components"] : undefined;
    checkComponents(components ?? null, [...path, index, "components"], found);
  });
}

/** A template has either numbered or named variables; WhatsApp refuses a mixture. */
function checkNamedAlike(components: readonly Json[], path: Path, found: TemplateProblems): void {
  const variables = components.flatMap((component) => {
    const { type, parameters } = isJsonObject(component)
      ? component
      : { type: null, parameters: null };
    const holds = typeof type === "string" && /^(?:header|body)$/i.test(type);
    return holds && Array.isArray(parameters) ? (parameters as readonly Json[]) : [];
  });
  const texts = variables.filter(isJsonObject).filter(({ type }) => type === "text");
  const named = texts.filter((one) => one["parameter_name"] !== undefined);
  if (named.length > 0 && named.length < texts.length) {
    found.add(
      path,
      "must have a parameter_name for every text of header and body, or for none of them",
    );
  }
}
