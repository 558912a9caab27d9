import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createNumberStore } from "../../src/store/number-store.ts";
import { testPhone } from "../support/campaigns.ts";
import { connectTestRedis } from "../support/redis.ts";
import { runHere } from "./in-process.ts";
import { json, makePlace, type Place, writeCampaign } from "./run-cli.ts";

interface Shown {
  readonly id: string;
  readonly status: string;
  readonly reasonCode: string | null;
  readonly trial: Record<string, unknown> | null;
}

/** Claims a row of the first batch as a worker, and records that it was accepted. */
async function send({ number }: Place, id: string, row: number): Promise<void> {
  const store = await createNumberStore({ redis: connectTestRedis(), number });
  await store.join();
  await store.campaigns.dispatch("live", 4);
  const [nonce, person] = [Buffer.alloc(8, row), store.ledger.person(testPhone(row))];
  const claimed = await store.ledger.claim({
    ...{ campaign: id, batch: 0, run: 1, nonce, mode: "live", rows: [{ row, person }] },
    ...{ ratePerSecond: 1_000, reachMs: 1_000, answerMs: 0 },
  });
  expect(claimed).toMatchObject({ verdicts: [{ kind: "granted" }] });
  const plain = { code: 0, reason: 0, waitMs: 0, held: false, optOut: false, id: null };
  await store.ledger.record(id, [
    { row, attempt: 1, nonce, person, outcome: "accepted", ...plain },
  ]);
}

function makeList(rows: number, block = ""): { place: Place; files: readonly [string, string] } {
  const place = makePlace({ DROPCAST_MODE: "" });
  const files = writeCampaign(place, rows);
  appendFileSync(join(place.dir, files[0]), block);
  return { place, files };
}

test("send --first says how many go and how long that takes, and resume goes on with the rest", async () => {
  const { place, files } = makeList(1_200);
  const args = ["send", ...files, "--first", "1000"];
  const asked = await runHere(place, args, () => "n");
  expect(asked.questions.join()).toContain("send the first 1,000 of 1,200 messages");
  expect(asked.questions.join()).toContain("at 500/s (about 2 s)");
  expect(asked.shown).toContain("Only the first 1,000 go now; resume goes on with the other 200.");
  const { id } = json<Shown>(await runHere(place, [...args, "--json"]));
  const shown = json<Shown>(await runHere(place, ["show", id, "--json"]));
  expect(shown.trial).toEqual({
    ...{ kind: "first", size: 1_000, sent: 0, delivered: 0, failed: 0, needed: null, until: null },
  });
});

test("--first takes whole numbers, and says so before anything is stored", async () => {
  const { place, files } = makeList(3);
  for (const wrong of ["0", "-1", "1.5", "all"]) {
    const refused = await runHere(place, ["send", ...files, `--first=${wrong}`, "--yes"]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(`--first ${wrong} is not a number of messages.`);
  }
  expect(json(await runHere(place, ["list", "--json"]))).toEqual([]);
});

test("--first does not go with corrected rows, which continue their campaign", async () => {
  const { place, files } = makeList(12);
  appendFileSync(join(place.dir, files[1]), "no phone,Ann\n");
  expect((await runHere(place, ["send", ...files, "--json"])).code).toBe(0);
  const args = ["send", files[0], "list.rejects.csv", "--first", "1", "--json"];
  expect(json(await runHere(place, args))).toMatchObject({
    error: { code: "first_of_corrections" },
  });
});

test("a paused first N, a probe and their figures are shown by show, watch and list", async () => {
  const { place, files } = makeList(3, "recipients: { first: 1 }\n");
  const { id } = json<Shown>(await runHere(place, ["send", ...files, "--json"]));
  await send(place, id, 1);
  const paused = json<Shown>(await runHere(place, ["show", id, "--json"]));
  expect(paused).toMatchObject({ status: "paused", reasonCode: "first:1" });
  expect((await runHere(place, ["show", id])).stdout).toContain("Resume sends the other 2.");
  expect((await runHere(place, ["list"])).stdout).toContain("only the first 1 go: 1 sent");
  const resumed = await runHere(place, ["resume", id, "--probe", "1"]);
  expect(resumed.stdout).toContain("1 message goes first; the rest follows once 1 of them");
  expect((await runHere(place, ["show", id])).stdout).toContain("probe: 0 of 1 delivered, needs 1");
  await send(place, id, 2);
  expect((await runHere(place, ["show", id])).stdout).toMatch(
    // With its day, when that is another one.
    /probe: 0 of 1 delivered, needs 1 by (\w{3} )?\d\d:\d\d/,
  );
  expect((await runHere(place, ["resume", id, "--probe", "0"])).code).toBe(2);
});

test("send tells of a canary what it needs and what follows", async () => {
  const { place, files } = makeList(40, "canary: { size: 20, wait: 5m, then: ask }\n");
  const asked = await runHere(place, ["send", ...files], () => "y");
  expect(asked.questions.join()).toContain("start now, a canary of 20 first?");
  expect(asked.shown.replaceAll("\n", " ")).toContain(
    "goes first, then the campaign pauses: once 16 of them are delivered, or at the latest " +
      "5 min after the last one has left. resume sends the rest.",
  );
  const checked = json<{ goesFirst: object }>(await runHere(place, ["check", ...files, "--json"]));
  expect(checked.goesFirst).toEqual({
    first: null,
    canary: { size: 20, minDelivered: 0.8, waitMs: 300_000, after: "ask", needed: 16 },
  });
});

test("a probe in place of a canary does what the file says of that, and list says who paused", async () => {
  const { place, files } = makeList(40, "canary: { size: 20, then: ask }\n");
  const { id } = json<Shown>(await runHere(place, ["send", ...files, "--json"]));
  await runHere(place, ["pause", id]);

  const listed = await runHere(place, ["list"]);
  const resumed = await runHere(place, ["resume", id, "--probe", "1"]);

  expect(listed.stdout).toContain("paused: by an operator");
  expect(listed.stdout).not.toContain("canary");
  expect(resumed.stdout).toContain("1 message goes first, then it pauses (canary.then: ask)");
});

test("check says that a canary larger than its list is all of it", async () => {
  const { place, files } = makeList(3, "canary: { size: 5 }\n");
  const checked = await runHere(place, ["check", ...files]);
  expect(checked.stdout.replaceAll("\n", " ")).toContain("all 3 are canary (canary.size is 5)");
});
