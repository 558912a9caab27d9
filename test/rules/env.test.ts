import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { describe, expect, test } from "vitest";
import { loadConfig } from "../../src/config/config.ts";
import { VARIABLES } from "../../src/config/variables.ts";

const example = readFileSync(new URL("../../.env.example", import.meta.url), "utf8");

describe(".env.example", () => {
  test("lists exactly the variables that the configuration knows, each once", () => {
    const listed = [...example.matchAll(/^#?\s*(DROPCAST_[A-Z_]+)=/gm)].map((match) => match[1]);

    expect(new Set(listed)).toEqual(new Set(VARIABLES));
    expect(listed).toHaveLength(VARIABLES.length);
  });

  test("is a configuration as it stands, equal to the defaults", () => {
    const cwd = "/nowhere";

    const copied = loadConfig({ env: parseEnv(example), cwd });

    expect(copied).toEqual(loadConfig({ env: {}, cwd }));
    expect(copied).toMatchObject({ ok: true, warnings: [] });
  });
});
