import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { accessKeysAt } from "../../src/config/access.ts";
import { loadConfig } from "../../src/config/config.ts";
import { fileShape } from "../../src/config/file.ts";
import { numberShape } from "../../src/config/numbers.ts";
import { portfolioShape } from "../../src/config/portfolios.ts";
import { ENDPOINT_KEYS } from "../../src/config/webhooks-out.ts";
import { CAMPAIGN_BLOCKS, validateCampaign } from "../../src/core/campaign-schema.ts";
import { CAPS_KEYS } from "../../src/core/caps.ts";
import { ENCODINGS } from "../../src/core/encoding.ts";
import { isJsonObject, type Json, type JsonObject } from "../../src/core/json.ts";
import { HOURS_KEYS } from "../../src/core/send-window.ts";
import { STOP_ON } from "../../src/core/stop-on.ts";
import { TAKES } from "../../src/core/template-parameters.ts";
import { COMPONENT_TYPES } from "../../src/core/template-rules.ts";

const read = (page: string): string =>
  readFileSync(new URL(`../../docs/${page}`, import.meta.url), "utf8");

/** The parsed YAML blocks of a page. */
function yamlOf(page: string): Json[] {
  return [...read(page).matchAll(/^```yaml\n(.*?)^```$/gms)].map(
    ([, text = ""]) => parse(text) as Json,
  );
}

/** The code words in the first column of a page's tables. */
function firstColumn(page: string): string[] {
  return read(page)
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .flatMap((line) => wordsIn(line.split(" | ", 1)[0] ?? ""));
}

function wordsIn(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, word = ""]) => word);
}

/** What is below them are no keys of ours: fields of WhatsApp, and error codes. */
const CHECKED_BY_VALUE: readonly string[] = ["template", "delivery.retry"];

/** `schedule.startAt`: the path of each key, down to the blocks that the product checks itself. */
function pathsIn(content: Json | undefined, before = ""): string[] {
  if (!isJsonObject(content)) return [];
  return Object.entries(content).flatMap(([key, value]) => {
    const path = `${before}${key}`;
    return [path, ...(CHECKED_BY_VALUE.includes(path) ? [] : pathsIn(value, `${path}.`))];
  });
}

describe("docs/campaign-file.md", () => {
  const [file, media] = yamlOf("campaign-file.md");
  const recurring = yamlOf("drop-folder.md").find((one) => isJsonObject(one) && "recurring" in one);

  test("is a valid campaign file as it stands", () => {
    expect(validateCampaign(file ?? null)).toMatchObject({ ok: true });
  });

  test("shows a template with media and buttons that is valid, too", () => {
    const template = { name: "t", language: { code: "en" } };
    const shown = isJsonObject(media ?? null) ? (media as JsonObject) : {};

    const campaign = { name: "T", category: "marketing", template: { ...template, ...shown } };

    expect(Object.keys(shown)).toEqual(["components"]);
    expect(validateCampaign(campaign)).toMatchObject({ ok: true });
  });

  test("has every key that campaign files may have, and no other", () => {
    const known = [
      ...Object.entries(CAMPAIGN_BLOCKS).flatMap(([block, { shape }]) =>
        Object.keys(shape).map((key) => (block === "" ? key : `${block}.${key}`)),
      ),
      ...Object.keys(STOP_ON).map((key) => `stopOn.${key}`),
      ...HOURS_KEYS.map((key) => `schedule.window.${key}`),
      ...CAPS_KEYS.map((key) => `caps.${key}`),
    ];
    // Given as alternatives to what the examples have.
    const alternatives = read("drop-folder.md").includes("or url: https://")
      ? ["recurring.url", "recurring.tokenFile"]
      : [];
    if (read("campaign-file.md").includes("numbers: [main, second]")) alternatives.push("numbers");
    const shown = new Set([
      ...pathsIn(file),
      ...pathsIn(recurring).filter((path) => path.startsWith("recurring")),
      ...alternatives,
    ]);

    expect([...shown].toSorted()).toEqual(known.toSorted());
  });

  test("has the types of components and of their parameters", () => {
    const rows = [...read("campaign-file.md").matchAll(/^\| (`.*) \| (.*) \|$/gm)];
    const types = new Set(rows.flatMap(([, names = ""]) => wordsIn(names)));
    const listed = Object.fromEntries(
      rows
        .filter(([, , takes]) => takes !== "not checked")
        .flatMap(([, names = "", takes = ""]) =>
          componentsIn(names).map((component) => [component, takes.split(", ")]),
        ),
    );

    expect(listed).toEqual(TAKES);
    expect(COMPONENT_TYPES.filter((type) => !types.has(type))).toEqual([]);
  });

  /** `button`, `sub_type: flow`, `catalog` -> flow button, catalog button */
  function componentsIn(names: string): string[] {
    const [type = "", ...kinds] = wordsIn(names).map((word) => word.replace("sub_type: ", ""));
    return type === "button" ? kinds.map((kind) => `${kind} button`) : [type];
  }
});

describe("docs/configuration.md", () => {
  test("has every key of the configuration file, and no other", () => {
    const shapes: Readonly<Record<string, readonly string[]>> = {
      "numbers.NAME": Object.keys(numberShape.shape),
      "portfolios.NAME": Object.keys(portfolioShape.shape),
      campaigns: ["keep"],
      access: accessKeysAt(["access"]),
    };
    const known = Object.keys(fileShape.shape).flatMap((key) => {
      const [block, keys] =
        Object.entries(shapes).find(([name]) => name.split(".")[0] === key) ?? [];
      return keys === undefined ? [key] : keys.map((one) => `${block}.${one}`);
    });

    const listed = firstColumn("configuration.md").filter((word) => !word.startsWith("DROPCAST_"));

    expect(listed.toSorted()).toEqual(known.toSorted());
  });

  test("shows a file that the product takes as it is", () => {
    const cwd = mkdtempSync(join(tmpdir(), "dropcast-config-"));
    onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
    const [, text = ""] = /^```yaml\n(.*?)^```$/ms.exec(read("configuration.md")) ?? [];
    writeFileSync(join(cwd, "dropcast.yaml"), text);
    const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
    for (const name of ["second.secret", "crm.secret"]) writeFileSync(join(cwd, name), secret);
    writeFileSync(join(cwd, "second.token"), Buffer.from("account:dal:pat").toString("base64"));

    const config = loadConfig({ env: { DROPCAST_CONFIG: "dropcast.yaml" }, cwd });

    expect(config).toMatchObject({ ok: true, warnings: [] });
  });
});

test("docs/webhooks-out.md has every key of an endpoint", () => {
  const listed = firstColumn("webhooks-out.md");

  expect(ENDPOINT_KEYS.filter((key) => !listed.includes(key))).toEqual([]);
});

test("docs/access.md has every key of who may come in", () => {
  const words = new Set(read("access.md").match(/[A-Za-z]+/g));
  const keys = [...accessKeysAt(["access"]), ...accessKeysAt(["access", "oidc"])];

  expect(keys.filter((key) => !words.has(key))).toEqual([]);
});

test("docs/lists.md has every encoding, and no other", () => {
  const rows = [...read("lists.md").matchAll(/^\| [^`|]+ \| (`.*) \|$/gm)];

  expect(rows.flatMap(([, names = ""]) => wordsIn(names)).toSorted()).toEqual(ENCODINGS.toSorted());
});
