import { expect, test } from "vitest";
import {
  decodeLedgerValue,
  decodePrice,
  encodeImportedValue,
  encodePrice,
} from "../../src/store/ledger/ledger-value.ts";
import { packWamid, unpackWamid } from "../../src/store/ledger/wamid.ts";
import { openTestStore, type TestStore, testPhone } from "../support/campaigns.ts";

/** The id of WhatsApp's own samples: 42 bytes once packed. */
const WAMID = "wamid.HBgLNDg2MDk2NTU5MTEVAgARGBJGOERCNzY1MTdBQUE4REM3RUMA";

async function valueBytes(bench: TestStore, id: string, row: number): Promise<Buffer> {
  const value = await bench.redis.hgetBuffer(bench.own(id).ledger(0), String(row - 1));
  if (value === null) throw new Error(`Row ${row} has no value.`);
  return value;
}

test("what the scripts write, TypeScript reads: every time, flag, code and price", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  const startMs = Date.now();
  await bench.send(id, 1, "retry", { reason: 33 });
  const [granted] = await bench.grant(id, 1);
  await bench.record(granted, "accepted", { wamid: WAMID, held: true });
  const at = (seconds: number) => startMs + seconds * 1_000;
  const price = { category: "utility", billable: false };
  await bench.status(WAMID, "sent", { atMs: at(1), ...price });
  await bench.status(WAMID, "failed", { atMs: at(2), code: 131049 });
  const failed = (await bench.row(id, 1)).value;
  expect(failed).toMatchObject({ state: "failed", code: 131049, attempt: 2, tries: 1, price });
  await bench.status(WAMID, "delivered", { atMs: at(3) });
  await bench.status(WAMID, "read", { atMs: at(4) });
  await bench.status(WAMID, "failed", { atMs: at(5), code: 131049 });
  const { value, wamid } = await bench.row(id, 1);
  expect(wamid).toBe(WAMID);
  expect(value).toMatchObject({ state: "read", code: 0, flags: ["lateFailed", "held"] });
  const { claimed = 0, accepted = 0, due, ...seen } = value.times;
  expect(due).toBeUndefined();
  expect(accepted - claimed).toBeGreaterThanOrEqual(0);
  for (const [name, seconds] of [
    ["sent", 1],
    ["delivered", 3],
    ["read", 4],
  ] as const) {
    expect(Math.abs((seen[name] ?? 0) - at(seconds))).toBeLessThanOrEqual(10);
  }
});

test("a value with every time set, and one on the wire with its nonce, stay within 64 bytes", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  await bench.send(id, 1, "retry", { waitMs: 1 });
  await bench.grant(id, 1);
  expect((await valueBytes(bench, id, 1)).length).toBeLessThanOrEqual(64);
  expect(packWamid(WAMID).length).toBeLessThanOrEqual(64);
});

test("the hash of a full batch with every wamid and status stays a listpack", async () => {
  const bench = await openTestStore();
  const id = await bench.import(100);
  const rows = Array.from({ length: 100 }, (_, index) => index + 1);
  const granted = await bench.grant(id, ...rows);
  for (const one of granted) {
    const serial = String(one.row).padStart(3, "0");
    const wamid = `${WAMID.slice(0, 30)}${serial}A${WAMID.slice(34)}`;
    await bench.record(one, "accepted", { wamid });
    await bench.status(wamid, "sent", { category: "marketing", billable: true });
    await bench.status(wamid, "delivered");
    await bench.status(wamid, "read");
  }
  expect(await bench.counts(id)).toEqual({ read: 100 });
  const key = bench.own(id).ledger(0);
  expect(await bench.redis.hlen(key)).toBe(200);
  expect(await bench.redis.object("ENCODING", key)).toBe("listpack");
});

test("a row that the import ends is read as it was written", () => {
  const value = decodeLedgerValue(encodeImportedValue("rejected", 7), 1_000);
  expect(value).toMatchObject({ state: "rejected", reason: 7, attempt: 0, times: {} });
  expect(decodeLedgerValue(undefined, 0)).toMatchObject({ state: "pending", attempt: 0 });
});

test("a value of another version is refused, not misread", () => {
  const value = encodeImportedValue("rejected", 7);
  value.writeUInt8(2, 0);
  expect(() => decodeLedgerValue(value, 0)).toThrow("version 2");
});

test.each([
  ["marketing", true],
  ["authentication-international", false],
  ["service", null],
] as const)("the price %s %s fits a byte and comes back", (category, billable) => {
  const byte = encodePrice(category, billable);
  expect(byte).toBeLessThan(256);
  expect(decodePrice(byte)).toEqual({ category: category.replaceAll("-", "_"), billable });
});

test("no price is no price, and an unheard-of category is kept as other", () => {
  expect(decodePrice(encodePrice(null, null))).toBeNull();
  expect(decodePrice(encodePrice("gold", true))).toEqual({ category: "other", billable: true });
});

test.each([
  WAMID,
  "wamid.HBgMNDg2MDk2NTU5MTExFQIAERgSMTQ4MUY0NkZBQzQwQzYxMDNBAA==",
  "wamid.not base64!",
  "wamid.",
  "wamid.QUJD=",
  "ref-1",
  "żółć",
])("the id %s comes back exactly as it came", (id) => {
  expect(unpackWamid(packWamid(id))).toBe(id);
});

test("times before the campaign and times far ahead are kept within the range of the layout", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  await bench.send(id, 1, "accepted", { wamid: WAMID });
  await bench.status(WAMID, "sent", { atMs: 1 });
  await bench.status(WAMID, "delivered", { atMs: 9_999_999_999_999 });
  const { value } = await bench.row(id, 1);
  const { createdAt } = await bench.found(id);
  expect(value.times.sent).toBe(createdAt);
  expect(value.times.delivered).toBeGreaterThan(createdAt);
  expect(await bench.row(id, 1)).toMatchObject({ phone: testPhone(1), state: "delivered" });
});
