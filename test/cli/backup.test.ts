import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { generateX25519Identity } from "age-encryption";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { restoringKey } from "../../src/store/shared-keys.ts";
import { openTestStore } from "../support/campaigns.ts";
import { startOwnRedis } from "../support/redis.ts";
import { runHere } from "./in-process.ts";
import { json, makePlace, type Place } from "./run-cli.ts";

async function openPlace() {
  const server = await startOwnRedis();
  return { server, place: makePlace({ DROPCAST_REDIS_URL: server.url }) };
}

/** The same configuration on another Redis. */
async function openElsewhere(place: Place) {
  const { url } = await startOwnRedis();
  return { ...place, env: { ...place.env, DROPCAST_REDIS_URL: url } };
}

/** A place with one campaign, in the sandbox. */
async function openUsed() {
  const { server, place } = await openPlace();
  const redis = new Redis(server.url);
  onTestFinished(() => redis.disconnect());
  const bench = await openTestStore({}, redis, { number: place.number, mode: "sandbox" });
  const campaign = await bench.import(5);
  return { place, campaign };
}

test("a backup comes back in another Redis, where nothing is sent before a person decides", async () => {
  const { place, campaign } = await openUsed();
  const other = await openElsewhere(place);
  const file = join(place.dir, "copy");
  writeFileSync(join(place.dir, "key"), `${await generateX25519Identity()}\n`);
  const key = ["--key-file", join(place.dir, "key")];

  const made = await runHere(place, ["backup", "copy", ...key, "--sandbox", "--json"]);
  const restored = await runHere(other, ["restore", file, ...key, "--sandbox"], () => "y");
  const shown = await runHere(other, ["show", campaign, "--sandbox"]);
  const decided = await runHere(other, ["doctor", "--nothing-lost", "--sandbox", "--json"]);
  const audit = await runHere(other, ["audit", "--sandbox", "--json"]);

  expect(json(made)).toMatchObject({ path: file, encrypted: true });
  expect(restored.code).toBe(0);
  expect(restored.questions).toEqual(["Restore it into this empty Redis? [y/N] "]);
  expect(restored.stdout).toContain("Nothing is sent yet.");
  expect(shown.stdout).toContain(`The data of number ${place.number} came from a backup`);
  expect(json(decided)).toEqual({ confirmed: [place.number] });
  expect(JSON.stringify(json(audit))).toMatch(/"what":"restore".*"what":"back up"/);
});

test("without a yes and without a terminal nothing is restored", async () => {
  const { place } = await openUsed();
  const { place: other } = await openPlace();
  await runHere(place, ["backup", "copy", "--sandbox"]);
  const file = join(place.dir, "copy");

  const unasked = await runHere(other, ["restore", file, "--sandbox"]);
  const no = await runHere(other, ["restore", file, "--sandbox"], () => "n");

  expect(unasked.code).toBe(2);
  expect(no.code).toBe(1);
  expect(no.shown).toContain("It is whole.");
  const listed = await runHere(other, ["list", "--sandbox", "--json"]);
  expect(listed.code).toBe(0);
});

test("a Redis with half a backup is not opened, and the restore goes on", async () => {
  const { place } = await openUsed();
  const { server, place: other } = await openPlace();
  const made = json<{ madeAt: string }>(
    await runHere(place, ["backup", "copy", "--sandbox", "--json"]),
  );
  await server.connect().set(restoringKey("sandbox"), made.madeAt);

  const refused = await runHere(other, ["list", "--sandbox", "--json"]);
  const restored = await runHere(other, [
    ...["restore", join(place.dir, "copy"), "--sandbox", "--yes"],
  ]);

  expect(json(refused)).toMatchObject({ error: { code: "restore_unfinished" } });
  expect(restored.code).toBe(0);
});
