import { Writable } from "node:stream";
import { pino } from "pino";
import { expect, test } from "vitest";
import { describeSilence, silenceJson } from "../../src/export/silence-words.ts";
import { logSilence } from "../../src/worker/housekeeping.ts";
import { openTestStore } from "../support/campaigns.ts";

const FOR_EVER = { rowsMs: null, campaignMs: null };

function collectLog() {
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  return { lines, logger: pino(sink) };
}

test("that messages are accepted and no webhook comes is logged, without personal data", async () => {
  const bench = await openTestStore();
  const { lines, logger } = collectLog();
  const id = await bench.import(1);
  await bench.send(id, 1, "accepted", { wamid: "wamid.A" });
  await bench.later(10 * 60_000);

  await logSilence({ store: bench.store, retention: FOR_EVER, logger });

  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    level: 40,
    number: bench.number,
    kind: "none",
    accepted: 1,
  });
  expect(lines.join("")).not.toMatch(/wamid|48600/);
});

test("long after the last message was accepted it is told by show alone", async () => {
  const bench = await openTestStore();
  const { lines, logger } = collectLog();
  const id = await bench.import(1);
  await bench.send(id, 1, "accepted", { wamid: "wamid.A" });
  await bench.later(90 * 60_000);

  await logSilence({ store: bench.store, retention: FOR_EVER, logger });

  expect(lines).toEqual([]);
  const silence = await bench.store.webhookSilence();
  if (silence === undefined) throw new Error("Webhooks are not silent.");
  expect(describeSilence("main", silence).words).toMatch(
    /^The API has accepted 1 message of number main, but no webhook has arrived for 90 minutes, so /,
  );
  expect(silenceJson(silence)).toMatchObject({ kind: "none", accepted: 1 });
  expect(describeSilence("main", { ...silence, kind: "others", accepted: 1_234 }).words).toMatch(
    /^The API has accepted 1,234 messages of number main in 90 minutes\. Webhooks arrive, but none /,
  );
  expect(silenceJson(undefined)).toBeNull();
});
