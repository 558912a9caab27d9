import { randomBytes } from "node:crypto";
import type { Redis } from "ioredis";
import type { CampaignDefinition } from "../../src/core/campaign.ts";
import { type Durability, FSYNC } from "../../src/core/durability.ts";
import type { Counts, State } from "../../src/core/message.ts";
import type { Mode } from "../../src/core/mode.ts";
import type { Campaign } from "../../src/store/campaigns/campaign.ts";
import { campaignKeys, numberKeys } from "../../src/store/keys.ts";
import type { AttemptRecord } from "../../src/store/ledger/attempt-rows.ts";
import { type ImportOutcome, type ImportRow, packRows } from "../../src/store/ledger/batch-rows.ts";
import type { ClaimInput, LedgerLimits } from "../../src/store/ledger/ledger.ts";
import type { CampaignRow } from "../../src/store/ledger/row-reader.ts";
import type { StatusEvent } from "../../src/store/ledger/status-events.ts";
import {
  createNumberStore,
  DEFAULT_LIMITS,
  type NumberStore,
} from "../../src/store/number-store.ts";
import { SCHEMA } from "../../src/store/schema.ts";
import { BATCH_ROWS } from "../../src/store/scripts/protocol.ts";
import { connectTestRedis, testNumber } from "./redis.ts";
import { SOON } from "./soon.ts";

/** A campaign for tests: one template variable, everything else as the file leaves it. */
export function testDefinition(
  number: string,
  changes: Partial<CampaignDefinition> = {},
): CampaignDefinition {
  return {
    name: "Test",
    number,
    template: {
      name: "spring_sale",
      language: { code: "en_US" },
      components: [{ type: "body", parameters: [{ type: "text", text: "{{first_name|there}}" }] }],
    },
    preview: null,
    category: "marketing",
    recipients: {
      file: null,
      to: "phone",
      country: null,
      numbers: null,
      encoding: null,
      maxRejected: 0.2,
      strictValues: false,
      skipUndeliverableMs: null,
      warnRepeatMs: null,
      skipRepeatMs: null,
    },
    schedule: { startAtMs: null, endByMs: null },
    delivery: { guarantee: "at-most-once", ratePerSecond: null, priority: "normal" },
    ...changes,
  };
}

/** The phone of row `row` (from 1) of a test campaign. */
export function testPhone(row: number): string {
  return `48600${String(row).padStart(6, "0")}`;
}

/** Imports a campaign: `outcomes` for each row, pending where not given. Returns its id. */
export async function importTestCampaign(
  store: NumberStore,
  input: {
    rows: number;
    definition?: CampaignDefinition;
    outcomes?: ReadonlyMap<number, ImportOutcome>;
    mode?: Mode;
    digest?: string;
    /** The rows of the definition's canary. */
    canaryRows?: readonly number[];
  },
): Promise<string> {
  const definition = input.definition ?? testDefinition(store.number);
  const begun = await store.imports.begin({
    digest: input.digest ?? Math.random().toString(16),
    again: false,
    definition,
    file: "list.csv",
    columns: ["phone", "first_name"],
    mode: input.mode ?? "sandbox",
  });
  if (begun.kind !== "begun") throw new Error(`import ${begun.kind}`);
  const rows = Array.from({ length: input.rows }, (_, index): ImportRow => {
    const phone = testPhone(index + 1);
    const outcome = input.outcomes?.get(index + 1) ?? { kind: "pending", phone };
    return { cells: [phone, `Name ${index + 1}`], outcome };
  });
  const batches = [];
  for (let at = 0; at < rows.length; at += BATCH_ROWS) {
    const some = rows.slice(at, at + BATCH_ROWS);
    batches.push({ outcomes: some.map(({ outcome }) => outcome), blob: packRows(some, true) });
  }
  await store.imports.chunk({ ...begun, firstBatch: 0, batches });
  const { canaryRows = [] } = input;
  await store.imports.finish({ ...begun, rows: rows.length, batches: batches.length, canaryRows });
  return begun.campaign;
}

/** The states that some rows are in, zeros left out. */
export function nonZero(counts: Counts): Partial<Record<State, number>> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));
}

/** A granted attempt: everything a worker needs to tell what came of it. */
export interface Granted {
  readonly campaign: string;
  readonly row: number;
  readonly attempt: number;
  readonly nonce: Buffer;
  readonly person: Buffer;
}

type Outcome = AttemptRecord["outcome"];

/** What a test may say of an outcome; the rest is nothing. */
export type Told = Partial<
  Pick<AttemptRecord, "code" | "reason" | "http" | "waitMs" | "held" | "optOut" | "plusOne">
> & {
  wamid?: string;
  reference?: string;
};

/** A rate at which the pace never makes a test wait. */
export const FREE_RATE = 100_000;

/**
 * One number's store with its Redis client, and a worker's hand movements: opening batches,
 * claiming rows, recording outcomes, sending status events. Time is moved by writing the times
 * that the ledger stored, never by waiting.
 */
