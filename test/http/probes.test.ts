import { expect, test } from "vitest";
import { isProbe, type Probed, probe } from "../../src/http/probes.ts";
import { plainProblem } from "../../src/http/problem.ts";

const READY: Probed = { ready: () => true };

test.each([
  ["says no", () => false],
  ["throws", () => Promise.reject(new Error("away"))],
  ["never answers", () => new Promise<boolean>(() => {})],
])("a check that %s makes the role not ready, and leaves it alive", async (_, ready) => {
  expect(await probe("/readyz", { ready })).toMatchObject({ status: 503 });
  expect(await probe("/healthz", { ready })).toMatchObject({ status: 200 });
});

test("what a person must put right is told beside the answer", async () => {
  const { status, body } = await probe("/readyz", { ...READY, problem: () => "Redis evicts." });

  expect(status).toBe(200);
  expect(JSON.parse(body)).toEqual({ status: "ready", problem: "Redis evicts." });
});

test("a port may say no by a code of its own", async () => {
  const notReady = plainProblem("webhooks_not_ready");

  const { status, contentType, body } = await probe("/readyz", { ready: () => false, notReady });

  expect([status, contentType]).toEqual([503, "application/problem+json"]);
  expect(JSON.parse(body)).toMatchObject({ status: 503, code: "webhooks_not_ready" });
});

test("metrics are there only where they are given", async () => {
  const metrics = { contentType: "text/plain", text: async () => "things 1\n" };

  expect(isProbe("/metrics", READY)).toBe(false);
  expect(isProbe("/metrics", { metrics })).toBe(true);
  expect(await probe("/metrics", { ...READY, metrics })).toEqual({
    ...{ status: 200, contentType: "text/plain", body: "things 1\n" },
  });
});

test.each(["/", "/health", "/healthz/", "/metrics/x"])("%s is no probe", (path) => {
  expect(isProbe(path, READY)).toBe(false);
});
