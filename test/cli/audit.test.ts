import { userInfo } from "node:os";
import { expect, test } from "vitest";
import { startOwnRedis } from "../support/redis.ts";
import { runHere } from "./in-process.ts";
import { json, makePlace, type Place, writeCampaign } from "./run-cli.ts";

/** A phone that no line may name. */
const PLANTED = "+48 600 700 800";

interface Line {
  readonly at: string;
  readonly who: string;
  readonly via: string;
  readonly from: string;
  readonly what: string;
  readonly campaigns: readonly string[];
  readonly details: object;
  readonly result: string;
  readonly code: string | null;
}

/** The audit is the whole deployment's, so each of these tests has a Redis of its own. */
async function openPlace(env: Readonly<Record<string, string>> = {}) {
  const server = await startOwnRedis();
  const place = makePlace({
    ...{ DROPCAST_REDIS_URL: server.url, DROPCAST_DEFAULT_COUNTRY: "PL" },
    ...env,
  });
  const audit = async (...args: string[]): Promise<Line[]> =>
    json(await runHere(place, ["audit", ...args, "--json"]));
  return { place, server, audit };
}

const run = async (place: Place, ...args: string[]) => runHere(place, args);

test("what people type is noted with who typed it, and nothing names a phone", async () => {
  const { place, server, audit } = await openPlace({ SUDO_USER: "anna" });
  const files = writeCampaign(place, 2);
  const sent = json<{ id: string }>(await run(place, "send", ...files, "--json"));
  await run(place, "pause", sent.id);
  await run(place, "rate", sent.id, "5");
  await run(place, "suppress", "add", PLANTED, "--source", PLANTED);
  await run(place, "suppress", "remove", PLANTED);
  await run(place, "erase", PLANTED);
  await run(place, "send", ...files, "--json");
  await run(place, "list");

  const lines = await audit();

  expect(lines.map(({ what, code, result }) => [what, code ?? result])).toEqual([
    ["send", "already_imported"],
    ["erase", "done"],
    ["suppress remove", "done"],
    ["suppress add", "done"],
    ["rate", "done"],
    ["pause", "done"],
    ["send", "done"],
  ]);
  expect(lines.at(-1)).toMatchObject({ campaigns: [sent.id], details: { messages: 2 } });
  for (const line of lines) {
    expect(line).toMatchObject({
      who: `${userInfo().username} (sudo by anna)`,
      via: "command line",
    });
  }
  const stored = await server.connect().xrange("dropcast:{all.numbers}:audit", "-", "+");
  expect(JSON.stringify(stored)).not.toMatch(/600.?700.?800/);
  const ofCampaign = await audit("--campaign", sent.id, "--since", "1h");
  expect(ofCampaign.map(({ what }) => what)).toEqual(["rate", "pause", "send"]);
  expect(await audit("--limit", "1")).toMatchObject([{ what: "send" }]);
  const shown = await run(place, "audit", "--limit", "2");
  expect(shown.stdout).toMatch(/^WHEN +WHO +FROM +WHAT +RESULT\n/);
  expect(shown.stdout).toContain("refused: already_imported");
  expect(shown.stdout).toContain("There are older ones");
});

test.each([
  ["--limit", "0"],
  ["--limit", "10001"],
  ["--since", "yesterday"],
  ["--since", "2026-12-01"],
])("%s %s is refused", async (...option) => {
  expect((await run(makePlace(), "audit", ...option)).code).toBe(2);
});
