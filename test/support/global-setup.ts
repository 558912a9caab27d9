import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Redis } from "ioredis";
import type { TestProject } from "vitest/node";
import type { RedisBinary } from "../../src/redis/find-binary.ts";
import { startRedisServer } from "./redis-server.ts";
import { SOON } from "./soon.ts";

declare module "vitest" {
  export interface ProvidedContext {
    redisSocket: string;
    redisPort: number;
  }
}

/** One Redis for the whole run: tests are kept apart by the number they use, not by servers. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (!isFast(project)) {
    build();
    project.onTestsRerun(async () => build());
  }
  const server = await startRedisServer([]);
  const withdraw = offerToTests(server.binary);
  project.provide("redisSocket", server.socket);
  project.provide("redisPort", server.port);

  return async () => {
    try {
      const stray = await strayClients(server.socket);
      if (stray.length > 0) {
        throw new Error(`The tests left ${stray.length} Redis clients:\n${stray.join("\n")}`);
      }
    } finally {
      await server.remove();
      withdraw();
    }
  };
}

/** `npm run test:fast` and `npm run test:watch`: no test of theirs runs `dist/`. */
function isFast({ vitest }: TestProject): boolean {
  return vitest.projects.every(({ name }) => name === "fast");
}

/**
 * Tests that start a process run `dist/`. However vitest was started, they run what `src/` says
 * now: a build that is missing or stale is made, one that fails stops the run.
 */
function build(): void {
  const script = fileURLToPath(new URL("../../scripts/setup.mjs", import.meta.url));
  const { status } = spawnSync(process.execPath, [script], { stdio: ["ignore", 2, 2] });
  if (status !== 0) throw new Error("dist/ is not what src/ says; the lines above tell why.");
}

/**
 * A server that had to be downloaded goes on PATH, so that no test downloads it once more; with the
 * libraries that came with it, for processes that get nothing but PATH. Returns what removes it.
 */
function offerToTests({ file, env }: RedisBinary): () => void {
  const path = (process.env["PATH"] ?? "").split(delimiter).filter((each) => each !== "");
  const origin = dirname(file);
  if (path.includes(origin)) return () => {};
  const folder = mkdtempSync(join(tmpdir(), "dropcast-redis-programs-"));
  const library = Object.entries(env).map(([name, value]) => `${name}='${value}' `);
  for (const program of readdirSync(origin)) {
    const script = `#!/bin/sh\n${library.join("")}exec '${join(origin, program)}' "$@"\n`;
    writeFileSync(join(folder, program), script, { mode: 0o755 });
  }
  process.env["PATH"] = [...path, folder].join(delimiter);
  return () => rmSync(folder, { recursive: true, force: true });
}

/** Clients that are still connected after a grace period: a process that some test left running. */
async function strayClients(socket: string): Promise<string[]> {
  const redis = new Redis(socket);
  try {
    const id = await redis.client("ID");
    for (let waitedMs = 0; ; waitedMs += SOON.interval) {
      const list = String(await redis.client("LIST"))
        .trim()
        .split("\n");
      const others = list.filter((line) => !line.startsWith(`id=${id} `));
      if (others.length === 0 || waitedMs >= SOON.timeout) return others;
      await new Promise((resolve) => setTimeout(resolve, SOON.interval));
    }
  } finally {
    redis.disconnect();
  }
}
