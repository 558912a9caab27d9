import { expect, test } from "vitest";
import { createNumberStore } from "../../src/store/number-store.ts";
import { openTestStore, testPhone } from "../support/campaigns.ts";
import { connectTestRedis } from "../support/redis.ts";
import { runHere } from "./in-process.ts";
import { makePlace } from "./run-cli.ts";

/** A number with a message that was sent twice, and an older campaign. */
async function openBench() {
  const place = makePlace();
  const bench = await openTestStore({}, connectTestRedis(), { number: place.number });
  const old = await bench.import(3);
  const id = await bench.import(3);
  await bench.send(id, 2, "accepted", { wamid: "wamid.FIRST" });
  await bench.status("wamid.FIRST", "failed", { code: 131049 });
  await bench.store.campaigns.retryRows(id, 0, [{ row: 2, attempt: 1, person: Buffer.alloc(8) }]);
  await bench.send(id, 2, "accepted", { wamid: "wamid.SECOND" });
  await bench.status("wamid.SECOND", "delivered");
  const find = (...args: string[]) => runHere(place, ["find", ...args]);
  return { ...bench, place, old, id, find };
}

test("a person is answered in one line, then the timeline and the earlier messages", async () => {
  const { find, id, old } = await openBench();
  const { code, stdout, stderr } = await find("+48 600 000 002");

  const [answer, blank, head, ...rest] = stdout.split("\n");
  expect([code, stderr, blank]).toEqual([0, "", ""]);
  expect(answer).toMatch(/^Delivered on \d{4}-\d\d-\d\d .*\. Not read, or the person/);
  expect(head).toContain(`${id}:2`);
  expect(rest.join("\n")).toMatch(
    /row 2 of list.csv[\s\S]*131049[\s\S]*send it again[\s\S]*Delivered/,
  );
  expect(stdout).toContain("1 earlier message:");
  expect(stdout).toContain(`${old}:2`);
});

test("a row and the id of an earlier attempt lead to the same message", async () => {
  const { find, id } = await openBench();
  const [byRow, byId] = [await find(`${id}:2`), await find("wamid.FIRST")];

  expect(byRow.stdout).toBe(byId.stdout);
  expect(byRow.stdout).toContain("Delivered");
});

test("as JSON it is what the HTTP API answers, without the phone", async () => {
  const { find, id, old } = await openBench();
  const person = await find("600 000 002", "--country", "PL", "--json");
  const message = await find(`${id}:2`, "--json");

  expect(JSON.parse(person.stdout)).toMatchObject({
    messages: [
      { campaign: id, row: 2, state: "delivered", attempt: 2 },
      { campaign: old, row: 2, state: "pending" },
    ],
    ...{ next: null, unindexed: 0 },
  });
  expect(JSON.parse(message.stdout)).toMatchObject({
    ...{ campaign: id, row: 2, answer: expect.stringMatching(/^Delivered on/) },
    events: expect.arrayContaining([expect.objectContaining({ what: "failed", code: 131049 })]),
  });
  expect(person.stdout + message.stdout).not.toContain(testPhone(2));
});

test("a person without a message, and an opt-out, are told", async () => {
  const { find, number } = await openBench();
  const store = await createNumberStore({ redis: connectTestRedis(), number });
  const phone = "48600999999";
  await connectTestRedis().hset(
    `dropcast:{${number}}:suppressed`,
    store.people.person(phone),
    "marketing",
  );
  const { stdout } = await find(`+${phone}`);

  expect(stdout).toContain("No campaign has a message to this phone number.");
  expect(stdout).toContain("The person opted out of marketing messages.");
});

test("what is not known is refused with what to type, and the text is not repeated", async () => {
  const { find } = await openBench();
  const { code, stdout, stderr } = await find("600 000 002");

  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toContain("with its country code");
  expect(stderr).not.toContain("600 000 002");
});
