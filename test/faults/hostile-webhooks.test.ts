import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { SANDBOX_DEFAULTS } from "../../src/sandbox/options.ts";
import { openLane, startSocketRedis } from "../support/fault-lane.ts";
import { published, type Seeded, seeded, seedsOf, volume } from "../support/volume.ts";
import { signWebhook } from "../support/webhook-samples.ts";

const SECRET = SANDBOX_DEFAULTS.webhookSecret;
const AT_ONCE = 16;
const GROWTH_BYTES_MAX = 64 * 1024 * 1024;

interface Hostile {
  readonly body: Buffer;
  readonly headers: Record<string, string>;
  /** What it may be answered. */
  readonly statuses: readonly number[];
}

/** Not verified: refused with the reason, or throttled when there are too many. */
const FORGED = [400, 401, 429];

test.each(seedsOf("hostile-webhooks"))(
  "a storm of forged, broken and odd webhooks is answered rightly, in bounded memory, while every good one is taken",
  async (given) => {
    const chance = seeded("hostile-webhooks", given);
    const lane = await openLane({ redis: await startSocketRedis(), ratePerSecond: 10 });
    onTestFinished(() => lane.close());
    await lane.ensureRunning();
    const url = lane.webhooksUrl();
    const wrong: string[] = [];
    let good = 0;

    async function post(hostile: Hostile): Promise<void> {
      const { body, headers, statuses } = hostile;
      const request = { method: "POST", body: new Uint8Array(body), headers };
      const { status } = await fetch(url, request);
      if (!statuses.includes(status)) wrong.push(`${status} for ${JSON.stringify(headers)}`);
    }
    async function storm(count: number): Promise<void> {
      for (let at = 0; at < count; at++) {
        await post(randomHostile(chance));
        if (at % 10 !== 0) continue;
        const event = statusEvent(`wamid.${good++}`);
        await post({ body: event, headers: sign(event), statuses: [204] });
      }
    }

    await storm(200);
    const before = residentBytes(lane.pidOf("webhooks"));
    const count = volume(20_000);
    await Promise.all(Array.from({ length: AT_ONCE }, () => storm(Math.ceil(count / AT_ONCE))));

    const grown = residentBytes(lane.pidOf("webhooks")) - before;
    published("hostile-webhooks", chance.seed, { requests: count, good, wrong: wrong.length });
    expect(wrong).toEqual([]);
    expect(grown).toBeLessThan(GROWTH_BYTES_MAX);
    const log = readFileSync(join(lane.stage.logsDir, "01-webhooks.log"), "utf8");
    expect(log).not.toMatch(/48635625362|wamid\.|whsec_/);
  },
);

function randomHostile(chance: Seeded): Hostile {
  const { int, pick } = chance;
  const event = statusEvent(`wamid.${int(1, 1_000)}`);
  const nowS = Math.floor(Date.now() / 1_000);
  const kinds: (() => Hostile)[] = [
    // One bit of the body, after it was signed.
    () => ({ body: flipped(event, chance), headers: sign(event), statuses: FORGED }),
    () => ({ body: event, headers: sign(event, OTHER_SECRET), statuses: FORGED }),
    () => ({ body: event, headers: sign(event, SECRET, nowS - int(310, 9_999)), statuses: FORGED }),
    () => ({
      body: event,
      headers: sign(event, SECRET, nowS + int(1_000, 9_999)),
      statuses: FORGED,
    }),
    () => ({ body: event, headers: without(sign(event), chance), statuses: FORGED }),
    () => ({
      body: event,
      headers: { ...sign(event), "webhook-timestamp": "1e9" },
      statuses: FORGED,
    }),
    () => ({ body: Buffer.alloc(64 * 1024 + 1, "x"), headers: {}, statuses: [413] }),
    // Signed rightly, and odd all the same.
    () => signed(Buffer.from("[".repeat(int(33, 60_000))), 400),
    () => signed(Buffer.from(pick(["", "hello", "null", "1", "[]", '{"type":1}'])), 400),
    () => ({ ...signed(Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), 400), statuses: FORGED }),
    () => signed(Buffer.from('{"type":"message.status","__proto__":{"id":1},"data":{}}'), 204),
    () => signed(Buffer.from(`{"type":"x","data":"${"\\ud800".repeat(int(1, 99))}"}`), 204),
    () => {
      const type = pick(["text/plain", "application/json\t; x", "multipart/form-data", "x/y"]);
      return { body: event, headers: { ...sign(event), "content-type": type }, statuses: [204] };
    },
  ];
  return pick(kinds)();
}

const OTHER_SECRET = `whsec_${Buffer.from("another secret of 32 bytes, or so").toString("base64")}`;

function sign(body: Buffer, secret = SECRET, timestamp?: number): Record<string, string> {
  return { ...signWebhook(body, { secret, ...(timestamp === undefined ? {} : { timestamp }) }) };
}

function signed(body: Buffer, status: number): Hostile {
  return { body, headers: sign(body), statuses: [status] };
}

function without(headers: Record<string, string>, { pick }: Seeded): Record<string, string> {
  const gone = pick(Object.keys(headers));
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== gone));
}

function flipped(body: Buffer, { int }: Seeded): Buffer {
  const copy = Buffer.from(body);
  const at = int(0, copy.length - 1);
  copy.writeUInt8(copy.readUInt8(at) ^ (1 << int(0, 7)), at);
  return copy;
}

function statusEvent(id: string): Buffer {
  const data = { id, status: "sent", timestamp: 1_727_862_637, recipient_id: "48635625362" };
  return Buffer.from(JSON.stringify({ type: "message.status", data }));
}

function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
}
