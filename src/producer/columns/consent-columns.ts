/**
 * Columns that say whether a person wants messages: "Opt-in" with a "no", "Unsubscribed" with a
 * "1", or any status with an "opted out". A CRM keeps an opt-out there and exports the person all
 * the same. What is said of e-mail alone does not count.
 */
import { plainWords } from "./plain-words.ts";
import type { Column } from "./seen-columns.ts";

/** What such a column may say of a person. */
type Consent = "wants" | "declines";

export interface ConsentColumn extends Column {
  /** Null: the cell says neither. */
  readonly consentIn: (cell: string) => Consent | null;
}

/** `rows`: the first ones of the list. */
export function findConsentColumns(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
): readonly ConsentColumn[] {
  return columns.flatMap((name, index) => {
    const kind = kindOf(name);
    if (kind === "other") return [];
    if (kind === "unnamed" && !rows.some((row) => mayDecline(row[index] ?? ""))) return [];
    return [{ index, name, consentIn: remembered((cell) => consentIn(kind, cell)) }];
  });
}

/** What a row says of its person, and in which column; one that declines counts before others. */
export function saidIn(
  columns: readonly ConsentColumn[],
  cells: readonly string[],
): { readonly consent: Consent; readonly column: ConsentColumn } | null {
  let wants: ConsentColumn | null = null;
  for (const column of columns) {
    const consent = column.consentIn(cells[column.index] ?? "");
    if (consent === "declines") return { consent, column };
    if (consent === "wants") wants ??= column;
  }
  return wants === null ? null : { consent: "wants", column: wants };
}

/**
 * - `asks`: its "no" is an opt-out, as in "Accepts SMS marketing"
 * - `declines`: its "yes" is one, as in "Unsubscribed"
 * - `unnamed`: only a whole word in a cell says so, as in "Status"
 * - `other`: of e-mail or post
 */
type Kind = "asks" | "declines" | "unnamed" | "other";

function kindOf(name: string): Kind {
  const joined = plain(name).replaceAll(" ", "");
  if (BY_OTHER_WAYS.test(joined) && !BY_PHONE.test(joined)) return "other";
  const [declines, asks] = [DECLINES.test(joined), ASKS.test(joined)];
  if (declines && !asks) return "declines";
  return asks && !declines ? "asks" : "unnamed";
}

function consentIn(kind: Kind, cell: string): Consent | null {
  const text = plain(cell);
  if (declinesByItself(text)) return "declines";
  if (WANTS_BY_ITSELF.has(text)) return "wants";
  if (kind === "unnamed") return null;
  if (NO.has(text)) return kind === "asks" ? "declines" : "wants";
  if (YES.has(text) || TICK.test(cell)) return kind === "asks" ? "wants" : "declines";
  // "Opted out at" holds the time at which it happened; "opted in at" may be long ago.
  if (kind === "declines" && DATE.test(cell)) return "declines";
  return kind === "asks" && REFUSED.has(text) ? "declines" : null;
}

/** A list may have thousands of columns, whose cells are mostly other words. */
function mayDecline(cell: string): boolean {
  return SOUNDS_SO.test(cell) && declinesByItself(plain(cell));
}

const SOUNDS_SO =
  /opt|scri[bt]|[ck]onta[ckt]|disturb|message|abge|abbe|werbung|abon|wypis|baja|descad|afgem|uitg|отпис/i;

/** `Opted out (2026-01-31)` too. */
function declinesByItself(text: string): boolean {
  return DECLINES_BY_ITSELF.has(text.replace(/(?: \d+)+$/, ""));
}

function plain(text: string): string {
  return text.length > LENGTH_MAX ? "" : plainWords(text);
}

/** Longer cells are no answers. */
const LENGTH_MAX = 64;

/** Few answers are different, and a list may have millions of rows. */
function remembered(read: (cell: string) => Consent | null): ConsentColumn["consentIn"] {
  const known = new Map<string, Consent | null>();
  return (cell) => {
    const before = known.get(cell);
    if (before !== undefined) return before;
    const consent = read(cell);
    if (known.size < REMEMBERED_MAX) known.set(cell, consent);
    return consent;
  };
}

const REMEMBERED_MAX = 1_000;

/** Joined names, in the languages of common lists. */
const ASKS =
  /opt(?:ed)?in|consen[ts]|(?<!un)subscribed|accepts|permission|einwillig|zustimm|einverstand|zgod|autoriza(?!d)|aceita|acepta|accetta|(?:pazarlama|iletisim|sms|whatsapp)(?:izni|izin|onay)|согласи|згод|toestemming|samtyck|samtykk|souhlas|suhlas|hozzajarul|persetuj|موافق/u;
const DECLINES =
  /opt(?:ed)?out|unsubscri|donot(?:call|contact|disturb|sms|text|message|whatsapp)|^dn[cd](?:status)?$|dontcontact|abgemeldet|abmeldung|widerspr|widerrufen|keinewerbung|nichtkontaktieren|wypisan|rezygnac|sprzeciw|desinscri|desabonn|nepascontacter|opposition|nocontactar|nomolestar|(?:dadode|darsede|fechade|de)baja$|^baja$|naocontatar|naoperturb|descadastr|disiscri|noncontattare|отпис|відпис|afgemeld|uitgeschreven|odhlasen/u;
const BY_OTHER_WAYS = /mail|newsletter|fax|post(?!paid)|letter|brief/u;
const BY_PHONE = /whatsapp|sms|phone|mobil|handy|telefon|телефон/u;

function words(text: string): ReadonlySet<string> {
  return new Set(text.split("|").map(plain));
}

/** What needs no name of a column. */
const DECLINES_BY_ITSELF = words(
  "opted out|opt out|optout|unsubscribed|unsubscribe|never subscribed|not subscribed|do not contact|" +
    "do not disturb|do not message|abgemeldet|abbestellt|keine werbung|nicht kontaktieren|désinscrit|" +
    "désinscrite|désabonné|désabonnée|ne pas contacter|wypisany|wypisana|wypisano|nie kontaktować|" +
    "dado de baja|dada de baja|no contactar|descadastrado|descadastrada|não contatar|disiscritto|" +
    "disiscritta|non contattare|afgemeld|uitgeschreven|отписан|отписана|отписался|отписалась|" +
    "abonelikten çıktı",
);
const WANTS_BY_ITSELF = words("opted in|opt in|optin|subscribed");
const NO = words(
  "no|n|false|0|off|nein|nie|non|não|hayır|нет|ні|ne|nee|nej|nei|nem|tidak|لا|falsch|fałsz|faux|" +
    "falso|onwaar|yanlış|ложь",
);
const YES = words(
  "yes|y|true|1|on|x|ja|j|tak|oui|sí|si|s|sim|evet|да|так|ano|igen|ya|نعم|wahr|prawda|vrai|" +
    "verdadero|verdadeiro|vero|waar|doğru|истина",
);
/** In a column that asks, these can be said of nothing else. */
const REFUSED = words(
  "declined|denied|refused|rejected|revoked|withdrawn|abgelehnt|verweigert|widerrufen|widersprochen|" +
    "refusé|odmowa|cofnięta|cofnięto|rechazado|recusado|rifiutato|revocato|reddetti|отказ|stop",
);
const TICK = /^\s*[✓✔☑✅]/u;
const DATE = /^\s*(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{2,4})(?!\d)/;
