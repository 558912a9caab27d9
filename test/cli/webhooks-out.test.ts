import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createNumberStore } from "../../src/store/number-store.ts";
import { openReceiver, SECRET } from "../notices/receiver.ts";
import { connectTestRedis } from "../support/redis.ts";
import { runHere } from "./in-process.ts";
import { json, makePlace } from "./run-cli.ts";

/** A working folder whose configuration names these URLs as endpoints. */
function placeWith(...urls: string[]) {
  const place = makePlace();
  const endpoints = urls.map((url) => `  - { url: "${url}", secret: ${SECRET} }\n`).join("");
  writeFileSync(
    join(place.dir, "numbers.yaml"),
    `numbers: { ${place.number}: { ratePerSecond: 500 } }\nwebhooksOut:\n${endpoints}`,
  );
  return place;
}

test("test sends one signed event to each endpoint, and fails if one of them does", async () => {
  const receiver = await openReceiver();
  const place = placeWith(receiver.url, "http://127.0.0.1:1/secret-path");

  const tested = await runHere(place, ["webhooks-out", "test", "--json"]);
  const audit = await runHere(place, ["audit", "--limit", "200", "--json"]);

  expect(tested.code).toBe(1);
  expect(json(tested)).toMatchObject([
    { endpoint: expect.stringMatching(/^127\.0\.0\.1:\d+ #/), delivered: true, why: null },
    { delivered: false, why: "the connection was refused" },
  ]);
  expect(receiver.wrong).toEqual([]);
  expect(receiver.received).toMatchObject([
    { type: "dropcast.test", data: { number: place.number, mode: "live" } },
  ]);
  const lines = json<{ what: string; details: object }[]>(audit);
  expect(lines).toContainEqual(
    expect.objectContaining({ what: "test webhooks", details: { endpoints: 2, delivered: 1 } }),
  );
  expect(tested.stdout + audit.stdout).not.toMatch(/secret-(key|path)/);
});

test("list, doctor and show say what waits and why; a test that succeeds enables an endpoint", async () => {
  const receiver = await openReceiver();
  const place = placeWith(receiver.url);
  const store = await createNumberStore({ redis: connectTestRedis(), number: place.number });
  await store.join();
  const before = await runHere(place, ["webhooks-out"]);
  const { name, id } = await endpointOf(place);
  await store.notices.register([{ id, name }], "all");
  await store.notices.settle(id, { id: "none", tries: 0 }, { kind: "delivered" });
  const redis = connectTestRedis();
  const line = "|suspended|1|account:190";
  const notice = String(await redis.xadd(`dropcast:{${place.number}}:notices`, "*", "line", line));
  const type = "number.suspended" as const;
  await store.notices.queue("events", [notice], [{ endpoint: id, id: "m1", type, body: "{}" }]);
  await store.notices.take(id, 1, 0);
  await store.notices.settle(id, { id: "m1", tries: 0 }, { kind: "gone", why: "HTTP 410 (gone)" });

  const listed = await runHere(place, ["webhooks-out"]);
  const checked = await runHere(place, ["doctor"]);
  await runHere(place, ["webhooks-out", "test"]);
  const after = await runHere(place, ["webhooks-out", "--json"]);
  const retried = await runHere(place, ["webhooks-out", "retry", "--json"]);

  expect(before.stdout).toContain("no worker has had it in its configuration yet");
  expect(listed.stdout).toContain(`${name}: disabled, it answered 410 (gone); 0 events delivered`);
  expect(checked.stdout).toContain("it answered 410");
  expect(checked.stdout).toContain("dropcast webhooks-out test");
  expect(json(after)).toMatchObject([{ endpoints: [{ id, disabledAt: null, givenUp: 1 }] }]);
  expect(json(retried)).toEqual({ deliveries: 0 });
  expect(listed.stdout + checked.stdout).not.toContain("secret-key");
});

test("an endpoint that left the configuration is shown as such, not as one to correct", async () => {
  const place = placeWith("http://127.0.0.1:1/");
  const store = await createNumberStore({ redis: connectTestRedis(), number: place.number });
  await store.join();
  const gone = { id: "0123456789ab", name: "old.example #012345" };
  await store.notices.register([gone], "all");
  await store.notices.settle(gone.id, { id: "none", tries: 0 }, { kind: "gone", why: "HTTP 410" });

  const listed = await runHere(place, ["webhooks-out"]);

  expect(listed.stdout).toContain("old.example #012345: no longer in the configuration; 0 events");
});

async function endpointOf(place: ReturnType<typeof placeWith>) {
  const { loadConfig } = await import("../../src/config/config.ts");
  const loaded = loadConfig({ env: place.env, cwd: place.dir });
  const [endpoint] = loaded.ok ? loaded.config.webhooksOut : [];
  if (endpoint === undefined) throw new Error("no endpoint");
  return endpoint;
}

test.each(["test", "retry"])("%s without an endpoint is refused", async (action) => {
  const ended = await runHere(makePlace(), ["webhooks-out", action, "--json"]);

  expect(json(ended)).toMatchObject({ error: { code: "webhooks_out_missing" } });
});
