import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { startScratchRedis } from "../../src/backup/scratch-redis.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "dropcast-scratch-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
});

test("a server that does not start is told from a damaged backup, and gets the library path but no token", async () => {
  vi.stubEnv("LD_LIBRARY_PATH", "/opt/libraries");
  vi.stubEnv("DROPCAST_API_TOKEN", "a-token");
  onTestFinished(() => void vi.unstubAllEnvs());
  const file = join(dir, "redis-server");
  const script = 'echo "libraries: $LD_LIBRARY_PATH, token: $DROPCAST_API_TOKEN."; exit 127';
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o700);
  const backup = join(dir, "backup.rdb");
  writeFileSync(backup, "");

  const binary = { file, program: "redis-server", version: "7.0.15", env: {} };
  const started = await startScratchRedis({ binary, dir, file: backup, db: 0 });

  expect(started).toMatchObject({ ok: false, refusal: { code: "redis_failed" } });
  const { message } = started.ok ? { message: "" } : started.refusal;
  expect(message).toContain("libraries: /opt/libraries, token: .");
});
