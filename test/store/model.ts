import { expect } from "vitest";
import { type Event, nextState, OVERRULES, type State } from "../../src/core/message.ts";
import type { AttemptRecord } from "../../src/store/ledger/attempt-rows.ts";
import { SHORT_FORMS_SCHEMA } from "../../src/store/scripts/protocol.ts";
import { type Granted, type TestStore, testPhone } from "../support/campaigns.ts";
import { type Command, type Outcome, ROWS, type Status } from "./commands.ts";

/**
 * The model of one campaign of five rows: per row a state, the number of grants, and for each grant
 * what became of it. It knows the pure table and the fences of attempts; how the scripts do it, it
 * does not know. A command that the model thinks is refused is run all the same.
 */
interface ModelRow {
  state: State;
  attempts: number;
  tries: number;
  /** A person sends it again although the attempt before is known to have failed. */
  retried: boolean;
  decided: boolean;
}

interface ModelGrant {
  readonly granted: Granted;
  /** Its wamid is in the index, under this attempt number. */
  bound: number | null;
  /** Statuses that came before the answer did. */
  readonly parked: Status[];
}

export interface Model {
  readonly campaign: string;
  readonly rows: ModelRow[];
  readonly grants: ModelGrant[];
  status: "running" | "paused";
  closed: "cancelled" | "expired" | null;
}

export async function startModel(bench: TestStore): Promise<Model> {
  const { claimed, leases, parked, parkedUntil, parkedFor, suppressed, schema } = bench.keys;
  await bench.redis.del(claimed, leases, parked, parkedUntil, parkedFor, suppressed);
  await bench.redis.set(schema, SHORT_FORMS_SCHEMA - 1);
  const rows = Array.from({ length: ROWS }, () => fresh());
  const campaign = await bench.import(ROWS);
  return { campaign, rows, grants: [], status: "running", closed: null };
}

/** What each row reads as. */
export function statesOf({ rows, closed }: Model): State[] {
  return rows.map(({ state }) => (state === "pending" && closed !== null ? closed : state));
}

function fresh(): ModelRow {
  return { state: "pending", attempts: 0, tries: 0, retried: false, decided: false };
}

export async function runCommand(bench: TestStore, model: Model, command: Command): Promise<void> {
  switch (command.do) {
    case "claim":
      return claim(bench, model, command.row);
    case "record": {
      const grant = model.grants[command.grant % (model.grants.length || 1)];
      return grant && record(bench, model, grant, command);
    }
    case "status": {
      const grant = model.grants[command.grant % (model.grants.length || 1)];
      return grant && status(bench, model, grant, command.status);
    }
    case "foreign": {
      const answer = await bench.status(`wamid.foreign-${command.status}`, command.status);
      return expect(answer).toEqual({ kind: "parked" });
    }
    case "retry":
      return retry(bench, model, command.row, command.attempt);
    case "resolve":
      return resolve(bench, model, command.row, command.decision);
    case "sweep":
    case "pause":
    case "resume":
    case "cancel":
    case "expire":
    case "close":
      return control(bench, model, command.do);
    case "shorten":
      await bench.redis.set(bench.keys.schema, SHORT_FORMS_SCHEMA);
  }
}

async function claim(bench: TestStore, model: Model, index: number): Promise<void> {
  const row = model.rows[index - 1] ?? fresh();
  const run = (await bench.runOf(model.campaign, 0)) || 1;
  if (row.state === "pending" && row.attempts > 0) {
    const { value } = await bench.row(model.campaign, index);
    if (value.times.due !== undefined) await bench.makeDue(model.campaign, index);
  }
  const nonce = Buffer.from(`nonce${String(model.grants.length).padStart(3, "0")}`);
  const result = await bench.claim(model.campaign, [index], { run, nonce });
  const verdict = result.kind === "rows" ? result.verdicts[0] : undefined;
  const open = model.status === "running" && model.closed === null && live(model);
  if (!open || row.state !== "pending") {
    expect(verdict?.kind).not.toBe("granted");
    return;
  }
  expect(verdict).toMatchObject({ kind: "granted", attempt: row.attempts + 1 });
  row.attempts++;
  move(row, "claim");
  const person = bench.store.ledger.person(testPhone(index));
  const granted = { campaign: model.campaign, row: index, attempt: row.attempts, nonce, person };
  model.grants.push({ granted, bound: null, parked: [] });
}

const EVENT_OF: Record<Outcome, Event> = {
  accepted: "accept",
  retry: "release",
  pair: "release",
  wait: "release",
  failed: "refuse",
  unknown: "doubt",
};

async function record(
  bench: TestStore,
  model: Model,
  grant: ModelGrant,
  { outcome, id }: { outcome: Outcome; id: boolean },
): Promise<void> {
  const { granted } = grant;
  const row = model.rows[granted.row - 1] ?? fresh();
  const wamid = wamidOf(granted);
  await bench.record(granted, outcome as AttemptRecord["outcome"], {
    code: outcome === "failed" ? 131026 : 0,
    ...(id && outcome === "accepted" ? { wamid } : {}),
  });
  if (outcome === "accepted") return recordAccepted(row, grant, id);
  if (granted.attempt !== row.attempts) return;
  // A person called it sent, and it was not: it does not go out by itself.
  if (row.state === "accepted") return void (outcome !== "unknown" && move(row, "refuse"));
  const again = outcome === "retry" || outcome === "pair";
  if (again && row.tries + 1 >= 8) move(row, "refuse");
  else if (move(row, EVENT_OF[outcome]) && again) row.tries++;
}

