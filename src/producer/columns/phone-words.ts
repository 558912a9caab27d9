import { foldColumnName } from "../../core/columns.ts";

/**
 * What the name of a column says about phones in it. It only proposes; the cells decide
 * (phone-column.ts), so a word too many here sends no message.
 *
 * - `phone`: phones, as in "WhatsApp", "Nr telefonu", "Billing Phone".
 * - `others_phone`: phones of a person other than the recipient, as in "Agent phone".
 * - `others`: something else of another person, as in "Company ID".
 * - `fax`: phones that cannot receive messages.
 * - `perhaps`: only vague words, as in "number" or "Contact".
 * - `nothing`: any other name, such as "Order number": orders have numbers too.
 */
export type NameKind = "phone" | "others_phone" | "others" | "fax" | "perhaps" | "nothing";

export function kindOfName(name: string): NameKind {
  const words = wordsOf(name);
  const isOthers = words.some((word) => OTHER_PERSON.test(word));
  if (words.some(saysPhone)) return isOthers ? "others_phone" : "phone";
  if (words.some((word) => word.includes("fax"))) return "fax";
  if (isOthers) return "others";
  return words.length > 0 && words.every((word) => SAYS_LITTLE.has(word)) ? "perhaps" : "nothing";
}

/**
 * `Phone_number (mobile)`, `phoneNumber` and `PHONE` as words without accents. A name in mixed case
 * is split both ways: WhatsApp is one word, phoneNumber are two.
 */
function wordsOf(name: string): string[] {
  const split = name.replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2");
  const parts = split.split(SEPARATORS).filter((part) => part !== "");
  const whole = name.split(SEPARATORS).filter((part) => part !== "" && !parts.includes(part));
  const known = whole.map(plain).filter((word) => saysPhone(word) || word.includes("fax"));
  return [...parts.map(plain), ...known];
}

const SEPARATORS = /[^\p{L}\p{M}]+/u;

function plain(word: string): string {
  return foldColumnName(word).normalize("NFD").replace(/\p{M}/gu, "");
}

function saysPhone(word: string): boolean {
  return PHONE_WORDS.has(word) || (PHONE_PARTS.test(word) && !word.includes("fax"));
}

/** Words without accents, in the languages of common lists. */
const PHONE_WORDS = new Set(
  (
    "tel tels telf telp telno telnr tlf tlfn tfn tfno tfnr cel cell cells cellno mob mobno mobitel " +
    "mobiel fon ffon fone foon gsm msisdn sms hp nohp ph phno simi simu talrunis " +
    "wa waid viber cep movil moviles portable ponsel seluler natel mobiil kom komorka komorki komorkowy komorkowa " +
    "rufnummer sdt sđt thoai " +
    "τηλ κινητο тел моб сот сотовый сотовыи мобильный мобильныи мобильныий мобільний мобiльний " +
    "ватсап вотсап вацап"
  )
    .split(" ")
    .map(plain),
);

/** Parts of compounds, and words of scripts without spaces or with prefixed articles. */
const PHONE_PARTS = new RegExp(
  [
    "phone(?!t)|telef|telep|telemov|^mobil|mobilnummer|handy|cellul|celul|celph|whats|watsap|puhelin|selfoon",
    "телефон|мобил|мобіл|τηλεφων|הטלפון|טלפון|נייד|פלאפון|סלולר|ווטסאפ|וואטסאפ|ווצאפ",
    "هاتف|جوال|موبايل|محمول|تليفون|تلفون|واتس|نقال|تلفن|موبایل|همراه|ტელეფონ|հեռախոս",
    "फोन|मोबाइल|电话|電話|手机|手機|携帯|전화|휴대|핸드폰|โทรศัพท์|มือถือ|เบอร์",
  ]
    .join("|")
    .normalize("NFD")
    .replace(/\p{M}/gu, ""),
  "u",
);

/** Beginnings of words that name the phone's owner. */
const OTHER_PERSON = new RegExp(
  `^(?:${[
    // Family and neighbours; emergency contacts.
    "spouse|conjoint|conyuge|malzon|ehe(?:partner|mann|frau)|mother|father|kin$|neighbo|friend",
    "emergenc|emergenz|urgenc|notfall|awaryjn|alarmow|nouzov|acil$|darurat|экстренн|екстрен|طوار|חירום",
    // Who sold, sends, handles or recorded the row.
    "agent|agenc|agen$|makler|broker|acente|агент|وكيل|סוכן|assist|asist|asyst|sekret|secretar|manager",
    "menedz|opiekun|doradc|przedstawiciel|handlow|sales|seller|sprzedaw|satici|sender|owner|referr",
    "polecaj|vendor|supplier|dostawc|lieferant|proveedor|fournisseur|fornit|fornec|поставщ|courier",
    "kurier|driver|kierowc|fahrer|doctor|doktor|lekarz|support|hotline|infolini",
    // The switchboard of a place.
    "compan|firm|empres|entrepris|societ|aziend|spolecnost|sirket|unternehm|organi[sz]a|account$",
    "компан|شرك|חברה|perusahaan|store$|shop$|branch|sklep|filial",
  ].join("|")})`,
  "u",
);

/** Alone they may mean a phone; an order number has another word beside it. */
const SAYS_LITTLE = new Set(
  (
    "to number numbers num no nr numer numery nummer numero номер nomor numara numarasi cislo szam " +
    "رقم מספר contactno contact contacts kontakt kontakty kontaktu kontaktowy kontaktnummer contacto contato " +
    "contatto iletisim контакт recipient recipients odbiorca empfanger destinatario destinataire " +
    "alici получатель de di du do of the my"
  )
    .split(" ")
    .map(plain),
);
