import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const TESTS = new URL("../", import.meta.url);

/** They wait for what Dropcast itself does only after a minute or more. */
const LONGER: readonly string[] = ["e2e/main-job.test.ts", "e2e/upgrade.test.ts"];

/** A limit that is enough on one machine fails on a busier one: all wait as long as SOON says. */
test("no test has a limit of its own for what happens in its own time", () => {
  const own = readdirSync(TESTS, { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith(".ts") && path !== "support/soon.ts")
    .filter((path) => /\btimeout: \d/.test(readFileSync(new URL(path, TESTS), "utf8")));

  expect(own.sort()).toEqual(LONGER);
});