function recordAccepted(row: ModelRow, grant: ModelGrant, id: boolean): void {
  let { attempt } = grant.granted;
  // The wamid of an attempt that failed, and was retried, is kept for a later `delivered`.
  const isRetried = row.state === "pending" && row.retried;
  if (row.state === "pending" && !isRetried) attempt = row.attempts;
  if (attempt === row.attempts && !isRetried) move(row, "accept");
  if (!id) return;
  grant.bound = attempt;
  for (const parked of grant.parked.splice(0)) applyStatus(row, grant, parked);
}

async function status(
  bench: TestStore,
  model: Model,
  grant: ModelGrant,
  what: Status,
): Promise<void> {
  const row = model.rows[grant.granted.row - 1] ?? fresh();
  const answer = await bench.status(wamidOf(grant.granted), what, {
    code: what === "failed" ? 131047 : 0,
  });
  if (grant.bound === null) {
    expect(answer).toEqual({ kind: "parked" });
    if (!grant.parked.includes(what)) grant.parked.push(what);
    return;
  }
  expect(answer.kind).toBe(applyStatus(row, grant, what) ? "moved" : "unchanged");
}

function applyStatus(row: ModelRow, grant: ModelGrant, what: Status): boolean {
  const through = what === "delivered" || what === "read";
  if (row.state === "pending") {
    if (what === "failed" || (row.retried && !through)) return false;
    grant.bound = row.attempts;
  }
  if (grant.bound !== row.attempts) return false;
  return move(row, `status_${what}`);
}

async function retry(
  bench: TestStore,
  model: Model,
  index: number,
  attempt: number,
): Promise<void> {
  const row = model.rows[index - 1] ?? fresh();
  const answer = await bench.store.campaigns.retryRows(model.campaign, 0, [
    { row: index, attempt },
  ]);
  if (model.closed) return expect(answer).toEqual({ kind: "closed" });
  const taken = row.state === "failed" && row.attempts === attempt;
  expect(answer).toEqual({ kind: "retried", verdicts: [taken ? "taken" : "not_failed"] });
  if (!taken) return;
  wake(model);
  move(row, "retry");
  row.tries = 0;
  if (!row.decided) row.retried = true;
}

async function resolve(
  bench: TestStore,
  model: Model,
  index: number,
  decision: "resend" | "sent" | "failed",
): Promise<void> {
  const row = model.rows[index - 1] ?? fresh();
  const answer = await bench.store.campaigns.resolve(model.campaign, index, decision);
  if (row.state !== "unknown") return expect(answer.kind).toBe("not_unknown");
  if (decision === "resend" && model.closed) return expect(answer.kind).toBe("closed");
  expect(answer.kind).toBe("resolved");
  if (decision === "resend") {
    wake(model);
    move(row, "resend");
    row.tries = 0;
    row.retried = false;
  } else {
    move(row, decision === "sent" ? "decide_sent" : "decide_failed");
    row.decided = true;
  }
}

async function control(
  bench: TestStore,
  model: Model,
  what: "sweep" | "pause" | "resume" | "cancel" | "expire" | "close",
): Promise<void> {
  const { campaigns, ledger } = bench.store;
  const running = live(model) && model.closed === null;
  if (what === "sweep") {
    await bench.endLeases();
    await ledger.sweep();
    for (const row of model.rows) if (row.state === "sending") move(row, "lease_end");
  } else if (what === "pause") {
    await campaigns.pause(model.campaign, "person");
    if (running) model.status = "paused";
  } else if (what === "resume") {
    await campaigns.resume(model.campaign);
    if (running) model.status = "running";
  } else if (what === "cancel") {
    await campaigns.cancel(model.campaign);
    if (running) model.closed = "cancelled";
  } else if (what === "expire") {
    await bench.redis.zadd(bench.keys.endings, "1", model.campaign);
    await campaigns.dispatch("sandbox", 0);
    if (running) model.closed = "expired";
  } else {
    const run = await bench.redis.hget(bench.own(model.campaign).open, "0");
    await ledger.close(model.campaign, 0, Number(run ?? 1));
  }
}

const DECISIONS: ReadonlySet<Event> = new Set([
  "decide_sent",
  "decide_failed",
  "retry",
  "cancel",
  "expire",
]);

/** Moves a row as the tables say; false when they say that nothing changes. */
function move(row: ModelRow, event: Event): boolean {
  const overruled = row.decided ? OVERRULES[row.state]?.[event] : undefined;
  const to = nextState(row.state, event) ?? overruled;
  if (to === undefined) return false;
  if (!DECISIONS.has(event)) row.decided = false;
  row.state = to;
  return true;
}

/** A finished campaign that gets work again runs, whatever it was before it finished. */
function wake(model: Model): void {
  if (!live(model)) model.status = "running";
}

function live(model: Model): boolean {
  return model.rows.some(({ state }) => state === "pending" || state === "sending");
}

function wamidOf({ campaign, row, attempt }: Granted): string {
  return `wamid.${campaign}-${row}-${attempt}`;
}
