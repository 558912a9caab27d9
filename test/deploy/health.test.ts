import { execFile } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { createHealthServer, type HealthServerOptions } from "../../src/http/health.ts";
import { pathOf } from "./deployment.ts";

async function start(
  ready: HealthServerOptions["ready"],
  problem: NonNullable<HealthServerOptions["problem"]> = () => undefined,
) {
  const metrics = { contentType: "text/plain", text: async () => "dropcast_things_total 3\n" };
  const server = createHealthServer({ host: "127.0.0.1", port: 0, metrics, ready, problem });
  onTestFinished(() => server.stop());
  const started = await server.start();
  if (!started.ok) throw new Error(started.refusal.message);
  const { port } = started.value;
  const get = (path: string, method = "GET") =>
    fetch(`http://127.0.0.1:${port}${path}`, { method });
  return { server, port, get };
}

/** Runs the container's own check with nothing but these variables. */
function check(env: Record<string, string>): Promise<{ exitCode: number; stderr: string }> {
  return new Promise((resolve) => {
    const script = pathOf("bin/healthcheck.js");
    execFile(process.execPath, [script], { env }, (error, _, stderr) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code), stderr });
    });
  });
}

describe("the health port of producer and worker", () => {
  test("lives and is ready while Redis answers", async () => {
    const { get } = await start(() => true);

    expect((await get("/healthz")).status).toBe(200);
    expect((await get("/readyz")).status).toBe(200);
  });

  test.each([
    ["says no", () => false],
    ["throws", () => Promise.reject(new Error("away"))],
  ])("lives, but is not ready, when the check of Redis %s", async (_, ready) => {
    const { get } = await start(ready);

    expect((await get("/healthz")).status).toBe(200);
    expect((await get("/readyz")).status).toBe(503);
  });

  test("says what a person must put right before it can be ready", async () => {
    const { get } = await start(
      () => false,
      () => "Redis has appendfsync everysec.",
    );

    expect(await (await get("/readyz")).json()).toEqual({
      status: "not ready",
      problem: "Redis has appendfsync everysec.",
    });
  });

  test("calls a check that never answers a no", async () => {
    const { get } = await start(() => new Promise(() => {}));

    expect((await get("/readyz")).status).toBe(503);
  });

  test("lives, but is not ready any more, while it stops", async () => {
    const { server, get } = await start(() => true);

    server.drain();

    expect((await get("/healthz")).status).toBe(200);
    expect((await get("/readyz")).status).toBe(503);
  });

  test("shows the metrics of the role", async () => {
    const { get } = await start(() => true);

    const answer = await get("/metrics");

    expect(answer.headers.get("content-type")).toContain("text/plain");
    expect(await answer.text()).toContain("dropcast_things_total 3");
  });

  test("serves nothing else, and changes nothing", async () => {
    const { get } = await start(() => true);
    const problemOf = async (answer: Response) => ({
      contentType: answer.headers.get("content-type"),
      allow: answer.headers.get("allow"),
      ...((await answer.json()) as object),
    });

    expect((await get("/healthz", "HEAD")).status).toBe(200);
    expect(await problemOf(await get("/"))).toMatchObject({
      ...{ contentType: "application/problem+json", status: 404, code: "metrics_path_unknown" },
    });
    expect(await problemOf(await get("/healthz", "POST"))).toMatchObject({
      ...{ contentType: "application/problem+json", allow: "GET, HEAD" },
      ...{ status: 405, code: "metrics_method_not_allowed" },
    });
  });

  test("is refused with the way out when its port is taken", async () => {
    const { port } = await start(() => true);
    const second = createHealthServer({
      host: "127.0.0.1",
      port,
      metrics: { contentType: "text/plain", text: async () => "" },
      ready: () => true,
    });

    const started = await second.start();

    expect(started).toMatchObject({ ok: false, refusal: { code: "metrics_cannot_listen" } });
    await second.stop();
  });

  test("stops although a connection stays open", async () => {
    const { server, port } = await start(() => true);
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");

    await server.stop();

    if (!socket.closed) await once(socket, "close");
    expect(socket.destroyed).toBe(true);
  });
});

describe("bin/healthcheck.js", () => {
  test.each(["DROPCAST_METRICS_PORT", "DROPCAST_WEBHOOK_PORT", "DROPCAST_DASHBOARD_PORT"])(
    "finds the role that listens on %s",
    async (variable) => {
      const { port } = await start(() => false);
      const closed = { DROPCAST_WEBHOOK_PORT: "1", DROPCAST_DASHBOARD_PORT: "2" };

      const { exitCode, stderr } = await check({ ...closed, [variable]: String(port) });

      expect(stderr).toBe("");
      expect(exitCode).toBe(0);
    },
  );

  test("is unwell when no port is open", async () => {
    const { exitCode, stderr } = await check({
      DROPCAST_METRICS_PORT: "",
      DROPCAST_WEBHOOK_PORT: "1",
      DROPCAST_DASHBOARD_PORT: "2",
    });

    expect(exitCode).toBe(1);
    expect(stderr).toContain("nothing answers on 1, 2");
  });
});
