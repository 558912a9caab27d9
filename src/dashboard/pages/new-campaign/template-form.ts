import { isJsonObject, type Json, type JsonObject } from "../../../core/json.ts";
import { textAt, typedText, valueAt, withValue } from "./content.ts";
import { NO_SLOT, readSlot, type Slot, slotProblem, writeSlot } from "./slot.ts";

/**
 * The template of a campaign as the form shows it. What the form cannot show (a carousel, an
 * amount, a flow) stays in the campaign file as it is.
 */
export interface TemplateForm {
  readonly texts: Readonly<Record<TextName, string>>;
  readonly header: { readonly kind: HeaderKind; readonly slot: Slot };
  /** The variables of the body, in the order of its parameters. */
  readonly variables: readonly Variable[];
  readonly buttons: readonly Button[];
  /** Components that stay as they are. */
  readonly kept: readonly Json[];
}

interface Variable {
  /** `1` or the name of the parameter. */
  readonly name: string;
  readonly slot: Slot;
  /** Anything but a text stays as it is. */
  readonly kept: Json | null;
}

interface Button {
  readonly kind: ButtonKind | "none";
  /** Its position among all buttons, from 0, as typed. */
  readonly index: string;
  readonly slot: Slot;
}

export const HEADER_KINDS = ["none", "text", "image", "video", "document"] as const;
type HeaderKind = (typeof HEADER_KINDS)[number];

/** What each kind of button takes. */
const BUTTONS = { url: "text", quick_reply: "payload", copy_code: "coupon_code" } as const;
type ButtonKind = keyof typeof BUTTONS;
export const BUTTON_KINDS = Object.keys(BUTTONS) as readonly ButtonKind[];
const BUTTONS_SHOWN = 3;

/** Fields that are one text of the file. */
const TEXTS = {
  name: ["name"],
  number: ["number"],
  category: ["category"],
  template: ["template", "name"],
  language: ["template", "language", "code"],
  body: ["template", "preview"],
} as const;
type TextName = keyof typeof TEXTS;
const TEXT_NAMES = Object.keys(TEXTS) as readonly TextName[];

export function readTemplate(content: JsonObject): TemplateForm {
  const components = listAt(content, ["template", "components"]);
  const body = components.find((one) => typeOf(one) === "body");
  const header = components.map(readHeader).find((one) => one !== null) ?? null;
  const buttons = components.flatMap((one) => readButton(one) ?? []).slice(0, BUTTONS_SHOWN);
  const shown = { body: 0, header: 0, button: 0 };
  const kept = components.filter((one) => {
    const isShown =
      (typeOf(one) === "body" && ++shown.body === 1) ||
      (readHeader(one) !== null && ++shown.header === 1) ||
      (readButton(one) !== null && ++shown.button <= BUTTONS_SHOWN);
    return !isShown;
  });
  const texts = Object.fromEntries(
    TEXT_NAMES.map((name) => [name, textAt(content, TEXTS[name])]),
  ) as Record<TextName, string>;
  const parameters = isJsonObject(body) ? listAt(body, ["parameters"]) : [];
  return {
    texts,
    header: header ?? { kind: "none", slot: NO_SLOT },
    variables: variablesOf(texts.body, parameters.map(readParameter)),
    buttons: buttons.concat(
      Array.from({ length: BUTTONS_SHOWN - buttons.length }, () => ({
        ...{ kind: "none" as const, index: "", slot: NO_SLOT },
      })),
    ),
    kept,
  };
}

/** The form as it was sent; `before` has what it does not show. */
export function typedTemplate(fields: URLSearchParams, before: TemplateForm): TemplateForm {
  const texts = Object.fromEntries(
    TEXT_NAMES.map((name) => [name, (fields.get(name) ?? "").replaceAll("\r\n", "\n")]),
  ) as Record<TextName, string>;
  const variables = before.variables.map((one) =>
    fields.has(`v.${one.name}.text`) ? { ...one, slot: typedSlot(fields, `v.${one.name}`) } : one,
  );
  const kind = HEADER_KINDS.find((one) => one === fields.get("header.kind")) ?? "none";
  return {
    texts,
    header: { kind, slot: typedSlot(fields, "header") },
    variables: variablesOf(texts.body, variables),
    buttons: Array.from({ length: BUTTONS_SHOWN }, (_, at) => ({
      kind: BUTTON_KINDS.find((one) => one === fields.get(`b${at}.kind`)) ?? "none",
      index: (fields.get(`b${at}.index`) ?? "").trim(),
      slot: typedSlot(fields, `b${at}`),
    })),
    kept: before.kept,
  };
}

function typedSlot(fields: URLSearchParams, name: string): Slot {
  const column = fields.get(`${name}.column`) ?? "";
  return { column: column === "" ? null : column, text: fields.get(`${name}.text`) ?? "" };
}

