import { expect, test } from "vitest";
import { createTogether } from "../../src/store/ledger/together.ts";

/** Calls that are answered when the test says so, in any order. */
function openCalls({ most = 3, waitMs = 60_000 } = {}) {
  const calls: { items: readonly string[]; answer: () => void; fail: () => void }[] = [];
  const take = createTogether<string, string>({
    most,
    waitMs,
    call: (items) =>
      new Promise((resolve, reject) => {
        const results = items.map((item) => (item === "bad" ? new Error(item) : `${item}!`));
        calls.push({
          items,
          answer: () => resolve(results),
          fail: () => reject(new Error("no Redis")),
        });
      }),
  });
  return { calls, take, items: () => calls.map(({ items }) => items.join("")) };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("the items of one turn are one call, made when it ends", async () => {
  const { calls, take, items } = openCalls();
  const results = [take("a"), take("b")];
  expect(items()).toEqual([]);
  await turn();
  expect(items()).toEqual(["ab"]);
  calls[0]?.answer();
  expect(await Promise.all(results)).toEqual(["a!", "b!"]);
});

test("while a call is under way others wait for its answer, and go together", async () => {
  const { calls, take, items } = openCalls();
  const first = take("a");
  await turn();
  const later = [take("b")];
  await turn();
  later.push(take("c"));
  await turn();
  expect(items()).toEqual(["a"]);
  calls[0]?.answer();
  await first;
  await expect.poll(items).toEqual(["a", "bc"]);
  calls[1]?.answer();
  expect(await Promise.all(later)).toEqual(["b!", "c!"]);
});

test("a call that is not answered keeps others waiting for a few milliseconds only", async () => {
  const { calls, take, items } = openCalls({ waitMs: 1 });
  const first = take("a");
  await turn();
  const second = take("b");
  await expect.poll(items).toEqual(["a", "b"]);
  calls[1]?.answer();
  expect(await second).toBe("b!");
  calls[0]?.answer();
  expect(await first).toBe("a!");
});

test("more than a call may have go in several, in their order, and at once", async () => {
  const { calls, take, items } = openCalls();
  const first = take("a");
  await turn();
  const rest = ["b", "c", "d", "e"].map((item) => take(item));
  await turn();
  expect(items()).toEqual(["a", "bcd", "e"]);
  for (const { answer } of calls) answer();
  expect(await Promise.all([first, ...rest])).toEqual(["a!", "b!", "c!", "d!", "e!"]);
});

test("an item that fails fails alone; a call that fails fails for all of its items only", async () => {
  const { calls, take } = openCalls();
  const results = [take("a"), take("bad"), take("c")];
  await turn();
  calls[0]?.answer();
  expect(await Promise.allSettled(results)).toMatchObject([
    { value: "a!" },
    { reason: { message: "bad" } },
    { value: "c!" },
  ]);
  const lost = [take("d"), take("e")];
  await turn();
  calls[1]?.fail();
  expect(await Promise.allSettled(lost)).toMatchObject([
    { reason: { message: "no Redis" } },
    { reason: { message: "no Redis" } },
  ]);
  const after = take("f");
  await turn();
  calls[2]?.answer();
  expect(await after).toBe("f!");
});
