/**
 * Looks for people in whatever JSON the API lists, because its shape is not documented: every text
 * and whole number in it that reads as the phone of a wanted row, also within a wamid (which has it
 * in base64), and every text that is the id of one. It shows what it found with what stands beside
 * it, and decides nothing: an entry about a person may be about another message.
 *
 *     { "data": [ { "id": "m1", "to": "48600700800", "status": "sent" } ] }
 *       -> row 42, by its phone, at data[0].to, beside { id: "m1", status: "sent" }
 */
import { foldPhone } from "../core/recipient.ts";

/** A row to look for. */
export interface WantedRow {
  readonly row: number;
  /** Digits with the country code. */
  readonly phone: string;
  /** An id that the API gave an attempt; null if none is known. */
  readonly wamid: string | null;
}

export interface FoundInAnswer {
  readonly row: number;
  readonly by: "phone" | "id";
  /** Where it stands: `data[0].to`. */
  readonly path: string;
  /** Plain values of the same object, without those that hold the phone or the id. */
  readonly beside: Readonly<Record<string, string | number | boolean | null>>;
}

export interface Found {
  readonly found: readonly FoundInAnswer[];
  /** More were found than are shown. */
  readonly isCut: boolean;
}

const FOUND_MAX = 1_000;
const BESIDE_MAX = 12;
const TEXT_MAX = 120;
/** E.164 has at most 15 digits; shorter than 8 is never a number with its country code. */
const PHONE = /^\+?\d{8,15}$/;
const PHONE_WITHIN = /\d{8,15}/;

/** `answer` is parsed JSON, which the client bounds in bytes. */
export function findInAnswer(answer: unknown, rows: readonly WantedRow[]): Found {
  const byPhone = new Map(rows.map(({ row, phone }) => [foldPhone(phone), row]));
  const byId = new Map(rows.flatMap(({ row, wamid }) => (wamid === null ? [] : [[wamid, row]])));
  const found: FoundInAnswer[] = [];

  const match = (value: unknown): Pick<FoundInAnswer, "row" | "by"> | undefined => {
    if (typeof value !== "string" && !Number.isSafeInteger(value)) return undefined;
    const text = String(value).trim();
    const byItsId = byId.get(text);
    if (byItsId !== undefined) return { row: byItsId, by: "id" };
    const phone = phoneOf(text);
    const row = phone === undefined ? undefined : byPhone.get(foldPhone(phone));
    return row === undefined ? undefined : { row, by: "phone" };
  };

  // By hand and not by recursion: an answer may be nested as deeply as its bytes allow.
  const waiting: { readonly value: unknown; readonly path: string }[] = [
    { value: answer, path: "" },
  ];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value, path } = next;
    if (value === null || typeof value !== "object") continue;
    const isList = Array.isArray(value);
    for (const [key, inside] of Object.entries(value)) {
      const at = isList ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
      const matched = match(inside);
      if (matched !== undefined) {
        if (found.length === FOUND_MAX) return { found: inOrder(found), isCut: true };
        found.push({ ...matched, path: at, beside: isList ? {} : besideOf(value, match) });
      }
      waiting.push({ value: inside, path: at });
    }
  }
  return { found: inOrder(found), isCut: false };
}

function inOrder(found: FoundInAnswer[]): FoundInAnswer[] {
  return found.sort((a, b) => a.row - b.row || (a.path < b.path ? -1 : 1));
}

/** The digits of a text that is a phone number, or of a wamid that holds one. */
function phoneOf(text: string): string | undefined {
  const plain = text.replace(/[\s().-]/g, "");
  if (PHONE.test(plain)) return plain.replace("+", "");
  if (!text.startsWith("wamid.")) return undefined;
  return PHONE_WITHIN.exec(
    Buffer.from(text.slice("wamid.".length), "base64").toString("latin1"),
  )?.[0];
}

function besideOf(object: object, match: (value: unknown) => unknown): FoundInAnswer["beside"] {
  const beside: Record<string, string | number | boolean | null> = Object.create(null);
  for (const [key, value] of Object.entries(object)) {
    if (Object.keys(beside).length === BESIDE_MAX) break;
    if (value !== null && typeof value === "object") continue;
    if (match(value) !== undefined) continue;
    beside[key] = typeof value === "string" ? value.slice(0, TEXT_MAX) : (value as number);
  }
  return beside;
}
