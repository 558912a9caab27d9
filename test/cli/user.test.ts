import { expect, test } from "vitest";
import { isPassword } from "../../src/access/passwords.ts";
import { createUsers } from "../../src/store/index.ts";
import { startOwnRedis } from "../support/redis.ts";
import { runHere } from "./in-process.ts";
import { json, makePlace, runShell } from "./run-cli.ts";

test("a user is added with a password from stdin, changed, listed and removed", async () => {
  const server = await startOwnRedis();
  const place = makePlace({ DROPCAST_REDIS_URL: server.url });
  const users = createUsers(server.connect(), "live");
  const user = async (...args: string[]) => json(await runHere(place, ["user", ...args, "--json"]));

  const added = await runShell(
    place,
    "printf 'correct horse\\n' | $BIN user add anna --role operator --json",
  );
  const hash = (await users.find("anna"))?.hash ?? "";
  const changed = await user("role", "anna", "--role", "viewer", "--numbers", place.number);
  const viewing = await user("role", "anna", "--role", "operator");
  const widened = await user("role", "anna", "--role", "operator", "--numbers", "all");
  const listed = await user("list");
  const removed = await user("remove", "anna");

  expect([added.code, json(added)]).toMatchObject([
    0,
    { name: "anna", role: "operator", numbers: null },
  ]);
  expect(await isPassword("correct horse", hash)).toBe(true);
  expect(changed).toMatchObject({ role: "viewer", numbers: [place.number] });
  expect(viewing).toMatchObject({ role: "operator", numbers: [place.number] });
  expect(widened).toMatchObject({ role: "operator", numbers: null });
  expect(listed).toMatchObject([{ name: "anna", disabled: false }]);
  expect(removed).toMatchObject({ name: "anna", removed: true });
  expect(added.stdout + added.stderr).not.toContain("correct horse");
});

test.each([
  [["add"]],
  [["list", "anna"]],
  [["make", "anna"]],
  [["role", "anna"]],
  [["role", "anna", "--role", "boss"]],
  [["remove", "anna", "--numbers", "main"]],
])("user %j is wrong usage", async (args) => {
  const ended = await runHere(makePlace(), ["user", ...args, "--json"]);

  expect([ended.code, json(ended)]).toMatchObject([2, { error: { code: "usage" } }]);
});
