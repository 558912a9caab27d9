import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Campaign } from "../../src/store/campaigns/campaign.ts";
import { nonZero } from "../support/campaigns.ts";
import { type FaultRun, NUMBER, startFaultRun } from "../support/fault-run.ts";
import { campaignFile, csvOf, phoneOf } from "../support/fleet.ts";
import { expectNoDoubt, expectSound } from "../support/run-result.ts";
import { SOON } from "../support/soon.ts";
import { published, type Seeded, seeded, seedsOf, volume } from "../support/volume.ts";

const NAME = "kill-producers";
const KILLS = volume(100);
/** The drop folder has one producer; of `send`, several run at once. */
const FOLDER_KILLS = Math.ceil(KILLS / 5);
const SENDS_AT_ONCE = 3;
const KILLS_A_LIST = 5;
/** The third would be the list's end. */
const FOLDER_KILLS_A_LIST = 2;
/** Long to import and short to send: its people stand in it again and again. */
const ROWS = 12_000;
const PEOPLE = 200;
const REJECTED = 50;

test.each(seedsOf(NAME))(
  "`send` and the producer of the drop folder are killed while they import: nothing of a half-stored list is sent, and in the end every row is there once",
  async (given) => {
    const chance = seeded(NAME, given);
    const run = await startFaultRun({
      ratePerSecond: 500,
      workers: 1,
      knobs: { latencyMs: "0", webhookLost: "1", seed: String(chance.seed) },
      answerSeconds: 60,
      timeScale: 5,
    });
    onTestFinished(run.close);
    const sends = KILLS - FOLDER_KILLS;
    const counts = await Promise.all([
      killFolder(run, chance, FOLDER_KILLS),
      ...Array.from({ length: SENDS_AT_ONCE }, (_, lane) =>
        killSends(run, chance, { lane, kills: Math.ceil((sends - lane) / SENDS_AT_ONCE) }),
      ),
    ]);

    const result = await run.settle();
    expectSound(result);
    const lists = counts.reduce((sum, count) => sum + count, 0);
    expect((await run.watch.campaigns()).map(({ counts }) => nonZero(counts))).toEqual(
      Array.from({ length: lists }, () => ({
        rejected: REJECTED,
        duplicate: ROWS - PEOPLE - REJECTED,
        accepted: PEOPLE,
      })),
    );
    expect(result.figures.posts).toBe(lists * PEOPLE);
    expectNoDoubt(result);
    published(NAME, chance.seed, { kills: KILLS, ...result.figures });
  },
);

/** Kills `send` so often, a few times for each list; returns how many lists there were. */
async function killSends(
  run: FaultRun,
  chance: Seeded,
  { lane, kills }: { lane: number; kills: number },
): Promise<number> {
  const { stage } = run.fleet;
  let lists = 0;
  for (let done = 0; done < kills; ) {
    const begun = { at: 0 };
    const name = `sent-${lane}-${++lists}`;
    stage.write(`${name}.yaml`, campaignFile({ number: NUMBER, name }));
    stage.write(`${name}.csv`, longList(run.people(PEOPLE)));
    const send = ["send", `${name}.yaml`, `${name}.csv`, "--json"];
    for (let times = 0; times < KILLS_A_LIST && done < kills; times++) {
      const { kill } = stage.launch(send);
      if (!(await killedHalfWay(run, chance, { name, kill, begun }))) break;
      done++;
    }
    await stage.run(send);
  }
  return lists;
}

/** The same for the producer of the drop folder, which goes on by itself with what it finds. */
async function killFolder(run: FaultRun, chance: Seeded, kills: number): Promise<number> {
  const { stage } = run.fleet;
  let producer = await stage.start("producer", ["producer"]);
  let lists = 0;
  for (let done = 0; done < kills; ) {
    const begun = { at: 0 };
    const name = `dropped-${++lists}`;
    stage.write(`drops/inbox/${name}.yaml`, campaignFile({ number: NUMBER, name }));
    stage.write(`drops/inbox/${name}.csv`, longList(run.people(PEOPLE)));
    for (let times = 0; times < FOLDER_KILLS_A_LIST && done < kills; times++) {
      if (!(await killedHalfWay(run, chance, { name, kill: producer.kill, begun }))) break;
      done++;
      producer = await stage.start("producer", ["producer"]);
    }
    const moved = join(stage.dir, "drops/done", `${name}.csv`);
    await vi.waitFor(() => expect(existsSync(moved)).toBe(true), SOON);
  }
  const processing = join(stage.dir, "drops/processing");
  await vi.waitFor(() => expect(readdirSync(processing)).toEqual([]), SOON);
  expect(readdirSync(join(stage.dir, "drops/failed"))).toEqual([]);
  return lists;
}

/**
 * Kills an importer when a random part of the list is stored. False when the import was over
 * before that was seen. `begun`: when the importer that was killed last had begun the list.
 */
async function killedHalfWay(
  { store }: FaultRun,
  chance: Seeded,
  { name, kill, begun }: { name: string; kill: () => Promise<void>; begun: { at: number } },
): Promise<boolean> {
  const rows = chance.int(1, ROWS * 0.8);
  const { id, createdAt } = await look(async () => {
    const all = await store.campaigns.list();
    return all.find((one) => one.name === name && one.createdAt > begun.at);
  });
  begun.at = createdAt;
  const seen = await look(async () => {
    const campaign = await store.campaigns.find(id);
    return (campaign?.rows ?? 0) >= rows ? campaign : undefined;
  });
  if (seen.status !== "importing") return false;
  await kill();
  const left = await store.campaigns.find(id);
  if (left?.status !== "importing") return false;
  expect(left.counts).toMatchObject({ sending: 0, accepted: 0, unknown: 0 });
  expect(left.startedAt).toBe(null);
  return true;
}

/** Looks until there is something. */
function look(at: () => Promise<Campaign | undefined>): Promise<Campaign> {
  return vi.waitFor(async () => (await at()) ?? Promise.reject(new Error("not yet")), SOON);
}

/** Its people first and last; between them the first one again and again, and some bad phones. */
function longList(first: number): string {
  const person = (at: number): [string, string] => [phoneOf(first + at), `Name ${at}`];
  const people = Array.from({ length: PEOPLE }, (_, at) => person(at));
  const again = Array.from({ length: ROWS - PEOPLE - REJECTED }, () => person(0));
  const bad = Array.from({ length: REJECTED }, (_, at): [string, string] => [
    `+48 12 ${at}`,
    "Bad",
  ]);
  const half = PEOPLE / 2;
  return csvOf([...people.slice(0, half), ...bad, ...again, ...people.slice(half)]);
}
