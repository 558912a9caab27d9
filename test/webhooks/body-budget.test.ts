import { expect, test } from "vitest";
import { createBodyBudget } from "../../src/webhooks/body-budget.ts";

/** A budget, and the names of bodies in the order in which they had to make room. */
function openBudget(bytesMax: number) {
  const budget = createBodyBudget(bytesMax);
  const refused: string[] = [];
  return { ...budget, refused, begin: (name: string) => budget.open(() => refused.push(name)) };
}

test("bodies hold what they say, until they are whole or given up", () => {
  const budget = openBudget(100);
  const [a, b] = [budget.begin("a"), budget.begin("b")];
  a.add(40);
  b.add(60);
  expect(budget.held()).toBe(100);
  a.close();
  a.close();
  expect(budget.held()).toBe(60);
  b.close();
  expect([budget.held(), budget.refused]).toEqual([0, []]);
});

test("where there is no room the body that was begun first makes it, and no more than have to", () => {
  const budget = openBudget(100);
  const [a, b, c] = [budget.begin("a"), budget.begin("b"), budget.begin("c")];
  b.add(50);
  a.add(30);
  c.add(40);
  expect(budget.refused).toEqual(["a"]);
  expect(budget.held()).toBe(90);
  c.add(20);
  expect(budget.refused).toEqual(["a", "b"]);
  expect(budget.held()).toBe(60);
});

test("a body that alone is larger than all may be is refused itself, and what it adds later counts no more", () => {
  const budget = openBudget(100);
  const a = budget.begin("a");
  a.add(101);
  a.add(50);
  a.close();
  expect([budget.held(), budget.refused]).toEqual([0, ["a"]]);
});
