import { describe, expect, it } from "vitest";
import { findConsentColumns, saidIn } from "../../../src/producer/columns/consent-columns.ts";
import { checkText } from "../import/check-text.ts";

/** What a list of one column says of the person in each of its rows. */
function said(name: string, ...cells: string[]) {
  const rows = cells.map((cell) => [cell]);
  const [column] = findConsentColumns([name], rows);
  return cells.map((cell) => column?.consentIn(cell) ?? null);
}

describe("A column that asks whether a person wants messages", () => {
  it.each([
    ["opt_in", "no"],
    ["OptIn", "FALSE"],
    ["WhatsApp opt-in", "0"],
    ["Accepts SMS Marketing", "no"],
    ["SMS Marketing Consent", "UNSUBSCRIBED"],
    ["SMS Marketing Consent", "NEVER_SUBSCRIBED"],
    ["Einwilligung WhatsApp", "nein"],
    ["Werbeeinwilligung", "widerrufen"],
    ["Zgoda marketingowa", "NIE"],
    ["Consentement", "non"],
    ["Consentimiento", "No"],
    ["Aceita receber mensagens", "Não"],
    ["SMS izni", "HAYIR"],
    ["Согласие на рассылку", "нет"],
    ["E-mail and WhatsApp consent", "opted out"],
  ])("%s declines with %s", (name, cell) => {
    expect(said(name, cell)).toEqual(["declines"]);
  });

  it.each([
    ["opt_in", "yes"],
    ["SMS Marketing Consent", "SUBSCRIBED"],
    ["Zgoda", "TAK"],
    ["Zgoda", "✓"],
  ])("%s agrees with %s", (name, cell) => {
    expect(said(name, cell)).toEqual(["wants"]);
  });

  it.each(["", " ", "maybe", "unknown", "12", "2026-01-31 10:00"])(
    "says nothing with '%s'",
    (cell) => {
      expect(said("opt_in", cell)).toEqual([null]);
    },
  );
});

describe("A column that names an opt-out", () => {
  it.each([
    ["Unsubscribed", "1"],
    ["Opted out", "true"],
    ["Do Not Call", "1"],
    ["doNotContact", "Yes"],
    ["DND", "Y"],
    ["Unsubscribed at", "2026-01-31T10:00:00Z"],
    ["Abgemeldet am", "31.01.2026"],
    ["Keine Werbung", "x"],
    ["Wypisany", "tak"],
    ["Désinscrit", "oui"],
    ["Dado de baja", "sí"],
  ])("%s declines with %s", (name, cell) => {
    expect(said(name, cell)).toEqual(["declines"]);
  });

  it.each([
    ["Unsubscribed", "0"],
    ["Do Not Call", "No"],
    ["Abgemeldet", "nein"],
  ])("%s agrees with %s", (name, cell) => {
    expect(said(name, cell)).toEqual(["wants"]);
  });
});

describe("Any other column", () => {
  it("declines with a word that means nothing else, and agrees with none", () => {
    expect(
      said("Status", "active", "Opted out", "opted-out (2026-01-31)", "no", "declined"),
    ).toEqual([null, "declines", "declines", null, null]);
  });

  it.each([
    ...["OPTOUT", "Never subscribed", "Do not contact", "Do not disturb", "DO NOT MESSAGE"],
    ...["abgemeldet", "Abbestellt", "keine Werbung", "Désinscrit", "Désabonnée", "Wypisana"],
    ...["Nie kontaktować", "Dado de baja", "No contactar", "Descadastrado", "Não contatar"],
    ...["Disiscritto", "Non contattare", "Afgemeld", "Uitgeschreven", "отписался"],
    "Abonelikten çıktı",
  ])("declines with %s", (cell) => {
    expect(said("Status", cell)).toEqual(["declines"]);
  });

  it.each([
    ["Email Opt Out", "1"],
    ["Accepts Email Marketing", "no"],
    ["Email Marketing Consent", "UNSUBSCRIBED"],
    ["Newsletter consent", "no"],
    ["Post consent", "nein"],
    ["VIP", "no"],
    ["Order status", "refused"],
    ["Option", "0"],
    ["Subscription", "0"],
    ["Widerrufsbelehrung", "ja"],
    ["name", "Baja"],
  ])("says nothing: %s with %s", (name, cell) => {
    expect(said(name, cell)).toEqual([null]);
  });

  it("is found in the first rows, and asked in all", () => {
    const columns = findConsentColumns(["name", "Status"], [["Ann", "unsubscribed"]]);
    expect(columns.map(({ name }) => name)).toEqual(["Status"]);
    expect(saidIn(columns, ["Bob"])).toBeNull();
    expect(saidIn(columns, ["Unsubscribed", "Unsubscribed"])?.column.index).toBe(1);
  });
});

describe("A person who declined in the list", () => {
  const LIST = [
    "phone,name,opt_in",
    "+48600105000,Ann,yes",
    "+48600105001,Bob,no",
    "+48600105002,Cid,",
    "+48600105003,Dan,opted out",
  ].join("\n");

  it("is warned of, with the line and the column", async () => {
    const { report } = await checkText(LIST);
    expect(report.ok).toBe(4);
    expect(report.warnings).toMatchObject([{ code: "row_opted_out", count: 2, lines: [3, 5] }]);
    expect(report.warnings[0]?.reason).toContain("(opt_in)");
  });

  it("is rejected where values are strict", async () => {
    const { report } = await checkText(LIST, {
      recipients: { strictValues: true, maxRejected: 1 },
    });
    expect(report).toMatchObject({ ok: 2, rejected: 2 });
    expect(report.problems).toMatchObject([{ code: "row_opted_out", count: 2, lines: [3, 5] }]);
  });
});
