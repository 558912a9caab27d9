import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { VARIABLES } from "../../src/config/variables.ts";
import { imageEnvironment, pathOf, read } from "./deployment.ts";

const text = read("Dockerfile").replace(/\\\n\s*/g, " ");
const instructions = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
const last = instructions.slice(instructions.findLastIndex((line) => line.startsWith("FROM ")));

function all(name: string, lines = instructions): string[] {
  return lines.flatMap((line) =>
    line.startsWith(`${name} `) ? [line.slice(name.length).trim()] : [],
  );
}

describe("Dockerfile", () => {
  test("builds in one stage and runs in another, on the same base", () => {
    const [build, run, ...more] = all("FROM");

    expect(build).toBe("node:24-bookworm-slim AS build");
    expect(run).toBe("node:24-bookworm-slim");
    expect(more).toEqual([]);
  });

  test("installs exactly what the lock file says, without scripts of packages", () => {
    const installs = all("RUN").filter((command) => command.includes("npm ci"));

    expect(installs).toEqual(["npm ci --ignore-scripts"]);
    expect(text).toContain("npm prune --omit=dev --ignore-scripts");
  });

  test("runs as a user that is not root, named by number", () => {
    expect(all("USER", last)).toEqual(["1000:1000"]);
    expect(all("COPY", last).filter((copy) => copy.includes("--chown"))).toEqual([]);
  });

  test("hands signals to node: exec form, no shell and no npm in between", () => {
    const entry = JSON.parse(all("ENTRYPOINT", last)[0] ?? "") as string[];

    expect(entry).toEqual(["node", "/app/bin/dropcast.js"]);
    expect(() => JSON.parse(all("CMD", last)[0] ?? "")).not.toThrow();
    expect(all("STOPSIGNAL", last)).toEqual(["SIGTERM"]);
  });

  test("checks itself with node: the image has no curl", () => {
    const [check = ""] = all("HEALTHCHECK", last);

    const command = JSON.parse(check.slice(check.indexOf("CMD ") + 4)) as string[];

    expect(command).toEqual(["node", "/app/bin/healthcheck.js"]);
    expect(existsSync(pathOf("bin/healthcheck.js"))).toBe(true);
  });

  test("sets variables that the configuration knows", () => {
    const names = Object.keys(imageEnvironment()).filter((name) => name.startsWith("DROPCAST_"));

    expect(names).not.toEqual([]);
    expect(names.filter((name) => !VARIABLES.some((known) => known === name))).toEqual([]);
  });

  test("copies nothing that .dockerignore keeps out, and nothing that is not there", () => {
    const let_in = read(".dockerignore")
      .split("\n")
      .flatMap((line) => (line.startsWith("!") ? [line.slice(1)] : []));
    const copied = all("COPY")
      .filter((copy) => !copy.startsWith("--from"))
      .flatMap((copy) => copy.split(/\s+/).slice(0, -1));

    for (const path of copied) {
      expect(existsSync(pathOf(path)), path).toBe(true);
      expect(
        let_in.some((open) => path === open || path.startsWith(`${open}/`)),
        `${path} is not let in by .dockerignore`,
      ).toBe(true);
    }
  });

  test(".dockerignore leaves everything out before it names what goes in", () => {
    const rules = read(".dockerignore")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));

    expect(rules[0]).toBe("*");
    expect(rules.slice(1).every((line) => line.startsWith("!"))).toBe(true);
    expect(rules).not.toContain("!.env");
  });
});
