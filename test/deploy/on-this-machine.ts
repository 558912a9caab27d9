import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import { SECRETS } from "../../src/config/variables.ts";
import { freePort } from "../support/ports.ts";
import { pathOf, type Role, workloadOf } from "./deployment.ts";

const SECRET_TEXTS: Readonly<Record<string, string>> = {
  DROPCAST_API_TOKEN_FILE: Buffer.from("account:pat").toString("base64"),
  DROPCAST_WEBHOOK_SECRET_FILE: `whsec_${Buffer.alloc(32, 7).toString("base64")}`,
  DROPCAST_DASHBOARD_PASSWORD_FILE: "a password for this test",
};

export const PORTS: Readonly<Record<Role, string>> = {
  producer: "DROPCAST_METRICS_PORT",
  worker: "DROPCAST_METRICS_PORT",
  webhooks: "DROPCAST_WEBHOOK_PORT",
  dashboard: "DROPCAST_DASHBOARD_PORT",
};

/** The declared variables, with what a machine adds to them. */
export async function onThisMachine(
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
    if (env[name]) env[name] = String(await freePort("role"));
  }
  for (const secret of SECRETS) {
    const name = `${secret}_FILE`;
    if (!env[name]) continue;
    env[name] = join(cwd, name);
    writeFileSync(env[name], `${SECRET_TEXTS[name]}\n`);
  }
  return { env, cwd };
}

/** The path that decides whether a pod gets requests. */
export function probePath(role: Role): string {
  return workloadOf(role).container.readinessProbe.httpGet?.path ?? "";
}

export async function statusOf(url: string): Promise<number> {
  const answer = await fetch(url);
  await answer.body?.cancel();
  return answer.status;
}

/** A process of the product, killed at the end of the test if it still runs. */
export function run(
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

export function execute(script: string, env: Record<string, string>) {
  return new Promise<{ exitCode: number; stderr: string }>((resolve) => {
    execFile(process.execPath, [pathOf(script)], { env }, (error, _, stderr) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code), stderr });
    });
  });
}
