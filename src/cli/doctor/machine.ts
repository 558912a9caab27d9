import { accessSync, constants, existsSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { dirname } from "node:path";
import type { Config } from "../../config/config.ts";
import type { Check } from "../../health/check.ts";
import { localUrl } from "../../http/listen.ts";

/** Whether the folders exist or can be created, and are writable. Creates nothing. */
export function checkFolders(config: Config): Check[] {
  return [
    folder("Drop folder", config.dropsDir, "DROPCAST_DROPS_DIR"),
    folder("Data folder", config.dataDir, "DROPCAST_DATA_DIR"),
  ];
}

function folder(name: string, path: string, variable: string): Check {
  let there = path;
  while (!existsSync(there) && dirname(there) !== there) there = dirname(there);
  const fix = `Make it a folder this user can write to, or set ${variable} to another.`;
  if (!statSync(there).isDirectory()) {
    return { code: "folders", name, verdict: "fail", message: `${there} is not a folder`, fix };
  }
  try {
    accessSync(there, constants.W_OK | constants.X_OK);
  } catch {
    return {
      code: "folders",
      name,
      verdict: "fail",
      message: `${there} cannot be written to`,
      fix,
    };
  }
  const message = there === path ? path : `${path} (created when needed)`;
  return { code: "folders", name, verdict: "ok", message };
}

/** Whether the ports are free, or used by Dropcast itself. */
export async function checkPorts(config: Config): Promise<Check[]> {
  const ports = [
    { name: "Webhooks port", port: config.webhookPort, variable: "DROPCAST_WEBHOOK_PORT" },
    { name: "Dashboard port", port: config.dashboardPort, variable: "DROPCAST_DASHBOARD_PORT" },
  ];
  return Promise.all(ports.map((wanted) => port(config, wanted)));
}

async function port(
  config: Config,
  { name, port: number, variable }: { name: string; port: number; variable: string },
): Promise<Check> {
  const own = { code: "ports", name } as const;
  if (number === 0) return { ...own, verdict: "ok", message: "any free one" };
  const problem = await tryToListen(config.httpHost, number);
  if (problem === null) return { ...own, verdict: "ok", message: `${number} is free` };
  if (problem === "EADDRINUSE" && (await isOurs(config, number))) {
    return { ...own, verdict: "ok", message: `${number} is in use by a running Dropcast` };
  }
  return {
    ...own,
    verdict: "warn",
    message:
      problem === "EADDRINUSE"
        ? `${number} of ${config.httpHost} is in use by another program`
        : `${number} of ${config.httpHost} cannot be opened (${problem})`,
    fix: `Set ${variable} to a free port before starting that role on this machine.`,
  };
}

function tryToListen(host: string, number: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port: number }, () => server.close(() => resolve(null)));
  });
}

/** Both of our HTTP roles give this answer on /healthz. */
async function isOurs(config: Config, number: number): Promise<boolean> {
  try {
    const answer = await fetch(`${localUrl({ host: config.httpHost, port: number })}/healthz`, {
      signal: AbortSignal.timeout(2_000),
    });
    return answer.ok && (await answer.text()).replace(/\s/g, "").includes('"status":"ok"');
  } catch {
    return false; // Another program listens there.
  }
}
