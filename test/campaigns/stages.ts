import type { Actor } from "../../src/core/act.ts";
import type { CampaignStatus } from "../../src/core/campaign.ts";
import { type TestStore, testDefinition } from "../support/campaigns.ts";

/** Who acts in these tests. */
export const ANNA: Actor = { who: "anna", via: "command line", from: "host-1" };

/** Every place in the life of a campaign where it may be asked something; the status comes first. */
export const STAGES = {
  importing: importing,
  scheduled: scheduled,
  running: async (bench: TestStore) => bench.import(2),
  "running, expired, its last message on the wire": onTheWire,
  paused: async (bench: TestStore) => {
    const id = await bench.import(2);
    await bench.store.campaigns.pause(id, "operator");
    return id;
  },
  "paused before its start": async (bench: TestStore) => {
    const id = await scheduled(bench);
    await bench.store.campaigns.pause(id, "operator");
    return id;
  },
  "paused with its number": async (bench: TestStore) => {
    const id = await bench.import(2);
    await bench.send(id, 1, "suspend", { code: 190 });
    return id;
  },
  "paused, expired, its last message on the wire": async (bench: TestStore) => {
    const id = await bench.import(2);
    await bench.grant(id, 1);
    await bench.store.campaigns.pause(id, "operator");
    await expire(bench, id);
    return id;
  },
  finished: async (bench: TestStore) => {
    const id = await bench.import(1);
    await bench.send(id, 1, "accepted", { wamid: "wamid.A" });
    return id;
  },
  "finished by its end": async (bench: TestStore) => {
    const id = await bench.import(2);
    await expire(bench, id);
    return id;
  },
  cancelled: async (bench: TestStore) => {
    const id = await bench.import(2);
    await bench.store.campaigns.cancel(id);
    return id;
  },
  rejected: async (bench: TestStore) => {
    const handle = await beginImport(bench);
    const refusal = { code: "list_empty", message: "The list is empty.", fix: "" } as const;
    await bench.store.imports.reject({ ...handle, refusal });
    return handle.campaign;
  },
} satisfies Record<string, (bench: TestStore) => Promise<string>>;

export type Stage = keyof typeof STAGES;

export function statusOf(stage: Stage): CampaignStatus {
  return stage.split(/[ ,]/)[0] as CampaignStatus;
}

async function importing(bench: TestStore): Promise<string> {
  return (await beginImport(bench)).campaign;
}

async function beginImport({ store, number }: TestStore) {
  const begun = await store.imports.begin({
    ...{ digest: Math.random().toString(16), again: false, definition: testDefinition(number) },
    ...{ file: "list.csv", columns: ["phone"], mode: "sandbox" },
  });
  if (begun.kind !== "begun") throw new Error(`import ${begun.kind}`);
  return begun;
}

function scheduled(bench: TestStore): Promise<string> {
  const startAtMs = Date.now() + 3_600_000;
  const schedule = { startAtMs, endByMs: null };
  return bench.import(2, { definition: testDefinition(bench.number, { schedule }) });
}

async function onTheWire(bench: TestStore): Promise<string> {
  const id = await bench.import(2);
  await bench.grant(id, 1);
  await expire(bench, id);
  return id;
}

/** Lets the campaign's `endBy` come now. */
export async function expire(bench: TestStore, id: string): Promise<void> {
  await bench.redis.zadd(bench.keys.endings, "1", id);
  await bench.store.campaigns.dispatch("sandbox", 4);
}

/** As the retention time leaves a campaign: its rows are gone. */
export async function deleteRows(bench: TestStore, id: string): Promise<void> {
  await bench.redis.hset(bench.own(id).campaign, "purgedAt", Date.now());
}
