import { describe, expect, it } from "vitest";
import { findPhoneColumn } from "../../../src/producer/columns/phone-column.ts";
import { lookAtColumns } from "../../../src/producer/columns/seen-columns.ts";
import { createPhoneFinder } from "../../../src/producer/phones/phone-reader.ts";
import { checkText } from "../import/check-text.ts";

/** Columns with the cells of their first rows, as a list of Poland has them. */
function find(columns: Record<string, string[]>, wanted: string | null = null) {
  const cells = Object.values(columns);
  const rows = (cells[0] ?? []).map((_, row) => cells.map((column) => column[row] ?? ""));
  const sample = { rows, readPhone: createPhoneFinder("PL") };
  return findPhoneColumn(lookAtColumns(Object.keys(columns), sample), wanted);
}

/** Phones as they are surely meant, digits that read as a phone, and words. */
const PHONES = ["+48 600 105 000", "+48600105001", "+48 600 105 002"];
const OTHER_PHONES = ["+48 22 123 45 60", "+48221234561", "+48 22 123 45 62"];
const DIGITS = ["33612345670", "33612345671", "33612345672"];
const NAMES = ["Ann", "Bob", "Cid"];
const NONE = ["", "", ""];

describe("the phone column", () => {
  it.each([
    "phone",
    "Phone Number",
    "phoneNumber",
    "PHONE",
    "Telefon",
    "Nr telefonu",
    "Numer telefonu komórkowego",
    "mobilePhone",
    "MSISDN",
    "whatsapp",
    "WhatsApp",
    "WhatsApp Phone Number",
    "wa_id",
    "Teléfono móvil",
    "te\u0301le\u0301phone",
    "Numéro de téléphone portable",
    "Handynummer",
    "Natel-Nr.",
    "Mobiil",
    "Mobilfunknummer",
    "Telefon-Nr.",
    "Cellulare",
    "Celular",
    "Telemóvel",
    "Mobilní telefon",
    "Telefonní číslo",
    "Cep telefonu",
    "TELEFON NUMARASI",
    "Telefonszám",
    "Телефон",
    "Мобильный номер",
    "Номер телефону",
    "رقم الهاتف",
    "جوال",
    "מספר טלפון",
    "נייד",
    "No. HP",
    "Nomor Telepon",
    "手机号码",
    "휴대폰번호",
    "Broj telefona",
    "Mobitel",
    "Telefoon",
    "Mobiel nummer",
    "Puhelinnumero",
    "Κινητό",
    "موبایل",
    "Ph. No.",
    "Billing Phone",
    "Primary Phone",
    "Phone 1 - Value",
    "Tel/Fax",
    "SMS Phone Number",
  ])("called %j is guessed by its name", (name) => {
    expect(find({ name: NAMES, [name]: PHONES, ref: DIGITS })).toMatchObject({
      ok: true,
      value: { name, guessed: "name", candidates: [] },
    });
  });

  it.each(["to", "numer", "Number", "Kontakt", "Contact number", "Odbiorca", "Número de contacto"])(
    "called %j is guessed by its name when it holds phones, and not when it holds others",
    (name) => {
      expect(find({ name: NAMES, [name]: DIGITS })).toMatchObject({
        ok: true,
        value: { name, guessed: "name" },
      });
      expect(find({ name: NAMES, [name]: ["12", "13", "14"] })).toMatchObject({
        ok: false,
        refusal: { code: "phone_column_unclear" },
      });
    },
  );

  it("is the one the campaign names, whatever its case and whatever else holds phones", () => {
    const columns = { phone: PHONES, "Second Phone": OTHER_PHONES };

    expect(find(columns, "second phone")).toEqual({
      ok: true,
      value: { index: 1, name: "Second Phone", guessed: null, candidates: [] },
    });
  });

  it.each<[string, Record<string, string[]>, string]>([
    ["a full one beside an empty one", { Phone: NONE, WhatsApp: PHONES }, "WhatsApp"],
    ["phones beside countries", { "Phone Country": ["PL", "PL", "DE"], Phone: PHONES }, "Phone"],
    ["phones beside codes", { "Phone country code": ["48", "48", "+49"], Tel: PHONES }, "Tel"],
    [
      "phones beside types",
      { "Phone 1 - Type": NAMES, "Phone 1 - Value": PHONES },
      "Phone 1 - Value",
    ],
    ["phones beside models", { iPhone: ["iPhone 12", "14 Pro", ""], Mobile: PHONES }, "Mobile"],
    [
      "phones beside dates",
      { "Phone verified": ["2026-01-31 10:00:00", "31.01.2026", "1769853600"], Phone: PHONES },
      "Phone",
    ],
    [
      "phones beside answers",
      { "SMS opt-in": ["yes", "no", ""], "SMS number": PHONES },
      "SMS number",
    ],
    ["phones beside a fax", { Phone: PHONES, "Fax Number": OTHER_PHONES }, "Phone"],
    ["phones beside orders", { "Order number": DIGITS, WhatsApp: PHONES }, "WhatsApp"],
    ["phones beside taxes", { NIP: ["5261040828", "", ""], Telefon: PHONES }, "Telefon"],
    ["phones beside customers", { "Customer ID": DIGITS, Phone: PHONES }, "Phone"],
    ["the few that are there", { Phone: ["", "", "+48600105000"], name: NAMES }, "Phone"],
    ["phones without their country", { Phone: ["600", "600105000", "x"], ID: DIGITS }, "Phone"],
    ["phones that are damaged", { Phone: ["4.86E+10", "####", ""], ID: DIGITS }, "Phone"],
    ["two in each cell", { Phone: ["22 601 12 34/35", "", ""], ID: DIGITS }, "Phone"],
    ["what is written with a plus", { name: NAMES, whom: PHONES }, "whom"],
  ])("is %s", (_, columns, name) => {
    expect(find(columns)).toMatchObject({ ok: true, value: { name } });
  });

  it.each<[string, Record<string, string[]>, string[]]>([
    ["Phone and WhatsApp", { Phone: OTHER_PHONES, WhatsApp: PHONES }, ["Phone", "WhatsApp"]],
    [
      "phone and mobile",
      { phone: OTHER_PHONES, mobile: ["", "+48600105000", ""] },
      ["phone", "mobile"],
    ],
    [
      "Phone and Phone 2",
      { Phone: PHONES, "Phone 2": ["", "", "600105009"] },
      ["Phone", "Phone 2"],
    ],
    [
      "Billing and Shipping",
      { "Billing Phone": PHONES, "Shipping Phone": OTHER_PHONES },
      ["Billing Phone", "Shipping Phone"],
    ],
    [
      "one unreadable",
      { Phone: ["601 123 456/457", "", ""], WhatsApp: PHONES },
      ["Phone", "WhatsApp"],
    ],
    ["one damaged", { Phone: ["4.86E+10", "", ""], WhatsApp: PHONES }, ["Phone", "WhatsApp"]],
    ["a contact", { Phone: PHONES, Contact: DIGITS }, ["Phone", "Contact"]],
    ["another with a plus", { Phone: PHONES, Home: OTHER_PHONES }, ["Phone", "Home"]],
    [
      "somebody else",
      { Phone: PHONES, "Emergency phone": OTHER_PHONES },
      ["Phone", "Emergency phone"],
    ],
    ["two by contents", { a: PHONES, b: OTHER_PHONES }, ["a", "b"]],
    ["garbage called phone", { phone: ["12345", "x", ""], contact: PHONES }, ["contact", "phone"]],
    ["two empty ones", { phone: NONE, mobile: NONE, name: NAMES }, ["phone", "mobile"]],
  ])("is not guessed between two: %s", (_, columns, names) => {
    const found = find(columns);

    expect(found).toMatchObject({ ok: false, refusal: { code: "phone_column_unclear" } });
    if (found.ok) return;
    for (const name of names) {
      expect(found.refusal.message).toContain(`"${name}"`);
      expect(found.refusal.fix).toContain(`{ to: ${name} }`);
    }
  });

  it.each([
    "Order number",
    "Customer ID",
    "Kundennummer",
    "Numer klienta",
    "Tax number",
    "NIP",
    "REGON",
    "PESEL",
    "IBAN",
    "Account no.",
    "id",
    "Fax",
    "ref",
  ])("is not %j, although its digits read as phones", (name) => {
    const found = find({ name: NAMES, [name]: DIGITS });

    expect(found).toMatchObject({ ok: false, refusal: { code: "phone_column_unclear" } });
    if (!found.ok) expect(found.refusal.message).toContain(`"${name}"`);
  });

  it.each([
    "Emergency phone",
    "Notfallnummer",
    "Teléfono de emergencia",
    "Telefon alarmowy",
    "Agent phone",
    "Telefon agenta",
    "Assistant's Phone",
    "Company phone",
    "Firmentelefon",
    "Telefon firmy",
    "Téléphone de l'entreprise",
    "Contact owner",
    "Driver mobile",
    "Next of kin phone",
    "Spouse's mobile",
  ])("is not %j by itself: they may be somebody else's", (name) => {
    const found = find({ name: NAMES, [name]: PHONES });

    expect(found).toMatchObject({ ok: false, refusal: { code: "phone_column_unclear" } });
    if (!found.ok) expect(found.refusal.fix).toContain("If they are");
  });

  it.each(["Phone Country", "iPhone", "WhatsApp opt-in", "Phone Type"])(
    "is not %j, which holds words",
    (name) => {
      expect(find({ name: NAMES, [name]: ["PL", "DE", "Poland"] })).toMatchObject({
        ok: false,
        refusal: { code: "phone_column_unclear" },
      });
    },
  );

  it("is taken by its name where no row says otherwise", () => {
    expect(find({ phone: [], name: [] })).toMatchObject({ ok: true, value: { name: "phone" } });
    expect(find({ number: [], name: [] })).toMatchObject({ ok: true, value: { name: "number" } });
    expect(find({ phone: NONE, ID: DIGITS })).toMatchObject({ ok: true, value: { name: "phone" } });
  });

  it("that the list lacks is refused with the nearest name", () => {
    const found = find({ phone: PHONES, name: NAMES }, "fone");

    expect(found).toMatchObject({ ok: false, refusal: { code: "phone_column_unknown" } });
    if (!found.ok) expect(found.refusal.message).toContain('did you mean "phone"?');
  });

  it("is not guessed where no name says so; the columns are named", () => {
    const found = find({ name: NAMES, city: NAMES, Tomorrow: NAMES });

    expect(found).toMatchObject({ ok: false, refusal: { code: "phone_column_missing" } });
    if (!found.ok) expect(found.refusal.message).toContain("name, city, Tomorrow");
  });

  it("is written so in the advice that a campaign file can be read with it", () => {
    const found = find({ "Phone 1 - Value": PHONES, "Phone: home": OTHER_PHONES });

    if (!found.ok) expect(found.refusal.fix).toContain('{ to: "Phone: home" }');
    expect(found.ok).toBe(false);
  });
});

it("a second phone column that begins far below refuses the list, and nothing of it is sent", async () => {
  const rows = Array.from({ length: 3_000 }, (_, at) => `Ann,486001${at + 10_000},`);
  const list = `name,phone,mobile\n${rows.join("\n")}\nBob,+48600105000,+48 600 105 001\n`;

  const unclear = await checkText(list);
  const named = await checkText(list, { recipients: { to: "phone" } });

  expect(unclear).toMatchObject({ ok: false, refusal: { code: "phone_column_unclear" } });
  if (!unclear.ok) expect(unclear.refusal.message).toContain("from line 3002 on");
  expect(named).toMatchObject({ ok: true, report: { rows: 3_001 } });
});
