import { randomBytes } from "node:crypto";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createNumberStore, type NumberStore } from "../../src/store/number-store.ts";
import { importTestCampaign, testPhone } from "../support/campaigns.ts";
import { connectTestRedis } from "../support/redis.ts";
import { runHere } from "./in-process.ts";
import { makePlace, type Place, runShell, writeCampaign } from "./run-cli.ts";

const LIVE = { DROPCAST_API_TOKEN: Buffer.from("account:pat").toString("base64") };

function openStore({ number }: Place): Promise<NumberStore> {
  return createNumberStore({ redis: connectTestRedis(), number });
}

async function stored(place: Place): Promise<string[]> {
  const store = await openStore(place);
  return (await store.campaigns.list()).map(({ status }) => status);
}

test("send asks, and the question names LIVE, count, number, rate, duration and start", async () => {
  const place = makePlace(LIVE);

  const ran = await runHere(place, ["send", ...writeCampaign(place, 1_000)], () => "y");

  expect(ran.questions).toEqual([
    `LIVE, to real people: send 1,000 messages of "Sale" from number ${place.number}` +
      " at 500/s (about 2 s), start now? [y/N] ",
  ]);
  expect(ran.shown).toContain("First 3 messages, as sent");
  expect(ran.stdout).not.toContain("First 3 messages");
  expect(ran.code).toBe(0);
  expect(ran.stdout).toContain(
    `${place.number}-1 is running: 1,000 rows, 1,000 messages at 500/s (about 2 s).\n` +
      "LIVE, to real people; start now.",
  );
});

test("the rate in the question is the one in force, not the configured one", async () => {
  const place = makePlace();
  await (await openStore(place)).pace.setNumberRate(2);

  const ran = await runHere(place, ["send", ...writeCampaign(place, 10)], () => "y");

  expect(ran.questions[0]).toContain(" at 2/s (about 5 s), start now?");
  expect(ran.stdout).toContain("10 messages at 2/s (about 5 s).");
});

test("a start to come is named with its day and its zone", async () => {
  const place = makePlace();
  const [campaign, list] = writeCampaign(place, 1);
  const startAt = new Date(Date.now() + 22 * 3_600_000);
  writeStart(place, startAt);

  const ran = await runHere(place, ["send", campaign, list], () => "yes");

  const start = /start \w{3} \d{1,2} \w{3} (\d{4} )?\d\d:\d\d [+-]\d\d:\d\d, in 22 h/;
  expect(ran.questions[0]).toMatch(start);
  expect(ran.stdout).toContain("is scheduled:");
  expect(ran.stdout).toMatch(start);
});

test.each([
  ["no", "n"],
  ["nothing", ""],
  ["yep", "yep"],
  ["y, and more", "y y"],
  ["the end of input, or Ctrl-C", null],
])("%s is no yes: exit 1, and nothing is stored", async (_, answer) => {
  const place = makePlace();

  const ran = await runHere(place, ["send", ...writeCampaign(place, 3)], () => answer);

  expect(ran).toMatchObject({ code: 1, stdout: "" });
  expect(ran.stderr).toBe("error: Nothing was sent.\nTo do it, answer y or add --yes.\n");
  expect(await stored(place)).toEqual([]);
});

test("with nobody to ask, send says what it would send and exits 2; nothing is stored", async () => {
  const place = makePlace();

  const ran = await runHere(place, ["send", ...writeCampaign(place, 3)]);

  expect(ran.code).toBe(2);
  expect(ran.stderr).toBe(
    "error: Nothing was sent: there is no terminal to ask at. This would send 3 messages of" +
      ` "Sale" from number ${place.number} at 500/s (about 1 s), start now. LIVE, to real people.\n` +
      "Add --yes to do it without asking.\n",
  );
  expect(ran.stdout).toContain("to send  3");
  expect(await stored(place)).toEqual([]);
});

test.each([["--yes"], ["--json"]])("with %s nobody is asked", async (option) => {
  const place = makePlace();

  const ran = await runHere(place, ["send", ...writeCampaign(place, 3), option], () => "n");

  expect(ran).toMatchObject({ code: 0, questions: [] });
  expect(await stored(place)).toEqual(["running"]);
});

test.each([
  ["list", "list.csv", "+48 601 999 999,Late\n"],
  ["campaign file", "sale.yaml", "schedule: { endBy: 2099-01-01T00:00:00Z }\n"],
])("a %s that changes while the question stands is not sent", async (_, file, more) => {
  const place = makePlace();
  const change = (): string => {
    appendFileSync(join(place.dir, file), more);
    return "y";
  };

  const ran = await runHere(place, ["send", ...writeCampaign(place, 3)], change);

  expect(ran.code).toBe(1);
  expect(ran.stderr).toContain("was changed after it was shown. Nothing was sent.");
  expect(await stored(place)).toEqual([]);
});

