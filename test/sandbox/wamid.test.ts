import { expect, it } from "vitest";
import { createWamidGenerator, waIdOf } from "../../src/sandbox/wamid.ts";

it("a wamid has the bytes of the documented sample", () => {
  const sample = "wamid.HBgLNDg2MDk2NTU5MTEVAgARGBJGOERCNzY1MTdBQUE4REM3RUMA";
  const made = createWamidGenerator()("48609655911");
  const bytes = (wamid: string) => Buffer.from(wamid.slice(6), "base64").toString("latin1");

  expect(made.length).toBe(sample.length);
  expect(bytes(made).slice(0, 20)).toBe(bytes(sample).slice(0, 20));
  expect(bytes(made).slice(20)).toMatch(/^[0-9A-F]{18}\0$/);
});

it("wamids never repeat, not even for one recipient", () => {
  const wamid = createWamidGenerator();
  const made = Array.from({ length: 5_000 }, () => wamid("48609655911"));

  expect(new Set(made).size).toBe(made.length);
});

it.each([
  ["5541987654321", "554187654321"],
  ["5511987654321", "5511987654321"],
  ["525512345678", "5215512345678"],
  ["5215512345678", "5215512345678"],
  ["541123456789", "5491123456789"],
  ["48600000001", "48600000001"],
])("WhatsApp spells %s as %s", (to, waId) => {
  expect(waIdOf(to)).toBe(waId);
});
