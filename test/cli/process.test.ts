import { expect, test } from "vitest";
import { json, makePlace, runShell, spawnCli } from "./run-cli.ts";

/**
 * What only a process of its own shows: the exit code, and which stream it writes to. What commands
 * say is tested by running them here (`runHere`).
 */

test("a command that is done ends with 0 and writes to stdout alone", async () => {
  const ended = await spawnCli(makePlace(), ["--version"]);

  expect(ended).toMatchObject({ code: 0, stderr: "", stdout: expect.stringMatching(/^\d+\.\d+/) });
});

test("a refusal ends with 1, and its words go to stderr", async () => {
  const place = makePlace();

  const ended = await spawnCli(place, ["show", `${place.number}-1`]);

  expect(ended).toMatchObject({ code: 1, stdout: "" });
  expect(ended.stderr).toMatch(/^error: There is no campaign "/);
});

test("wrong usage ends with 2, and with --json it is one JSON value on stdout", async () => {
  const ended = await spawnCli(makePlace(), ["lsit", "--json"]);

  expect(ended).toMatchObject({ code: 2, stderr: "" });
  expect(json(ended)).toMatchObject({ error: { code: "usage" } });
});

test("a Redis that is not there ends the process with 1", async () => {
  const place = makePlace({ DROPCAST_REDIS_URL: "redis://127.0.0.1:1" });

  const ended = await spawnCli(place, ["list", "--json"]);

  expect(ended.code).toBe(1);
  expect(json(ended)).toMatchObject({ error: { code: "redis_unreachable" } });
});

test("output that a full disk does not take ends with 1 and a word, not with a stack", async () => {
  const ended = await runShell(makePlace(), "$BIN completion bash > /dev/full");

  expect(ended).toMatchObject({ code: 1, stdout: "" });
  expect(ended.stderr).toBe("error: The output could not be written whole (ENOSPC).\n");
});