/** The content with this template; `fields`: which field each key below `template` belongs to. */
export function writeTemplate(
  content: JsonObject,
  form: TemplateForm,
): { readonly content: JsonObject; readonly fields: ReadonlyMap<string, string> } {
  const fields = new Map<string, string>();
  const components: Json[] = [];
  const at = (): string => `template.components.${components.length}`;
  if (form.header.kind !== "none") {
    fields.set(at(), "header");
    components.push(headerOf(form.header.kind, form.header.slot));
  }
  if (form.variables.length > 0) {
    const place = at();
    form.variables.forEach(({ name }, index) => {
      fields.set(`${place}.parameters.${index}`, `v.${name}`);
    });
    components.push({ type: "body", parameters: form.variables.map(parameterOf) });
  }
  form.buttons.forEach(({ kind, index, slot }, row) => {
    if (kind === "none") return;
    fields.set(at(), `b${row}`);
    const takes = BUTTONS[kind];
    components.push({
      ...{ type: "button", sub_type: kind },
      index: /^\d$/.test(index) ? Number(index) : index,
      parameters: [{ type: takes, [takes]: writeSlot(slot) }],
    });
  });
  components.push(...form.kept);
  let written = content;
  for (const name of TEXT_NAMES)
    written = withValue(written, TEXTS[name], typedText(form.texts[name]));
  written = withValue(
    written,
    ["template", "components"],
    components.length === 0 ? undefined : components,
  );
  return { content: written, fields };
}

/** What a campaign file cannot say, by field. */
export function slotProblems(form: TemplateForm): Map<string, string[]> {
  const slots: [string, Slot][] = [
    ...form.variables.map(({ name, slot }): [string, Slot] => [`v.${name}`, slot]),
    ...(form.header.kind === "none" ? [] : [["header", form.header.slot] as [string, Slot]]),
    ...form.buttons.flatMap(({ kind, slot }, at): [string, Slot][] =>
      kind === "none" ? [] : [[`b${at}`, slot]],
    ),
  ];
  return new Map(
    slots.flatMap(([field, slot]): [string, string[]][] => {
      const problem = slotProblem(slot);
      return problem === null ? [] : [[field, [problem]]];
    }),
  );
}

/** More than a body of 1,024 characters has any use for. */
const VARIABLES_MAX = 100;
const VARIABLE = /\{\{\s*([^{}]+?)\s*\}\}/g;

/** Those that the text of the body has; without a text, those that there are. */
function variablesOf(body: string, known: readonly Variable[]): Variable[] {
  if (body.trim() === "") return [...known];
  const names = [...new Set([...body.matchAll(VARIABLE)].map(([, name = ""]) => name))];
  if (names.every((name) => /^\d+$/.test(name))) names.sort((a, b) => Number(a) - Number(b));
  return names
    .slice(0, VARIABLES_MAX)
    .map((name) => known.find((one) => one.name === name) ?? { name, slot: NO_SLOT, kept: null });
}

function readParameter(parameter: Json, index: number): Variable {
  const block = isJsonObject(parameter) ? parameter : {};
  const named = block["parameter_name"];
  const name = typeof named === "string" ? named : String(index + 1);
  const own = typeof named === "string" ? ["parameter_name"] : [];
  const isText = block["type"] === "text" && hasKeys(block, ["type", "text", ...own]);
  return {
    name,
    slot: isText ? readSlot(block["text"]) : NO_SLOT,
    kept: isText ? null : parameter,
  };
}

function parameterOf({ name, slot, kept }: Variable): Json {
  if (kept !== null) return kept;
  const named = /^\d+$/.test(name) ? {} : { parameter_name: name };
  return { type: "text", ...named, text: writeSlot(slot) };
}

/** Null: no header, or one that the form does not show. */
function readHeader(component: Json): TemplateForm["header"] | null {
  if (typeOf(component) !== "header" || !isJsonObject(component)) return null;
  const [only, ...others] = listAt(component, ["parameters"]);
  if (!isJsonObject(only) || others.length > 0) return null;
  const kind = HEADER_KINDS.find((one) => one === only["type"]);
  if (kind === undefined || kind === "none") return null;
  if (kind === "text") {
    return hasKeys(only, ["type", "text"]) ? { kind, slot: readSlot(only["text"]) } : null;
  }
  const media = only[kind];
  // An id, a file name: more than a link stays as it is.
  const isLink = isJsonObject(media) && hasKeys(media, ["link"]);
  return isLink ? { kind, slot: readSlot(media["link"]) } : null;
}

function headerOf(kind: Exclude<HeaderKind, "none">, slot: Slot): Json {
  const written = writeSlot(slot);
  const value = kind === "text" ? written : { link: written };
  return { type: "header", parameters: [{ type: kind, [kind]: value }] };
}

function readButton(component: Json): Button | null {
  if (typeOf(component) !== "button" || !isJsonObject(component)) return null;
  const kind = BUTTON_KINDS.find((one) => one === component["sub_type"]);
  const [only, ...others] = listAt(component, ["parameters"]);
  if (kind === undefined || !isJsonObject(only) || others.length > 0) return null;
  if (!hasKeys(only, ["type", BUTTONS[kind]])) return null;
  return { kind, index: textAt(component, ["index"]), slot: readSlot(only[BUTTONS[kind]]) };
}

/** Exactly these: the form would lose others. */
function hasKeys(block: JsonObject, keys: readonly string[]): boolean {
  return Object.keys(block).sort().join() === [...keys].sort().join();
}

function typeOf(component: Json): string {
  const type = isJsonObject(component) ? component["type"] : undefined;
  return typeof type === "string" ? type.toLowerCase() : "";
}

function listAt(content: JsonObject, path: readonly string[]): readonly Json[] {
  const value = valueAt(content, path);
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}
