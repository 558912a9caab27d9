import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { REDIS_VERSION_MIN } from "../../src/redis/find-binary.ts";

const read = (path: string): string =>
  readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const { version, engines } = JSON.parse(read("package.json")) as {
  version: string;
  engines: { node: string };
};
const NODE_MIN = /^>=(\d+\.\d+)$/.exec(engines.node)?.[1] ?? "";

describe("docs/upgrade.md", () => {
  const page = read("docs/upgrade.md");
  const rows = new Map(
    [...page.matchAll(/^\| (Node|Redis|Valkey) \| (.+) \| (.+) \|$/gm)].map(
      ([, name = "", supported = "", runOn = ""]) => [name, { supported, runOn }],
    ),
  );

  test("supports the Node that package.json, the program and the set-up ask for", () => {
    const [major, minor] = NODE_MIN.split(".");

    expect(rows.get("Node")?.supported).toContain(`(from ${NODE_MIN})`);
    expect(read("bin/dropcast.js")).toContain(`Node ${NODE_MIN} or newer`);
    expect(read("scripts/setup.mjs")).toContain(`requireNode(${major}, ${minor})`);
    for (const path of ["README.md", "docs/getting-started.md", "docs/deployment.md"]) {
      expect(read(path).replaceAll(/\s+/g, " "), path).toMatch(`${NODE_MIN} or newer`);
    }
  });

  test("has the newest Node that .ci/run takes", () => {
    const newest = /^NEWEST_NODE=(\S+)$/m.exec(read(".ci/run"))?.[1];

    expect(rows.get("Node")?.runOn.split(", ").at(-1)).toBe(newest);
  });

  test("names the oldest Redis that is not refused", () => {
    expect(page).toContain(`A Redis older than ${REDIS_VERSION_MIN} is refused`);
  });

  test("has been run on a version of each major version that it supports", () => {
    expect([...rows.keys()]).toEqual(["Node", "Redis", "Valkey"]);
    for (const [name, { supported, runOn }] of rows) {
      const majors = (text: string) => new Set(text.match(/(?<![\d.])\d+/g));
      const named = supported.replaceAll(/\(.*?\)/g, "");
      expect(majors(runOn), name).toEqual(majors(named));
    }
  });
});

describe("CHANGELOG.md", () => {
  const changelog = read("CHANGELOG.md");
  const sections = changelog.split(/^## /m).slice(1);

  test("has the version of package.json, and above it nothing but what is unreleased", () => {
    const titles = sections.map((section) => section.split(/[ \n]/, 1)[0]);

    expect(titles.filter((title) => title !== "Unreleased")[0]).toBe(version);
    expect(new Set(titles).size).toBe(titles.length);
    expect(titles.indexOf("Unreleased")).toBeLessThanOrEqual(0);
  });

  test("says each thing once", () => {
    const entries = changelog.split(/\n(?=- |#)/).filter((entry) => entry.startsWith("- "));

    expect(entries.length).toBeGreaterThan(30);
    expect(entries.filter((entry, at) => entries.indexOf(entry) !== at)).toEqual([]);
  });

  test("is short enough to be read", () => {
    for (const section of sections) expect(section.split("\n").length).toBeLessThan(150);
  });
});

test("what is deployed has the version of package.json", () => {
  expect(read("docker-compose.yml")).toContain(`image: dropcast:${version}`);
  expect(read("deploy/kubernetes/base/kustomization.yaml")).toContain(`newTag: ${version} }`);
  expect(read("docs/getting-started.md")).toContain(`Dropcast ${version}: all roles`);
});
