import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { loadConfig, type ReadConfig } from "../../src/config/config.ts";

export const base64 = (text: string): string => Buffer.from(text).toString("base64");
export const TOKEN = base64("account-1:pat-canary-7f3a");
export const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
export const OTHER_SECRET = base64("b".repeat(32));

/** Of the running test: its file has `beforeEach(openFolder)` and `afterEach(removeFolder)`. */
export let cwd: string;

export function openFolder(): void {
  cwd = mkdtempSync(join(tmpdir(), "dropcast-config-"));
}

export function removeFolder(): void {
  rmSync(cwd, { recursive: true });
}

export function put(name: string, content: string): string {
  writeFileSync(join(cwd, name), content);
  return name;
}

export function load(env: Record<string, string>): ReadConfig & { warnings: string[] } {
  const loaded = loadConfig({ env, cwd });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return { ...loaded.config, warnings: loaded.warnings };
}

/** `NAME message` of every problem. */
export function problems(env: Record<string, string>): string[] {
  const loaded = loadConfig({ env, cwd });
  if (loaded.ok) throw new Error("it was not refused");
  for (const { fix } of loaded.problems) expect(fix).not.toBe("");
  return loaded.problems.map(({ name, message }) => `${name} ${message}`);
}
