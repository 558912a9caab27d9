import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { memberOf, type PoolMember } from "../../src/core/pool.ts";

const person = (id: number): Buffer =>
  createHash("sha256").update(String(id)).digest().subarray(0, 8);
const PEOPLE = Array.from({ length: 20_000 }, (_, id) => person(id));
const even = (count: number): PoolMember[] =>
  Array.from({ length: count }, (_, at) => ({ number: `n${at}`, weight: 10 }));

test("each number gets the share of the people that its rate is of all rates", () => {
  const members = [
    { number: "main", weight: 80 },
    { number: "second", weight: 20 },
    { number: "third", weight: 100 },
  ];
  const counts = [0, 0, 0];
  for (const one of PEOPLE) {
    const at = memberOf(one, members);
    counts[at] = (counts[at] ?? 0) + 1;
  }
  for (const [at, { weight }] of members.entries()) {
    expect(Math.abs((counts[at] ?? 0) / PEOPLE.length - weight / 200)).toBeLessThan(0.015);
  }
});

test("a further number takes about its share, and moves nobody between the others", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), (count) => {
      const [before, after] = [even(count), even(count + 1)];
      let moved = 0;
      for (const one of PEOPLE.slice(0, 5_000)) {
        const [was, is] = [memberOf(one, before), memberOf(one, after)];
        if (was === is) continue;
        expect(is).toBe(count);
        moved++;
      }
      expect(Math.abs(moved / 5_000 - 1 / (count + 1))).toBeLessThan(0.04);
    }),
    { numRuns: 12 },
  );
});

test("the order in which the numbers are named changes nothing", () => {
  const members = even(5);
  const turned = members.toReversed();
  for (const one of PEOPLE.slice(0, 2_000)) {
    expect(turned[memberOf(one, turned)]).toEqual(members[memberOf(one, members)]);
  }
});
