import { describe, expect, test } from "vitest";
import { loadConfig } from "../../src/config/config.ts";
import { exposedIn } from "../metrics/exposition.ts";
import { startOwnRedis } from "../support/redis.ts";
import {
  exampleOfSecret,
  imageEnvironment,
  podEnvironment,
  ROLES,
  type Role,
  read,
  serviceOf,
  workloadOf,
} from "./deployment.ts";
import { execute, onThisMachine, PORTS, probePath, run, statusOf } from "./on-this-machine.ts";
import { variants } from "./overlays.ts";

/**
 * There is no container engine here, so this does what one would do: the command of each role, with
 * the declared variables and no other, against a real Redis. Only what differs from machine to
 * machine is put in: addresses, free ports, folders and secrets.
 */
const DEPLOYMENTS = [
  [
    "docker-compose.yml",
    (role: Role) => ({
      command: serviceOf(role).command,
      env: { ...imageEnvironment(), ...serviceOf(role).environment },
    }),
  ],
  [
    "deploy/kubernetes",
    (role: Role) => ({
      command: workloadOf(role).container.args,
      env: podEnvironment(role),
    }),
  ],
] as const;

describe.each(DEPLOYMENTS)("%s", (_, declaredFor) => {
  test.each(ROLES)("%s has a configuration without a fault or a warning", async (role) => {
    const { env, cwd } = await onThisMachine(declaredFor(role).env, "redis://redis:6379");

    const loaded = loadConfig({ env, cwd });

    expect(loaded).toMatchObject({ ok: true, warnings: [] });
  });

  test("all roles start on one Redis, are found healthy and ready, and end well on SIGTERM", async () => {
    const redis = await startOwnRedis();

    const ends = await Promise.all(
      ROLES.map(async (role) => {
        const { command, env: declared } = declaredFor(role);
        const { env, cwd } = await onThisMachine(declared, redis.url);
        const process = run(["bin/dropcast.js", ...command], { env, cwd });
        await process.saying('"msg":"ready"');
        const health = await execute("bin/healthcheck.js", env);
        const url = `http://127.0.0.1:${env[PORTS[role]]}`;
        const probe = await statusOf(`${url}${probePath(role)}`);
        const metrics = await statusOf(`${url}/metrics`);
        const names = await metricNames(env["DROPCAST_METRICS_PORT"]);
        return { role, health, probe, metrics, names, end: await process.terminate() };
      }),
    );

    expect(ends).toEqual(
      ROLES.map((role) => ({
        role,
        health: { exitCode: 0, stderr: "" },
        probe: 200,
        // The webhooks port is open to strangers, the dashboard's metrics are behind its password.
        metrics: { dashboard: 401, webhooks: 404, producer: 200, worker: 200 }[role],
        // Every role has the same names; what it has not configured has no value.
        names: documentedMetrics(),
        end: { code: 0, signal: null },
      })),
    );
  });
});

describe.each(variants.filter(({ isFull }) => !isFull))(
  "deploy/kubernetes/overlays/$name",
  ({ manifests }) => {
    test.each(ROLES)("%s has a configuration without a fault or a warning", async (role) => {
      const declared = podEnvironment(role, manifests);
      const ofSecret = exampleOfSecret().stringData["redis-url"] ?? "";
      const redisUrl = declared["DROPCAST_REDIS_URL"] ?? ofSecret;
      const { env, cwd } = await onThisMachine(declared, redisUrl);

      expect(loadConfig({ env, cwd })).toMatchObject({ ok: true, warnings: [] });
    });
  },
);

function documentedMetrics(): string[] {
  const rows = read("docs/metrics.md").matchAll(/^\| `(\w+)` \| \w+ \|/gm);
  return [...rows].map(([, name = ""]) => name).sort();
}

async function metricNames(port: string | undefined): Promise<string[]> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return exposedIn(text, /^(dropcast|bullmq)_/)
    .map(({ name }) => name)
    .sort();
}