export async function openTestStore(
  limits: Partial<LedgerLimits> = {},
  redis = connectTestRedis(),
  {
    number = testNumber(),
    mode = "live" as Mode,
    durability = FSYNC as Durability,
    clientOf = (() => redis) as (space: string) => Redis,
  } = {},
) {
  const store = await createNumberStore({
    redis,
    number,
    mode,
    durability,
    clientOf,
    limits: { ...DEFAULT_LIMITS, ...limits },
  });
  const keys = numberKeys(store.space);
  // Other tests' processes in this Redis do not matter to it.
  await redis.set(keys.schema, SCHEMA, "NX");
  await store.join();

  async function runOf(campaign: string, batch: number): Promise<number> {
    const { open } = campaignKeys(store.space, campaign);
    if ((await redis.hget(open, String(batch))) === null) {
      await store.campaigns.dispatch("sandbox", 1_000);
    }
    return Number(await redis.hget(open, String(batch)));
  }

  /** Claims rows of one batch, which is opened first when it is not. */
  async function claim(
    campaign: string,
    rows: readonly number[],
    changes: Partial<ClaimInput> = {},
  ) {
    const batch = Math.floor(((rows[0] ?? 1) - 1) / BATCH_ROWS);
    return await store.ledger.claim({
      campaign,
      batch,
      run: changes.run ?? (await runOf(campaign, batch)),
      nonce: randomBytes(8),
      mode: "sandbox",
      ratePerSecond: FREE_RATE,
      reachMs: 60_000,
      answerMs: 0,
      rows: rows.map((row) => ({ row, person: store.ledger.person(testPhone(row)) })),
      ...changes,
    });
  }

  /**
   * Claims rows, each of which must be granted; one attempt for each, in the order given. A claim that
   * replicas do not confirm within a second, as on a busy machine, is made again, as a worker does.
   */
  async function grant<Rows extends number[]>(campaign: string, ...rows: Rows) {
    const nonce = randomBytes(8);
    const until = performance.now() + SOON.timeout;
    let result = await claim(campaign, rows, { nonce });
    while (result.kind === "gate" && result.gate === "replicas" && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, SOON.interval));
      result = await claim(campaign, rows, { nonce });
    }
    if (result.kind === "gate") throw new Error(`The claim met the gate "${result.gate}".`);
    const attempts = result.verdicts.map((result, index): Granted => {
      const row = rows[index] ?? 0;
      if (result.kind !== "granted") throw new Error(`Row ${row} was ${result.kind}.`);
      const person = store.ledger.person(testPhone(row));
      return { campaign, row, attempt: result.attempt, nonce, person };
    });
    return attempts as { [Index in keyof Rows]: Granted };
  }

  /** Records one outcome; returns the row's state and whether anything was stopped. */
  async function record(granted: Granted, outcome: Outcome, told: Told = {}) {
    const { campaign, ...attempt } = granted;
    const { wamid, reference, ...rest } = told;
    const text = wamid ?? reference;
    const id = text === undefined ? null : { text, isWamid: wamid !== undefined };
    const plain = { code: 0, reason: 0, waitMs: 0, held: false, optOut: false };
    const { states, ...recorded } = await store.ledger.record(campaign, [
      { ...plain, ...attempt, outcome, id, ...rest },
    ]);
    return { state: states[0], ...recorded };
  }

  /** Grants one row and records its outcome. */
  async function send(campaign: string, row: number, outcome: Outcome, told: Told = {}) {
    const [granted] = await grant(campaign, row);
    await record(granted, outcome, told);
    return granted;
  }

  /** Applies a status event of now. */
  function status(
    wamid: string,
    status: StatusEvent["status"],
    changes: Partial<StatusEvent> = {},
  ) {
    const none = { recipient: null, code: 0, category: null, billable: null, origin: null };
    return store.applyStatus({ wamid, status, atMs: Date.now(), ...none, ...changes }, "park");
  }

  /** The states of all rows, by reading every row. */
  async function states(campaign: string): Promise<State[]> {
    const found = await store.campaigns.find(campaign);
    const all: State[] = [];
    for await (const row of store.rows.all(campaign, found?.rows ?? 0)) all.push(row.state);
    return all;
  }

  async function row(campaign: string, index: number): Promise<CampaignRow> {
    const found = await store.rows.one(campaign, index);
    if (found === undefined) throw new Error(`There is no row ${index}.`);
    return found;
  }

  async function found(campaign: string): Promise<Campaign> {
    const one = await store.campaigns.find(campaign);
    if (one === undefined) throw new Error(`There is no campaign ${campaign}.`);
    return one;
  }

  /** Lets every lease run out now. */
  async function endLeases(): Promise<void> {
    for (const ref of await redis.zrangeBuffer(keys.leases, "0", "-1"))
      await redis.zadd(keys.leases, "1", ref);
  }

  /** Lets all waits of the number be shorter by so much: its own clock goes on, WhatsApp's does not. */
  async function later(ms: number): Promise<void> {
    await redis.hincrby(keys.clock, "offset", ms);
  }

  /** Lets a row that waits be due now: `due` is the last time of a pending row's ledger value. */
  async function makeDue(campaign: string, index: number): Promise<void> {
    const { ledger } = campaignKeys(store.space, campaign);
    const key = ledger(Math.floor((index - 1) / BATCH_ROWS));
    const field = String((index - 1) % BATCH_ROWS);
    const value = await redis.hgetBuffer(key, field);
    if (value === null) throw new Error(`Row ${index} has no ledger value.`);
    value.writeUInt32BE(0, value.length - 4);
    await redis.hset(key, field, value);
  }

  return {
    redis,
    number,
    store,
    keys,
    runOf,
    claim,
    grant,
    record,
    send,
    status,
    states,
    row,
    found,
    endLeases,
    later,
    makeDue,
    own: (campaign: string) => campaignKeys(store.space, campaign),
    counts: async (campaign: string) => nonZero((await found(campaign)).counts),
    state: async (campaign: string, index: number) => (await row(campaign, index)).state,
    import: (rows: number, changes: Partial<Parameters<typeof importTestCampaign>[1]> = {}) =>
      importTestCampaign(store, { rows, ...changes }),
  };
}

export type TestStore = Awaited<ReturnType<typeof openTestStore>>;
