import { isJsonObject, type Json, type JsonObject } from "../../../core/json.ts";

/** Reading and changing single values of a campaign file's content. */

type Path = readonly string[];

export function valueAt(content: JsonObject, path: Path): Json | undefined {
  let value: Json | undefined = content;
  for (const key of path) {
    if (!isJsonObject(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

/** A value as a field shows it. */
export function textAt(content: JsonObject, path: Path): string {
  return textOf(valueAt(content, path));
}

export function textOf(value: Json | undefined): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

/** The content with another value; undefined removes the key, and blocks that are empty then. */
export function withValue(content: JsonObject, path: Path, value: Json | undefined): JsonObject {
  const [key = "", ...rest] = path;
  const { [key]: old, ...others } = content;
  const inside = isJsonObject(old) ? old : {};
  const changed = rest.length === 0 ? value : withValue(inside, rest, value);
  const isGone =
    changed === undefined ||
    (rest.length > 0 && isJsonObject(changed) && Object.keys(changed).length === 0);
  if (isGone) return others;
  // Where it was, so that the file keeps its order.
  return Object.hasOwn(content, key)
    ? { ...content, [key]: changed }
    : { ...others, [key]: changed };
}

/** What was typed into a field: nothing removes the key. */
export function typedText(text: string | null): string | undefined {
  const typed = (text ?? "").trim();
  return typed === "" ? undefined : typed;
}

/** As a number if it is one; else as typed, for the schema to refuse in its words. */
export function typedNumber(text: string | null): Json | undefined {
  const typed = typedText(text);
  if (typed === undefined) return undefined;
  const number = Number(typed);
  return Number.isFinite(number) ? number : typed;
}
