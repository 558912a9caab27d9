import { type Attributes, SpanKind, SpanStatusCode, type Tracer } from "@opentelemetry/api";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { pino } from "pino";
import { Registry } from "prom-client";
import { expect, onTestFinished, test } from "vitest";
import { timings } from "../../src/core/timings.ts";
import { createLivechatClient } from "../../src/livechat/client.ts";
import { createProcessMetrics } from "../../src/metrics/process-metrics.ts";
import { createSandbox } from "../../src/sandbox/sandbox.ts";
import { observeWebhooks } from "../../src/telemetry/observe-webhooks.ts";
import { traceImports } from "../../src/telemetry/trace-import.ts";
import { tracedApi, traceSending } from "../../src/telemetry/trace-sending.ts";
import { createAttemptSpans, findTracing } from "../../src/telemetry/tracing.ts";
import { createOneSender } from "../../src/worker/send-one.ts";
import { openTestStore, testPhone } from "../support/campaigns.ts";

const QUIET = pino({ level: "silent" });
const API = "https://api.example.com/whatsapp/v1";
const WAMID = "wamid.HBgLNDg2MDAwMDAwMDEVAgARGBIA";

/** A provider of traces as an SDK registers one, and the spans that have ended, in that order. */
function openTracing() {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  return {
    tracing: { tracer: provider.getTracer("test"), attempts: createAttemptSpans() },
    spans: () => exporter.getFinishedSpans(),
    span: (name: string) => {
      const found = exporter.getFinishedSpans().filter((span) => span.name.startsWith(name));
      if (found.length !== 1) throw new Error(`${found.length} spans are called ${name}.`);
      return found[0] as ReadableSpan;
    },
  };
}

function attributesOf(span: ReadableSpan): Attributes {
  return span.attributes;
}

function processMetrics(number: string) {
  return createProcessMetrics(new Registry(), { numbers: [number], now: () => performance.now() });
}

test("a message leaves a claim, a send with its HTTP request, a record and its webhook, linked", async () => {
  const env = await openTestStore();
  const sandbox = createSandbox({ latencyMs: 0 });
  const { url } = await sandbox.start();
  const waits = timings({ answerTimeoutMs: 60_000, timeScale: 1 });
  const client = createLivechatClient({
    apiUrl: url,
    numberId: "sandbox-number",
    token: Buffer.from("sandbox-account:sandbox-pat").toString("base64"),
    connections: 1,
    answerTimeoutMs: waits.answerTimeoutMs,
  });
  const { tracing, span, spans } = openTracing();
  const { number } = env;
  const sender = createOneSender({
    ...{ store: env.store, client, ratePerSecond: 100, mode: "sandbox", timings: waits },
    ...{ logger: QUIET, isAway: () => false },
    observer: traceSending(tracing, { number, api: tracedApi(url) }),
  });
  onTestFinished(async () => {
    await sender.stop();
    await client.close();
    await sandbox.stop();
  });
  const campaign = await env.import(1);
  await env.runOf(campaign, 0);

  await sender.sendDue(campaign);
  const { wamid } = await env.row(campaign, 1);
  const event = {
    ...{ wamid: wamid ?? "", status: "delivered" as const, atMs: Date.now(), code: 0 },
    ...{ recipient: testPhone(1), category: null, billable: null, origin: null },
  };
  const startedAt = Date.now();
  const result = await env.store.applyStatus(event, "park");
  observeWebhooks(processMetrics(number), tracing, QUIET)(number, event, { result, startedAt });

  const [claim, send, http] = [span("claim"), span("send"), span("POST")];
  const id = `${campaign}:1:1`;
  expect(attributesOf(claim)).toEqual({
    "messaging.system": "whatsapp",
    "messaging.destination.name": number,
    "messaging.operation.name": "claim",
    "messaging.operation.type": "receive",
    "messaging.batch.message_count": 1,
    "dropcast.campaign": campaign,
  });
  expect(attributesOf(send)).toMatchObject({
    "messaging.operation.type": "send",
    "messaging.message.id": id,
    "dropcast.row": 1,
    "dropcast.attempt": 1,
  });
  expect(attributesOf(http)).toMatchObject({
    "http.request.method": "POST",
    "http.response.status_code": 200,
    "url.full": `${url}/whatsapp-numbers/REDACTED/template-messages`,
    "server.address": "127.0.0.1",
  });
  expect(http.kind).toBe(SpanKind.CLIENT);
  expect(http.parentSpanContext?.spanId).toBe(send.spanContext().spanId);
  const linked = (of: ReadableSpan) => of.links.map(({ context }) => context.spanId);
  expect(linked(send)).toEqual([claim.spanContext().spanId]);
  expect(linked(span("record"))).toEqual([send.spanContext().spanId]);
  expect(linked(span("process"))).toEqual([send.spanContext().spanId]);
  expect(attributesOf(span("process"))).toMatchObject({
    "messaging.message.id": id,
    "messaging.operation.type": "process",
    "dropcast.status": "delivered",
    "dropcast.event": "moved",
  });
  const all = JSON.stringify(spans().map(({ name, attributes }) => ({ name, attributes })));
  expect(all).not.toContain(testPhone(1));
  expect(all).not.toContain(wamid);
  expect(all).not.toContain("sandbox-number");
});

