import { expect, it } from "vitest";
import { ownPath } from "../../src/dashboard/own-path.ts";

it.each([
  ["/campaigns/main-1?page=2", "/campaigns/main-1?page=2"],
  ["/a%2f%2fb", "/a%2f%2fb"],
])("%s is an address of ours", (text, path) => {
  expect(ownPath(text)).toBe(path);
});

it.each([
  ...[undefined, "", "campaigns", "https://evil.example/", "//evil.example", "/\\evil.example"],
  ...["/\t/evil.example", "/\n/evil.example", "/.//evil.example", "/x/..//evil.example"],
  ...["\\\\evil.example", "/%0d%0a/../..//evil.example", "javascript:alert(1)", "///evil.example"],
  ...["/./\\evil.example", `/${"x".repeat(2_000)}`, "/sign-in?to=/sign-in", "/sign-out", " //evil"],
])("%j leads to the start", (text) => {
  expect(ownPath(text)).toBe("/");
});
