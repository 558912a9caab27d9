import { expect, test } from "vitest";
import { messagesTo } from "../../src/campaigns/person-messages.ts";
import { search } from "../../src/campaigns/search.ts";
import { createPhoneReader } from "../../src/producer/phones/phone-reader.ts";
import { openTestStore, type TestStore, testDefinition, testPhone } from "../support/campaigns.ts";

const read = createPhoneReader("PL");
const readPhone = (text: string): string | null => {
  const phone = read(text);
  return phone.ok ? phone.digits : null;
};

function look(benches: readonly TestStore[], text: string) {
  const stores = Object.fromEntries(benches.map(({ number, store }) => [number, store]));
  return search({ stores, readPhone }, text);
}

async function code(benches: readonly TestStore[], text: string): Promise<string | null> {
  const found = await look(benches, text);
  return found.ok ? null : found.refusal.code;
}

test("a row, a campaign and the id of a message are found as they are written", async () => {
  const bench = await openTestStore();
  const id = await bench.import(3);
  await bench.send(id, 2, "accepted", { wamid: "wamid.A" });
  const message = { kind: "message", message: { campaign: { id }, row: { row: 2 } } };

  expect(await look([bench], ` ${id}:2 `)).toMatchObject({ value: message });
  expect(await look([bench], "wamid.A")).toMatchObject({ value: message });
  expect(await look([bench], id)).toMatchObject({
    value: { kind: "campaign", found: { campaign: { id } } },
  });
  expect(await code([bench], `${id}:4`)).toBe("no_such_row");
  expect(await code([bench], `${id}:0`)).toBe("no_such_row");
  expect(await code([bench], `${bench.number}-99`)).toBe("no_such_campaign");
});

test.each(["+48 600 000 002", "600-000-002", "0048600000002", "48600000002"])(
  "a person is found by %s, whether there is a message or not",
  async (phone) => {
    const bench = await openTestStore();
    const person = bench.store.people.person(testPhone(2));

    expect(await look([bench], phone)).toEqual({
      ok: true,
      value: { kind: "person", person, phone: testPhone(2) },
    });
  },
);

test("a campaign is found by a part of its name, and several are listed, the newest first", async () => {
  const bench = await openTestStore();
  const named = (name: string) => ({ definition: testDefinition(bench.number, { name }) });
  const one = await bench.import(1, named("Spring sale 2026"));
  const two = await bench.import(1, named("Autumn SALE"));

  expect(await look([bench], "spring")).toMatchObject({
    value: { kind: "campaign", found: { campaign: { id: one } } },
  });
  const several = await look([bench], "sale");
  expect(several).toMatchObject({
    value: { kind: "campaigns", found: [{ campaign: { id: two } }, { campaign: { id: one } }] },
  });
});

test.each([
  "",
  "   ",
  "no such name",
  "wamid.none",
  "+48 600 000",
  "12 34 56 78",
  "%00",
  "é".repeat(999),
])("%j is refused without being quoted", async (text) => {
  const bench = await openTestStore();
  await bench.import(1);
  const found = await look([bench], text);

  expect(found).toMatchObject({ refusal: { code: "search_nothing_found" } });
  if (found.ok || text.trim() === "") return;
  expect(`${found.refusal.message} ${found.refusal.fix}`).not.toContain(text.trim());
});

test("only numbers that the reader may see are looked in", async () => {
  const [mine, other] = [await openTestStore(), await openTestStore()];
  const id = await other.import(1);
  await other.send(id, 1, "accepted", { wamid: "wamid.other" });

  expect(await code([mine], id)).toBe("search_nothing_found");
  expect(await code([mine], `${id}:1`)).toBe("search_nothing_found");
  expect(await code([mine], "wamid.other")).toBe("search_nothing_found");
});

/** Campaign ids with the rows found in them, in the order they were found. */
async function messagesOf(
  benches: readonly TestStore[],
  phone: string,
  from: string | null = null,
) {
  const stores = Object.fromEntries(benches.map(({ number, store }) => [number, store]));
  const person = benches[0]?.store.people.person(phone) ?? Buffer.alloc(0);
  const found = await messagesTo(stores, person, from);
  if (!found.ok) throw new Error(found.refusal.message);
  const { messages, next, unindexed } = found.value;
  return { found: messages.map(({ campaign, row }) => [campaign.id, row.row]), next, unindexed };
}

test("messages to a person come from all numbers, the newest campaign first", async () => {
  const [one, two] = [await openTestStore(), await openTestStore()];
  const first = await one.import(2);
  const second = await two.import(2);
  const third = await one.import(2);
  await one.import(1);

  expect(await messagesOf([one, two], testPhone(2))).toEqual({
    found: [
      [third, 2],
      [second, 2],
      [first, 2],
    ],
    ...{ next: null, unindexed: 0 },
  });
  expect((await messagesOf([one, two], testPhone(2), second)).found).toEqual([
    [second, 2],
    [first, 2],
  ]);
  expect((await messagesOf([two], testPhone(2))).found).toEqual([[second, 2]]);
});

test("campaigns without an index are read row by row, and it is said how many", async () => {
  const bench = await openTestStore();
  const [old, young] = [await bench.import(150), await bench.import(3)];
  await bench.redis.hdel(bench.own(old).campaign, "people");
  await bench.redis.del(bench.own(old).people(0));

  expect(await messagesOf([bench], testPhone(2))).toEqual({
    found: [
      [young, 2],
      [old, 2],
    ],
    ...{ next: null, unindexed: 1 },
  });
});

test("a person with more messages than a page gets all of them, once, by pages", async () => {
  const bench = await openTestStore();
  const ids: string[] = [];
  for (let made = 0; made < 103; made++) ids.push(await bench.import(1));
  const first = await messagesOf([bench], testPhone(1));
  const second = await messagesOf([bench], testPhone(1), first.next);

  expect(first.found).toHaveLength(100);
  expect([...first.found, ...second.found].map(([id]) => id)).toEqual(ids.reverse());
  expect(second.next).toBeNull();
});

test("campaigns whose rows are deleted are passed over", async () => {
  const bench = await openTestStore();
  const [gone, there] = [await bench.import(1), await bench.import(1)];
  await bench.redis.hset(bench.own(gone).campaign, "purgedAt", 1);

  expect((await messagesOf([bench], testPhone(1))).found).toEqual([[there, 1]]);
});