test("an outcome that is not accepted is the error of its span, and the HTTP status of the request", () => {
  const { tracing, span } = openTracing();
  const claim = traceSending(tracing, { number: "main", api: tracedApi(API) }).claiming("main-1");
  claim.granted(1);
  const sending = claim.sending(7, 2);
  sending.posting();
  sending.answered(400);
  sending.ended({ kind: "failed", code: 131026, httpStatus: 400, optOut: false });

  expect(attributesOf(span("send"))).toMatchObject({
    "messaging.message.id": "main-1:7:2",
    "error.type": "failed",
    "dropcast.code": 131026,
  });
  expect(attributesOf(span("POST"))).toMatchObject({
    "error.type": "400",
    "http.response.status_code": 400,
    "server.port": 443,
  });
  expect(span("send").status.code).toBe(SpanStatusCode.ERROR);
});

test("a message that never left has no HTTP request, and a claim without an answer is an error", () => {
  const { tracing, span, spans } = openTracing();
  const observer = traceSending(tracing, { number: "main", api: tracedApi(API) });
  const claim = observer.claiming("main-1");
  claim.granted(1);
  claim.sending(1, 1).ended({ kind: "aborted" });
  observer.claiming("main-2").unanswered();
  // Most claims only learn that it is not their time yet.
  observer.claiming("main-1").granted(0);

  expect(spans().map(({ name }) => name)).toEqual(["claim main", "send main", "claim main"]);
  expect(attributesOf(span("send"))["error.type"]).toBe("aborted");
  expect(spans()[2]?.attributes).toMatchObject({
    "error.type": "redis_unanswered",
    "dropcast.campaign": "main-2",
  });
});

test("an event of a message that another process sent has its id and no link; a foreign one neither", () => {
  const { tracing, spans } = openTracing();
  const event = {
    ...{ wamid: WAMID, status: "failed" as const, atMs: Date.now(), code: 131026 },
    ...{ recipient: "48600000001", category: null, billable: null, origin: null },
  };
  const observe = observeWebhooks(processMetrics("main"), tracing, QUIET);
  const startedAt = Date.now();
  const found = { campaign: "main-1", row: 3, attempt: 1, state: "failed", code: 131026 } as const;
  observe("main", event, { result: { kind: "moved", ...found }, startedAt });
  observe("main", event, { result: { kind: "parked" }, startedAt });
  observe("main", event, { result: { kind: "unmatched", waits: "none" }, startedAt });

  const [moved, parked, ...more] = spans();
  expect(more).toEqual([]);
  expect(moved?.links).toEqual([]);
  expect(moved?.attributes).toMatchObject({
    "messaging.message.id": "main-1:3:1",
    "dropcast.code": 131026,
  });
  expect(parked?.attributes["messaging.message.id"]).toBeUndefined();
  expect(JSON.stringify([moved?.attributes, parked?.attributes])).not.toMatch(/wamid|48600000001/);
});

test("an import is a span with its campaign and counts, and without the name of its list", async () => {
  const { tracing, spans } = openTracing();
  const report = { number: "main", campaign: "main-4", rows: 12, ok: 10 };
  const importFile = traceImports(
    async ({ csvPath }) =>
      (csvPath === "bad.csv"
        ? { ok: false, refusal: { code: "list_empty" }, report: { ...report, campaign: null } }
        : { ok: true, report }) as never,
    tracing,
    QUIET,
  );
  const input = { campaignPath: null, repeats: "refuse" } as never as object;
  await importFile({ ...input, csvPath: "Anna +48600000001.csv" } as never);
  await importFile({ ...input, csvPath: "bad.csv" } as never);

  const [good, bad] = spans();
  expect(good).toMatchObject({
    name: "import main",
    kind: SpanKind.PRODUCER,
    attributes: {
      "messaging.operation.type": "create",
      "messaging.batch.message_count": 10,
      "dropcast.rows": 12,
      "dropcast.campaign": "main-4",
    },
  });
  expect(JSON.stringify(good?.attributes)).not.toContain("Anna");
  expect(bad?.attributes["error.type"]).toBe("list_empty");
});

test("only the last attempts are remembered for links", () => {
  const attempts = createAttemptSpans(2);
  const context = { traceId: "0".repeat(32), spanId: "0".repeat(16), traceFlags: 0 };
  for (const id of ["a", "b", "c"]) attempts.sent(id, context);

  expect(["a", "b", "c"].map((id) => attempts.of(id) !== undefined)).toEqual([false, true, true]);
});

test("without a provider nothing is traced", () => {
  expect(findTracing()).toBeUndefined();
});

test("a provider that throws loses no outcome, no event, no import and no count", async () => {
  const logged: unknown[] = [];
  const logger = { debug: (...line: unknown[]) => void logged.push(line) };
  const thrower = { startSpan: () => fails(), startActiveSpan: () => fails() };
  const tracing = { tracer: thrower as Tracer, attempts: createAttemptSpans() };
  const report = { number: "main", campaign: "main-4", rows: 12, ok: 10 };
  const result = { ok: true, report } as never;
  const env = await openTestStore();
  const counts = processMetrics(env.number);
  const event = {
    ...{ wamid: WAMID, status: "delivered" as const, atMs: Date.now(), code: 0 },
    ...{ recipient: testPhone(1), category: null, billable: null, origin: null },
  };
  const moved = { kind: "moved", campaign: "main-4", row: 1, attempt: 1 } as never;
  const observe = observeWebhooks(counts, tracing, logger);

  expect(await traceImports(async () => result, tracing, logger)({} as never)).toBe(result);
  observe(env.number, event, { result: moved, startedAt: Date.now() });

  const failures = logged.filter((line) => JSON.stringify(line).includes("failed"));
  expect(failures).toEqual([
    [{ error: "RangeError" }, "metrics or traces failed; work continues"],
    [{ error: "RangeError" }, "metrics or traces failed; work continues"],
  ]);
});

function fails(): never {
  throw new RangeError("of foreign code +48600000001");
}
