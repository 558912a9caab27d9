import { expect, test } from "vitest";
import { findInAnswer } from "../../src/campaigns/found-in-answer.ts";

const ROWS = [
  { row: 7, phone: "48600700800", wamid: null },
  { row: 42, phone: "5511987654321", wamid: "wamid.OWN" },
];

/** As WhatsApp makes them: the phone stands in it, in base64. */
const wamidOf = (phone: string) =>
  `wamid.${Buffer.from(`\x1c\x18\x0b${phone}\x15`).toString("base64")}`;

test.each([
  ["a text", { to: "48600700800" }],
  ["a text with a plus and spaces", { to: "+48 600-700-800" }],
  ["a number", { to: 48_600_700_800 }],
  ["within a wamid", { id: wamidOf("48600700800") }],
])("a person is found by the phone as %s", (_, entry) => {
  const [key = ""] = Object.keys(entry);

  expect(findInAnswer({ data: [{ status: "sent", ...entry }] }, ROWS)).toEqual({
    found: [{ row: 7, by: "phone", path: `data[0].${key}`, beside: { status: "sent" } }],
    isCut: false,
  });
});

test("the other spelling of a Brazilian number is the same person", () => {
  expect(findInAnswer(["551187654321"], ROWS).found).toMatchObject([{ row: 42, path: "[0]" }]);
});

test("an id is found wherever it stands, and nothing beside it holds a phone or an id", () => {
  const answer = {
    a: { b: { id: "wamid.OWN", to: "5511987654321", text: "x".repeat(500), n: null } },
  };

  const { found } = findInAnswer(answer, ROWS);

  expect(found).toMatchObject([
    { row: 42, by: "id", path: "a.b.id", beside: { n: null } },
    { row: 42, by: "phone", path: "a.b.to" },
  ]);
  expect(JSON.stringify(found)).not.toMatch(/5511987654321|wamid\.OWN/);
  expect(found[0]?.beside["text"]).toHaveLength(120);
});

test("what only resembles a phone is nobody", () => {
  const near = ["4860070080", "148600700800", "600700800", 486_007_008_001, true, null, "", {}];

  expect(findInAnswer(near, ROWS).found).toEqual([]);
});

test("an answer nested a hundred thousand levels deep, or with odd names, is read to its end", () => {
  const text = `${'{"__proto__":'.repeat(100_000)}"48600700800"${"}".repeat(100_000)}`;

  expect(findInAnswer(JSON.parse(text), ROWS).found).toMatchObject([{ row: 7, by: "phone" }]);
  expect(findInAnswer("48600700800", ROWS).found).toEqual([]);
});

test("no more than a thousand are shown, and it says so", () => {
  const { found, isCut } = findInAnswer(
    Array.from({ length: 1_001 }, () => "48600700800"),
    ROWS,
  );

  expect([found.length, isCut]).toEqual([1_000, true]);
});
