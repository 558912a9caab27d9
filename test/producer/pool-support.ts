import { randomInt, randomUUID } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Redis } from "ioredis";
import { findCampaign, type Stores } from "../../src/campaigns/find.ts";
import { poolSink } from "../../src/producer/import/pool-sink.ts";
import { createFileImporter } from "../../src/producer/import-file.ts";
import type { ListSink } from "../../src/producer/sink/sink.ts";
import { numberOfCampaign } from "../../src/store/campaign-id.ts";
import { finishMoves } from "../../src/worker/pool-chore.ts";
import { openTestStore } from "../support/campaigns.ts";
import { startOwnRedis, testNumber } from "../support/redis.ts";

/** As the workers of these numbers do; throws if a move of theirs cannot be finished. */
export async function finishOwnMoves(stores: Stores): Promise<void> {
  await finishMoves(stores, (error, from) => {
    if ((numberOfCampaign(from) ?? "") in stores) throw error;
  });
}

/** What a move gets of the pool's other numbers. */
export function storeIn(stores: Stores) {
  return async (number: string) => stores[number];
}

export const BY = { who: "test", from: "test" } as never;

type Bench = Awaited<ReturnType<typeof openTestStore>>;

const TEMPLATE = {
  ...{ name: "sale", language: { code: "en" } },
  components: [{ type: "body", parameters: [{ type: "text", text: "{{name}}" }] }],
};

/**
 * Numbers of which all have rows of a list: its pool, and what the tests need of each number. With a
 * Redis of its own: pools and moves are a whole deployment's, and the workers of other tests would
 * go on with them.
 */
export async function openStoredPool(
  count = 2,
  rows = 130,
  given?: Redis,
  /** Lines that the import rejects. */
  bad: readonly string[] = [],
) {
  const redis = given ?? (await startOwnRedis()).connect();
  const names = Array.from({ length: count }, () => testNumber());
  const benches: Bench[] = [];
  for (const number of names) benches.push(await openTestStore({}, redis, { number }));
  const stores: Stores = Object.fromEntries(benches.map(({ store }) => [store.number, store]));
  const members = names.map((number, at) => ({ number, weight: 10 * (at + 1) }));
  const dir = mkdtempSync(join(tmpdir(), "dropcast-pool-"));
  const [campaignPath, csvPath] = [join(dir, "sale.yaml"), join(dir, "list.csv")];
  const campaign = { numbers: names, category: "marketing", template: TEMPLATE };
  const name = `Sale ${randomUUID()}`;
  const recipients = { country: "PL" };
  writeFileSync(campaignPath, JSON.stringify({ name, ...campaign, recipients }));
  const base = 500_000_000 + randomInt(9_000) * 10_000;
  const lines = Array.from({ length: rows }, (_, at) => `+48${base + at},N${at}`);
  writeFileSync(csvPath, ["phone,name", ...lines, ...bad].join("\n"));
  const send = (
    sink: ListSink = poolSink(Object.values(stores), members),
    repeats: "refuse" | "import" = "refuse",
  ) =>
    createFileImporter({
      numbers: stores,
      openNumber: () => {
        throw new Error("one number");
      },
      openPool: () => ({ sink, store: null, country: "PL" }),
      mode: "live",
    })({ campaignPath, csvPath, rejectsPath: null, repeats });
  const sent = await send();
  if (!sent.ok) throw new Error(JSON.stringify(sent));
  const id = sent.report.campaign ?? "";
  const find = async () => {
    const found = await findCampaign(stores, id);
    if (!found.ok) throw new Error(found.refusal.message);
    return found.value;
  };
  const { children = [] } = await find();
  const [first, second] = children;
  const [one, two] = benches;
  if (first === undefined || second === undefined || one === undefined || two === undefined) {
    throw new Error("A pool has two numbers.");
  }
  const move = { from: first.campaign.number, to: second.campaign.number };
  return {
    redis,
    names,
    stores,
    benches,
    id,
    find,
    first,
    second,
    one,
    two,
    move,
    send,
    dir,
    base,
  };
}

/** The phones of rows that a running campaign may send. */
export async function sendable(stores: Stores): Promise<string[]> {
  const phones: string[] = [];
  for (const store of Object.values(stores)) {
    for (const { id, status } of await store.campaigns.live()) {
      if (status !== "running") continue;
      const rows = (await store.campaigns.find(id))?.rows ?? 0;
      for await (const row of store.rows.all(id, rows)) {
        if (row.state === "pending") phones.push(row.phone);
      }
    }
  }
  return phones;
}

/** Grants these rows, and records what became of them. */
export async function claimRows(
  bench: Bench,
  id: string,
  wanted: readonly number[],
  outcome: "accepted" | "unknown" | "failed",
): Promise<void> {
  await bench.store.campaigns.dispatch("live", 1_000);
  const run = Number(await bench.redis.hget(bench.own(id).open, "0"));
  const rows: { row: number; person: Buffer }[] = [];
  for (const row of wanted) {
    const stored = await bench.store.rows.one(id, row);
    rows.push({ row, person: bench.store.ledger.person(stored?.phone ?? "") });
  }
  const nonce = Buffer.alloc(8, 7);
  const result = await bench.claim(id, [...wanted], { mode: "live", nonce, rows, run });
  if (result.kind !== "rows") throw new Error(result.gate);
  for (const [at, row] of rows.entries()) {
    const verdict = result.verdicts[at];
    if (verdict?.kind !== "granted") throw new Error("not granted");
    const { attempt } = verdict;
    await bench.record(
      { campaign: id, ...row, attempt, nonce },
      outcome,
      outcome === "failed" ? { code: 131026 } : {},
    );
  }
}
