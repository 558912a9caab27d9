/** An opt-out is reported as done only when a failover cannot lose it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createNumberStore } from "../../src/store/number-store.ts";
import { createSuppressions } from "../../src/store/people/suppressions.ts";
import { openApi } from "../api/support.ts";
import { importTestCampaign, testPhone } from "../support/campaigns.ts";
import { openReplicated } from "../support/replicas.ts";
import { runHere } from "./in-process.ts";
import { json, makePlace } from "./run-cli.ts";

const DURABILITY = { kind: "replicas", replicas: 1 } as const;
const BEHIND = { error: { code: "redis_replicas_behind" } };

async function openPlace() {
  const bench = await openReplicated();
  const place = makePlace({
    DROPCAST_REDIS_URL: bench.primary.url,
    DROPCAST_REDIS_DURABILITY: "replicas:1",
    DROPCAST_DEFAULT_COUNTRY: "PL",
  });
  const suppress = async (...args: string[]) => {
    const ended = await runHere(place, ["suppress", ...args, "--json"]);
    return { code: ended.code, json: json(ended) };
  };
  return { bench, place, suppress };
}

test("a command that adds opt-outs fails until the replicas have them, also when it is repeated", async () => {
  const { bench, place, suppress } = await openPlace();
  writeFileSync(join(place.dir, "list.txt"), "600700801\n");
  const thaw = bench.freeze();

  expect(await suppress("add", "600700800")).toMatchObject({ code: 1, json: BEHIND });
  expect(await suppress("add", "600700800")).toMatchObject({ code: 1, json: BEHIND });
  expect(await suppress("import", "list.txt")).toMatchObject({ code: 1, json: BEHIND });
  expect(await suppress("list")).toMatchObject({
    json: [{ phone: "+48600700800" }, { phone: "+48600700801" }],
  });

  thaw();
  await bench.inStep();
  // A second is what replicas have each time; a busy one may need more.
  await expect
    .poll(() => suppress("add", "600700800"))
    .toMatchObject({ code: 0, json: { unchanged: 1 } });
});

test("the API answers 503, and keeps the entry", async () => {
  const { bench } = await openPlace();
  const open = () =>
    createSuppressions({ redis: bench.redis, startFenceMs: 0, durability: DURABILITY });
  const api = await openApi({ test: bench, suppressions: open });
  bench.freeze();

  const answer = await api.ask("/api/opt-outs", { json: { phones: ["+48600700800"] } });

  expect(answer.status).toBe(503);
  expect(await answer.json()).toMatchObject({ code: "redis_replicas_behind" });
  expect(await (await open()).find("48600700800")).toMatchObject({ scope: "all" });
});

test("a webhook is taken when the replicas have its event; LiveChat repeats it until then", async () => {
  const { bench } = await openPlace();
  const id = await bench.import(2);
  await bench.send(id, 1, "accepted", { wamid: "wamid.A" });
  await bench.send(id, 2, "accepted", { wamid: "wamid.B" });
  const thaw = bench.freeze();

  const optOut = bench.status("wamid.A", "failed", { code: 131050 });
  await expect(optOut).rejects.toThrow("NOREPLICAS");
  await expect(bench.status("wamid.B", "delivered")).rejects.toThrow("NOREPLICAS");
  expect(await bench.store.optOuts.flushOutbox(bench.store.rows)).toBe(0);
  expect(await bench.redis.zcard(bench.keys.optOutOutbox)).toBe(1);

  thaw();
  await bench.inStep();
  // LiveChat repeats it, and a second is what replicas have each time.
  await expect
    .poll(() => bench.status("wamid.A", "failed", { code: 131050 }).catch(() => null))
    .toMatchObject({ kind: "unchanged" });
  await expect
    .poll(() => bench.status("wamid.B", "delivered").catch(() => null))
    .toMatchObject({ state: "delivered" });
  await expect.poll(() => bench.store.optOuts.flushOutbox(bench.store.rows)).toBe(1);
  const list = await createSuppressions({ redis: bench.redis, startFenceMs: 0 });
  expect(await list.find(testPhone(1))).toMatchObject({ scope: "marketing" });
});

test("show and doctor say why nothing is sent while too few replicas keep up", async () => {
  const bench = await openReplicated();
  const place = makePlace({
    DROPCAST_REDIS_URL: bench.primary.url,
    DROPCAST_REDIS_DURABILITY: "replicas:2",
  });
  const doctor = await runHere(place, ["doctor", "--json"]);
  expect(doctor.code).toBe(1);
  expect(doctor.stdout).toContain(
    "1 replica of this Redis keeps up, and DROPCAST_REDIS_DURABILITY asks for 2",
  );

  const store = await createNumberStore({ redis: bench.redis, number: place.number });
  const id = await importTestCampaign(store, { rows: 1, mode: "live" });
  await store.campaigns.dispatch("live", 10);
  const shown = await runHere(place, ["show", id]);
  expect(shown.stdout).toContain("DROPCAST_REDIS_DURABILITY asks for 2");
});