test("cancel asks with what is lost; only a yes cancels", async () => {
  const place = makePlace();
  const store = await openStore(place);
  const id = await importTestCampaign(store, { rows: 5 });

  const kept = await runHere(place, ["cancel", id], () => "");
  const unasked = await runHere(place, ["cancel", id]);
  const before = (await store.campaigns.find(id))?.status;
  const done = await runHere(place, ["cancel", id], () => "y");
  const again = await runHere(place, ["cancel", id], () => "n");

  expect(kept.questions).toEqual([
    `SANDBOX, no real people: cancel ${id} ("Test") for good, with 5 messages never sent? [y/N] `,
  ]);
  expect(kept).toMatchObject({ code: 1, stderr: expect.stringContaining("Nothing was cancelled") });
  expect(unasked).toMatchObject({ code: 2, stderr: expect.stringContaining("This would cancel") });
  expect(before).toBe("running");
  expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining(`${id} (SANDBOX) is`) });
  expect((await store.campaigns.find(id))?.status).toBe("cancelled");
  expect(again).toMatchObject({ code: 0, questions: [] });
});

test("retry asks with count, rate and mode; only a yes sends again", async () => {
  const place = makePlace();
  const store = await openStore(place);
  const id = await importTestCampaign(store, { rows: 5 });
  await failRows(store, id, [1, 2]);

  const dry = await runHere(place, ["retry", id, "--dry-run"], () => "n");
  const other = await runHere(place, ["retry", id, "--code", "131049"], () => "n");
  const kept = await runHere(place, ["retry", id], () => "");
  const unasked = await runHere(place, ["retry", id]);
  const more = await runHere(place, ["retry", id], async () => {
    await failRows(store, id, [3]);
    return "y";
  });
  const before = (await store.campaigns.find(id))?.counts.failed;
  const done = await runHere(place, ["retry", id], () => "y");

  expect(dry).toMatchObject({ code: 0, questions: [] });
  expect(other).toMatchObject({ code: 0, questions: [] });
  expect(kept.questions).toEqual([
    `SANDBOX, no real people: send 2 failed messages of ${id} ("Test") again` +
      " at 500/s (about 0 s), start now? [y/N] ",
  ]);
  expect(kept.code).toBe(1);
  expect(unasked.code).toBe(2);
  expect(more).toMatchObject({ code: 1, stderr: expect.stringContaining("1 message more failed") });
  expect(before).toBe(3);
  expect(done).toMatchObject({ code: 0, questions: [expect.stringContaining("3 failed")] });
  expect((await store.campaigns.find(id))?.counts.failed).toBe(0);
});

test("a real terminal is asked although the output goes into a file and stdin is fed", async () => {
  const place = makePlace();
  writeCampaign(place, 3);
  const send = "echo y | $BIN send sale.yaml list.csv > out.txt 2> err.txt; echo $? > code.txt";

  // `script` gives it a terminal of its own, at which an empty line is typed.
  const { stdout } = await runShell(place, `echo | script -qec '${send}' /dev/null`);

  const read = (name: string): string => readFileSync(join(place.dir, name), "utf8");
  expect(stdout).toContain('send 3 messages of "Sale"');
  expect(read("out.txt")).toBe("");
  expect(read("err.txt")).toContain("Nothing was sent");
  expect(read("code.txt")).toBe("1\n");
  expect(await stored(place)).toEqual([]);
});

/** Claims rows of the first batch, and records that WhatsApp cannot reach them. */
async function failRows(store: NumberStore, id: string, rows: readonly number[]): Promise<void> {
  await store.campaigns.dispatch("sandbox", 1);
  const nonce = randomBytes(8);
  const persons = rows.map((row) => ({ row, person: store.ledger.person(testPhone(row)) }));
  await store.ledger.claim({
    ...{ campaign: id, batch: 0, run: 1, nonce, mode: "sandbox" as const },
    ...{ ratePerSecond: 1_000, reachMs: 1_000, answerMs: 0, rows: persons },
  });
  const none = { reason: 0, waitMs: 0, held: false, optOut: false, id: null };
  await store.ledger.record(
    id,
    persons.map((one) => ({
      ...{ ...none, ...one, nonce, attempt: 1, outcome: "failed" as const, code: 131000 },
    })),
  );
}

function writeStart(place: Place, startAt: Date): void {
  const path = join(place.dir, "sale.yaml");
  writeFileSync(
    path,
    `${readFileSync(path, "utf8")}schedule: { startAt: ${startAt.toISOString()} }\n`,
  );
}
