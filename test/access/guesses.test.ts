import { expect, it } from "vitest";
import { createGuesses } from "../../src/access/guesses.ts";

function openGuesses() {
  let nowMs = 0;
  const guesses = createGuesses({ burst: 10, refillMs: 2_000 }, () => nowMs);
  const failOften = (address: string, name: string, times: number) => {
    for (let at = 0; at < times; at++) guesses.fail(address, name);
  };
  return { ...guesses, failOften, pass: (ms: number) => (nowMs += ms) };
}

it("a name that is guessed from one address goes on from another, and so do other names", () => {
  const { failOften, waitMs } = openGuesses();

  failOften("192.0.2.1", "anna", 11);

  expect(waitMs("192.0.2.1", "anna")).toBeGreaterThan(0);
  expect(waitMs("192.0.2.1", "bert")).toBe(0);
  expect(waitMs("192.0.2.2", "anna")).toBe(0);
});

it("a name that is guessed at from many addresses leaves each of them one try", () => {
  const { failOften, fail, waitMs, pass } = openGuesses();
  for (let at = 0; at < 40; at++) failOften(`198.51.100.${at}`, "anna", 1);

  expect(waitMs("192.0.2.1", "anna")).toBe(0);
  fail("192.0.2.1", "anna");
  expect(waitMs("192.0.2.1", "anna")).toBeGreaterThan(0);
  expect(waitMs("192.0.2.1", "bert")).toBe(0);
  pass(60_000);
  expect(waitMs("192.0.2.1", "anna")).toBe(0);
});

it("all addresses of one IPv6 network of a customer count as one", () => {
  const { failOften, waitMs } = openGuesses();

  failOften("2001:db8:1:2::1", "anna", 11);

  expect(waitMs("2001:db8:1:2:ffff::9", "anna")).toBeGreaterThan(0);
  expect(waitMs("2001:db8:1:3::1", "anna")).toBe(0);
});
