import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { createNumberStore } from "../../src/store/number-store.ts";
import { connectTestRedis, redisAddress, startOwnRedis } from "../support/redis.ts";
import { startRedisProxy } from "../support/redis-proxy.ts";
import { SOON } from "../support/soon.ts";
import { runHere } from "./in-process.ts";
import { json, makePlace, spawnCli, startCli, writeCampaign } from "./run-cli.ts";

interface Shown {
  readonly status: string;
  readonly counts: Record<string, number>;
}

test("a list sent from one terminal is delivered by the sandbox of another", async () => {
  // To doctor, numbers of other tests are numbers that no worker serves.
  const { url } = await startOwnRedis();
  const place = makePlace({ DROPCAST_REDIS_URL: url });
  const files = writeCampaign(place, 60);
  const up = startCli(place, ["up", "--sandbox"]);
  await up.said("Ready.");

  const sent = await runHere(place, ["send", ...files, "--json"]);
  const { id } = json<{ id: string }>(sent);
  const [watched, doctor, listed] = await Promise.all([
    runHere(place, ["watch", id, "--json"]),
    runHere(place, ["doctor", "--json"]),
    runHere(place, ["list", "--json"]),
  ]);
  const again = await runHere(place, ["send", ...files, "--json"]);
  // `watch` waits for outcomes for ten seconds only, which a busy machine may need.
  await vi.waitFor(async () => {
    const { counts } = json<Shown>(await runHere(place, ["show", id, "--json"]));
    expect((counts["delivered"] ?? 0) + (counts["read"] ?? 0)).toBe(60);
  }, SOON);
  up.kill("SIGTERM");
  const ended = await up.ended;

  expect(sent.code).toBe(0);
  expect(sent.stderr).toContain("Using the sandbox at http://127.0.0.1:");
  expect(json(sent)).toMatchObject({ id: `${place.number}-1`, status: "running", rows: 60 });
  expect(watched.code).toBe(0);
  const { status, counts } = json<Shown>(watched);
  expect([status, counts["pending"]]).toEqual(["finished", 0]);
  expect(doctor.code).toBe(0);
  expect(json(doctor)).toMatchObject({ ok: true });
  expect(json<{ id: string }[]>(listed).map((campaign) => campaign.id)).toEqual([id]);
  expect(again.code).toBe(1);
  expect(json(again)).toMatchObject({ error: { code: "already_imported" } });
  expect(ended.code).toBe(0);
  expect(existsSync(join(place.dir, ".dropcast", "sandbox.json"))).toBe(false);
});

test("up --sandbox --send with no terminal prints the report and exits 0, whatever .env says", async () => {
  const place = makePlace({ DROPCAST_API_URL: "https://api.example.com" });
  const [campaign, list] = writeCampaign(place, 20);

  const ended = await spawnCli(place, ["up", list, "--sandbox", "--send", campaign, "--again"]);

  expect(ended).toMatchObject({ code: 0, stderr: "" });
  expect(ended.stdout).toContain(`${place.number}-1 is running: 20 rows, 20 messages`);
  expect(ended.stdout).toMatch(/Status\s+finished/);
  expect(ended.stdout).not.toContain("\u001b[");
  const requests = readFileSync(join(place.dir, ".dropcast", "sandbox.log"), "utf8");
  expect(requests.trimEnd().split("\n")).toHaveLength(20);
});

test("Ctrl-C during an import sends nothing, and the same command goes on under the same id", async () => {
  const proxy = await startRedisProxy({ targetPath: redisAddress().path });
  onTestFinished(() => proxy.close());
  const place = makePlace({ DROPCAST_REDIS_URL: proxy.url });
  const files = writeCampaign(place, 10_000);
  const store = await createNumberStore({ redis: connectTestRedis(), number: place.number });
  // At the first of ten calls with rows.
  void proxy.once(({ command, when }) => command === "import-chunk" && when === "after", {
    ...{ kind: "call", act: () => first.kill("SIGINT") },
  });
  const first = startCli(place, ["send", ...files, "--json"]);
  const interrupted = await first.ended;
  const left = await store.campaigns.list();
  const second = await runHere(place, ["send", ...files, "--json"]);

  expect(interrupted.code).toBe(1);
  expect(json(interrupted)).toMatchObject({ error: { code: "import_interrupted" } });
  expect(left.map(({ status }) => status)).toEqual(["importing"]);
  expect(json(second)).toMatchObject({
    id: left[0]?.id,
    status: "running",
    rows: 10_000,
    restarted: true,
    counts: { pending: 10_000 },
  });
});

test("a role says ready when it serves, and exits 0 on SIGTERM", async () => {
  const secret = Buffer.alloc(32, 1).toString("base64");
  const place = makePlace();
  const worker = startCli({ ...place, env: liveEnv(place.env, secret) }, ["worker"]);
  const webhooks = startCli({ ...place, env: liveEnv(place.env, secret) }, ["webhooks", "--json"]);

  await Promise.all([worker.said('"msg":"ready"'), webhooks.said('"msg":"ready"')]);
  worker.kill("SIGTERM");
  webhooks.kill("SIGINT");

  expect(await worker.ended).toMatchObject({ code: 0, stdout: "" });
  const ended = await webhooks.ended;
  expect(ended.code).toBe(0);
  expect(json(ended)).toMatchObject({ role: "webhooks", ready: true });
});

test("a role without what it needs is refused", async () => {
  const ended = await spawnCli(makePlace(), ["worker", "--json"]);

  expect(ended.code).toBe(1);
  expect(json(ended)).toMatchObject({ error: { code: "number_incomplete" } });
});

/** A number `main` with everything it needs, on an API that is not there. */
function liveEnv(env: Readonly<Record<string, string>>, secret: string): Record<string, string> {
  const { DROPCAST_CONFIG: _, ...rest } = env;
  return {
    ...rest,
    DROPCAST_API_URL: "https://api.example.com",
    DROPCAST_NUMBER_ID: "some-number",
    DROPCAST_API_TOKEN: Buffer.from("account:pat").toString("base64"),
    DROPCAST_WEBHOOK_SECRET: secret,
  };
}
