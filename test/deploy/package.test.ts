import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pathOf, read } from "./deployment.ts";

const run = promisify(execFile);
const PACK_MS = 120_000;
const DEMO_MS = 180_000;

const folder = mkdtempSync(join(tmpdir(), "dropcast-package-"));
const prefix = join(folder, "prefix");
const installed = join(prefix, "lib", "node_modules", "dropcast");
const workingFolder = join(folder, "empty");

/** As somebody without a compiler would: nothing of this checkout is on the path. */
const env = { ...process.env, PATH: `${join(prefix, "bin")}:${process.env["PATH"]}` };

interface Locked {
  readonly version: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  /** Prebuilt for one platform: not on every machine. */
  readonly optional?: boolean;
}

function versionOf(place: string): string | undefined {
  const file = join(installed, place, "package.json");
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).version : undefined;
}

beforeAll(async () => {
  mkdirSync(workingFolder);
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", folder], {
    cwd: pathOf("."),
    maxBuffer: 16 * 1024 * 1024,
  });
  const [packed] = JSON.parse(stdout.slice(stdout.indexOf("["))) as { filename: string }[];
  const file = join(folder, packed?.filename ?? "");
  await run("npm", ["install", "--global", "--prefix", prefix, "--ignore-scripts", file], {
    cwd: workingFolder,
  });
}, PACK_MS);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the package that npm pack makes", () => {
  test("has what runs, what explains it, and no development files", () => {
    expect(readdirSync(installed).sort()).toEqual([
      ...[".env.example", "CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md", "bin"],
      ...["deploy", "dist", "docs", "examples", "node_modules", "npm-shrinkwrap.json"],
      "package.json",
    ]);
    const packages = readdirSync(join(installed, "node_modules"));
    const { devDependencies } = JSON.parse(read("package.json"));
    expect(packages.filter((name) => name in devDependencies)).toEqual([]);
    expect(readdirSync(join(installed, "dist")).filter((name) => /test/.test(name))).toEqual([]);
  });

  test("installs exactly the versions that the tests ran with", () => {
    const locked = Object.entries<Locked>(JSON.parse(read("package-lock.json")).packages);
    const runs = locked.filter(([place, { dev, devOptional, optional }]) => {
      return place !== "" && !dev && !devOptional && !optional;
    });

    const differing = runs.filter(([place, { version }]) => versionOf(place) !== version);

    expect(runs.length).toBeGreaterThan(50);
    expect(differing).toEqual([]);
  });

  test("leaves nothing behind in the checkout", () => {
    expect(existsSync(pathOf("npm-shrinkwrap.json"))).toBe(false);
  });

  test(
    "puts a command on the path that runs the demo in an empty folder",
    async () => {
      const { stdout } = await run("dropcast", ["demo", "--json"], { cwd: workingFolder, env });

      const report = JSON.parse(stdout);
      expect(report).toMatchObject({ status: "finished", rows: 1000 });
      expect(report.counts).toMatchObject({ pending: 0, sending: 0, unknown: 0 });
    },
    DEMO_MS,
  );
});
