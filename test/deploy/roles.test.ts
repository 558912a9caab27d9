import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, onTestFinished, test } from "vitest";
import { loadConfig } from "../../src/config/config.ts";
import { SECRETS } from "../../src/config/variables.ts";
import { exposedIn } from "../metrics/exposition.ts";
import { startOwnRedis } from "../support/redis.ts";
import {
  exampleOfSecret,
  imageEnvironment,
  pathOf,
  podEnvironment,
  ROLES,
  type Role,
  read,
  serviceOf,
  workloadOf,
} from "./deployment.ts";
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

const SECRET_TEXTS: Readonly<Record<string, string>> = {
  DROPCAST_API_TOKEN_FILE: Buffer.from("account:pat").toString("base64"),
  DROPCAST_WEBHOOK_SECRET_FILE: `whsec_${Buffer.alloc(32, 7).toString("base64")}`,
  DROPCAST_DASHBOARD_PASSWORD_FILE: "a password for this test",
};

const PORTS: Readonly<Record<Role, string>> = {
  producer: "DROPCAST_METRICS_PORT",
  worker: "DROPCAST_METRICS_PORT",
  webhooks: "DROPCAST_WEBHOOK_PORT",
  dashboard: "DROPCAST_DASHBOARD_PORT",
};

/** The declared variables, with what a machine adds to them. */
async function onThisMachine(
  declared: Record<string, string>,
  redisUrl: string,
): Promise<{ env: Record<string, string>; cwd: string }> {
  const cwd = mkdtempSync(join(tmpdir(), "dropcast-deploy-"));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  const env: Record<string, string> = {
    ...declared,
    DROPCAST_REDIS_URL: redisUrl,
    // From .env, or edited into the ConfigMap.
    DROPCAST_NUMBER_ID: "a-number",
    DROPCAST_HTTP_HOST: "127.0.0.1",
    DROPCAST_DATA_DIR: join(cwd, "data"),
    DROPCAST_DROPS_DIR: join(cwd, "drops"),
  };
  mkdirSync(join(cwd, "drops"));
  for (const name of Object.values(PORTS)) {
    if (env[name]) env[name] = String(await freePort());
  }
  for (const secret of SECRETS) {
    const name = `${secret}_FILE`;
    if (!env[name]) continue;
    env[name] = join(cwd, name);
    writeFileSync(env[name], `${SECRET_TEXTS[name]}\n`);
  }
  return { env, cwd };
}

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

/** The path that decides whether a pod gets requests. */
function probePath(role: Role): string {
  return workloadOf(role).container.readinessProbe.httpGet?.path ?? "";
}

async function statusOf(url: string): Promise<number> {
  const answer = await fetch(url);
  await answer.body?.cancel();
  return answer.status;
}

/** A process of the product, killed at the end of the test if it still runs. */
function run(
  [script = "", ...args]: readonly string[],
  options: { env: Record<string, string>; cwd: string },
) {
  const child: ChildProcess = spawn(process.execPath, [pathOf(script), ...args], {
    ...options,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const exited = once(child, "exit");
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await exited;
  });
  const said: string[] = [];
  const lines = child.stderr === null ? undefined : createInterface({ input: child.stderr });
  return {
    /** Resolves when stderr has a line with `words`; rejects with all it said if it ends before. */
    saying: (words: string): Promise<void> =>
      new Promise((resolve, reject) => {
        lines?.on("line", (line) => {
          said.push(line);
          if (line.includes(words)) resolve();
        });
        lines?.on("close", () => reject(new Error(`It ended:\n${said.join("\n")}`)));
      }),
    async terminate() {
      child.kill("SIGTERM");
      const [code, signal] = await exited;
      return { code, signal };
    },
  };
}

function execute(script: string, env: Record<string, string>) {
  return new Promise<{ exitCode: number; stderr: string }>((resolve) => {
    execFile(process.execPath, [pathOf(script)], { env }, (error, _, stderr) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code), stderr });
    });
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}
