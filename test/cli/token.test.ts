import { expect, test } from "vitest";
import { startOwnRedis } from "../support/redis.ts";
import { runHere } from "./in-process.ts";
import { json, makePlace } from "./run-cli.ts";

/** The tokens are the whole deployment's, so each of these tests has a Redis of its own. */
async function openPlace() {
  const server = await startOwnRedis();
  const place = makePlace({ DROPCAST_REDIS_URL: server.url });
  const token = async (...args: string[]) => {
    const ended = await runHere(place, ["token", ...args, "--json"]);
    return { ...ended, json: json(ended) as Record<string, unknown> };
  };
  return { place, token };
}

test("a token is shown once when it is made, and listed without its text until it is removed", async () => {
  const { place, token } = await openPlace();

  const added = await token("add", "crm", "--role", "operator", "--expires", "90d");
  const taken = await token("add", "crm");
  const listed = await token("list");
  const shown = await runHere(place, ["token", "list"]);
  const removed = await token("remove", "crm");
  const gone = await token("remove", "crm");

  const text = String(added.json["token"]);
  expect(text).toMatch(/^dropcast_[\w-]{43}$/);
  const { createdAt, expiresAt } = added.json as { createdAt: string; expiresAt: string };
  expect(Date.parse(expiresAt) - Date.parse(createdAt)).toBe(90 * 24 * 3_600_000);
  expect(taken).toMatchObject({ code: 1, json: { error: { code: "token_name_taken" } } });
  expect(listed.json).toEqual([
    { name: "crm", role: "operator", numbers: null, createdAt, expiresAt, lastUsedAt: null },
  ]);
  expect(listed.stdout + shown.stdout).not.toContain(text);
  expect(removed).toMatchObject({ code: 0, json: { name: "crm", removed: true } });
  expect(gone).toMatchObject({ code: 1, json: { error: { code: "token_unknown" } } });
});

test.each([
  [["add"]],
  [["list", "crm"]],
  [["make", "crm"]],
  [["add", "a b"]],
  [["add", "crm", "--role", "boss"]],
  [["add", "crm", "--expires", "soon"]],
  [["remove", "crm", "--role", "admin"]],
])("token %j is wrong usage", async (args) => {
  const { token } = await openPlace();

  expect(await token(...args)).toMatchObject({ code: 2, json: { error: { code: "usage" } } });
});
