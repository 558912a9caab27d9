import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

/** Licences that a company may ship: none asks for the source of what uses the package. */
const LICENCES = new Set(["MIT", "ISC", "BSD-3-Clause", "Apache-2.0", "0BSD", "Unlicense"]);

interface Locked {
  readonly license?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly optional?: boolean;
}

const read = (path: string): string =>
  readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const { dependencies } = JSON.parse(read("package.json")) as {
  dependencies: Record<string, string>;
};
const locked = Object.entries<Locked>(JSON.parse(read("package-lock.json")).packages).filter(
  ([place, { dev, devOptional }]) => place !== "" && !dev && !devOptional,
);

describe("docs/dependencies.md", () => {
  const rows = read("docs/dependencies.md").matchAll(/^\| (`.+`) \| (.+) \| ([\w. -]+) \|$/gm);
  const listed = [...rows].flatMap(([, names = "", reason, licence]) =>
    [...names.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => ({ name, reason, licence })),
  );

  test("has each package that runs in production once, with a reason", () => {
    expect(listed.map(({ name }) => name)).toEqual(Object.keys(dependencies).sort());
    for (const { name, reason } of listed) expect(reason, name).toMatch(/\w+ \w+/);
  });

  test("says the licence that the package has", () => {
    const said = Object.fromEntries(listed.map(({ name, licence }) => [name, licence]));
    const had = Object.fromEntries(
      locked.flatMap(([place, { license }]) => {
        const name = place.replace(/^node_modules\//, "");
        return name in dependencies ? [[name, license]] : [];
      }),
    );

    expect(said).toEqual(had);
  });
});

describe("packages that run in production", () => {
  test("have exact versions and checksums", () => {
    expect(
      Object.values(dependencies).filter((version) => !/^\d+\.\d+\.\d+$/.test(version)),
    ).toEqual([]);
    // Another platform's may be missing from the registry that the lock file was made with.
    const unchecked = locked.filter(([, { integrity, optional }]) => !integrity && !optional);
    expect(unchecked).toEqual([]);
  });

  test("have licences that ask for nothing but their notice", () => {
    const others = locked.filter(
      ([, { license, optional }]) => !LICENCES.has(license ?? "") && !optional,
    );

    expect(others).toEqual([]);
  });
});
