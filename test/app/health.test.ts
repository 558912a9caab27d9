import { expect, onTestFinished, test, vi } from "vitest";
import { startHealth } from "../../src/app/health.ts";
import { openTestPlatform } from "../support/platform.ts";
import { freePort } from "../support/ports.ts";
import { startOwnRedis } from "../support/redis.ts";
import { SOON } from "../support/soon.ts";

test("the port for probes says which Redis is away, since when and what to do", async () => {
  const server = await startOwnRedis();
  const port = String(await freePort("role"));
  const { platform } = await openTestPlatform(
    { main: {} },
    { DROPCAST_REDIS_URL: server.url, DROPCAST_METRICS_PORT: port },
  );
  const health = await startHealth(platform);
  if (!health.ok) throw new Error(health.refusal.message);
  onTestFinished(() => health.value.stop());
  const ready = async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).json();
  expect(await ready()).toEqual({ status: "ready" });

  await server.kill();

  await vi.waitFor(async () => {
    expect(await ready()).toEqual({
      status: "not ready",
      problem: expect.stringMatching(/^Redis is away since .* \(connection refused\)\. .*start it/),
    });
  }, SOON);
});
