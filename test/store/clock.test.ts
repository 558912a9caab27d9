import { expect, test, vi } from "vitest";
import { openTestStore, testDefinition } from "../support/campaigns.ts";
import { SOON } from "../support/soon.ts";

const TWO_HOURS_MS = 2 * 3_600_000;

/**
 * A store whose Redis TIME is two hours fast until `putRight` is called. The tests cannot move TIME
 * itself, so they move the number's clock as TIME would have: `mark` is what a fast TIME leaves.
 */
async function withFastClock(limits: Parameters<typeof openTestStore>[0] = {}) {
  const env = await openTestStore(limits);
  const { clock } = env.keys;
  await env.redis.hset(clock, { offset: TWO_HOURS_MS, mark: Date.now() + TWO_HOURS_MS });
  return {
    ...env,
    async putRight() {
      await env.redis.hset(clock, { offset: 0, mark: Date.now() + TWO_HOURS_MS });
      // Every worker does it, twice a second.
      await env.store.campaigns.dispatch("sandbox", 4);
    },
  };
}

test("a backoff stored by a clock that was two hours fast takes its own length", async () => {
  const env = await withFastClock();
  const id = await env.import(3);
  // Long enough that it lasts when it is asked for, on a busy machine, too.
  await env.send(id, 1, "backOff", { waitMs: 1_500 });

  await env.putRight();

  const gate = await env.claim(id, [2]);
  expect(gate).toMatchObject({ kind: "gate", gate: "backoff" });
  expect(gate.kind === "gate" && gate.waitMs).toBeLessThanOrEqual(1_500);
  const { holdUntilMs } = await env.store.pace.read();
  expect((holdUntilMs ?? 0) - Date.now()).toBeLessThanOrEqual(1_500);
  await vi.waitFor(() => env.grant(id, 2), SOON);
});

test("a row put off by a clock that was two hours fast is due after its own wait", async () => {
  const env = await withFastClock();
  const id = await env.import(1);
  await env.send(id, 1, "wait", { waitMs: 200 });
  const { epoch } = await env.redis.hgetall(env.own(id).campaign);

  await env.putRight();

  await vi.waitFor(async () => {
    const loaded = await env.store.ledger.load(id, 0, Number(epoch));
    const due = loaded?.rows[0]?.value.times.due ?? 0;
    expect(due - (loaded?.dueByMs ?? 0)).toBeLessThan(0);
    await env.grant(id, 1);
  }, SOON);
});

test("a lease granted by a clock that was two hours fast ends after its own length", async () => {
  const env = await withFastClock({ leaseMs: 100 });
  const id = await env.import(1);
  await env.grant(id, 1);

  await env.putRight();

  await vi.waitFor(async () => {
    await env.store.ledger.sweep();
    expect(await env.state(id, 1)).toBe("unknown");
  }, SOON);
});

test("an import lease of a clock that was fast holds nobody up for longer than a lease", async () => {
  const env = await openTestStore();
  const input = {
    digest: "bytes",
    again: false,
    definition: testDefinition(env.number),
    file: "list.csv",
    columns: ["phone"],
    mode: "sandbox" as const,
  };
  const first = await env.store.imports.begin(input);
  const id = first.kind === "begun" ? first.campaign : "";
  // No worker was there to keep the clock, so nothing tells that TIME stepped back.
  await env.redis.hset(env.own(id).campaign, "importLease", Date.now() + TWO_HOURS_MS);
  await env.redis.del(env.keys.clock);

  expect(await env.store.imports.begin(input)).toMatchObject({ kind: "begun", campaign: id });
});

test("what people read is Redis TIME, however far it has stepped back", async () => {
  const env = await withFastClock();
  const id = await env.import(1);
  await env.grant(id, 1);
  await env.putRight();

  const later = await env.import(1);

  const { createdAt, startedAt } = await env.found(later);
  for (const at of [createdAt, startedAt]) {
    expect(Math.abs((at ?? 0) - Date.now())).toBeLessThan(10_000);
  }
});

test("webhooks of a clock that was fast do not count as arriving until the next one comes", async () => {
  const env = await openTestStore();
  const [first, second] = [await env.import(1), await env.import(1)];
  await env.send(first, 1, "unknown");
  await env.redis.hset(env.keys.stats, "lastWebhookAt", Date.now() + TWO_HOURS_MS);
  // The first attempt's lease is over, so only webhooks that arrive could still settle it.
  const person = env.store.ledger.person("48600000001");
  const held = String(await env.redis.hget(env.keys.claimed, person as unknown as string));
  await env.redis.hset(env.keys.claimed, person, held.replace(/\d+$/, String(Date.now() - 80_000)));

  await env.grant(second, 1);
});
