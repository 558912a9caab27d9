/** Where an entry of the list of opt-outs comes from, as it is stored in the entry's value. */
import { CODES } from "../../core/error-codes.ts";

/** How an entry came to be: reported by WhatsApp (131050), added by a person, or in a file. */
export const OPT_OUT_ORIGINS = ["whatsapp", "hand", "import"] as const;
export type OptOutOrigin = (typeof OPT_OUT_ORIGINS)[number];

/** A source is a word or two; a longer one is cut. */
const SOURCE_LENGTH_MAX = 100;

interface StoredSource {
  /** Null: an earlier version did not note it. */
  readonly origin: OptOutOrigin | null;
  readonly who: string;
  readonly source: string;
}

interface SourceGiven {
  readonly origin?: OptOutOrigin;
  readonly who?: string;
  readonly source: string;
}

/** Between the parts of a stored source. It cannot occur in one that an earlier version wrote. */
const SEPARATOR = "\u001f";
const BY_WHATSAPP = String(CODES.optedOut);

/** `origin`, who and source, with separators between; or the source alone. */
export function sourceField({ origin, who = "", source }: SourceGiven): string {
  return origin === undefined ? tidy(source) : [origin, tidy(who), tidy(source)].join(SEPARATOR);
}

export function readSource(text: string): StoredSource {
  const [name, who, source] = text.split(SEPARATOR);
  if (who === undefined || source === undefined) {
    const isHeard = text.startsWith(`${BY_WHATSAPP} `);
    return { origin: isHeard ? "whatsapp" : null, who: "", source: text };
  }
  return { origin: OPT_OUT_ORIGINS.find((one) => one === name) ?? null, who, source };
}

function tidy(source: string): string {
  return source
    .replace(/\p{Cc}+/gu, " ")
    .trim()
    .slice(0, SOURCE_LENGTH_MAX);
}
