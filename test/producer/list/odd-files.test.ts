import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import type { Encoding } from "../../../src/core/encoding.ts";
import { keepNothing } from "../../../src/producer/sink/sink.ts";
import { testDefinition } from "../../support/campaigns.ts";
import { importList } from "../import/by-path.ts";

/**
 * One list per case as people and programs write them, each beside the report it should get: what
 * the JSON names of it. A refusal's `message` is a part of the whole one.
 */
interface Case {
  options?: { country?: string; to?: string; encoding?: Encoding; maxRejected?: number };
  expect: { refusal: { code: string; message?: string } | null } & Record<string, unknown>;
}

const folder = fileURLToPath(new URL("./odd-files", import.meta.url));
const names = readdirSync(folder).flatMap((file) => /^(.*)\.csv$/.exec(file)?.[1] ?? []);

it.each(names)("%s gets the report beside it", async (name) => {
  const { options = {}, expect: expected } = JSON.parse(
    readFileSync(join(folder, `${name}.json`), "utf8"),
  ) as Case;
  const definition = testDefinition("main", {
    template: { name: "t", language: { code: "en" } },
    recipients: {
      file: null,
      to: options.to ?? null,
      country: options.country ?? null,
      numbers: null,
      encoding: options.encoding ?? null,
      maxRejected: options.maxRejected ?? 0.2,
      strictValues: false,
      skipUndeliverableMs: null,
      warnRepeatMs: null,
      skipRepeatMs: null,
    },
  });

  const { report, ...result } = await importList({
    sink: keepNothing(null),
    definition,
    csvPath: join(folder, `${name}.csv`),
    rejectsPath: null,
    mode: "sandbox",
    country: null,
  });

  const { refusal, ...rest } = expected;
  expect(report).toMatchObject(rest);
  expect(result.ok ? null : result.refusal.code).toBe(refusal?.code ?? null);
  if (!result.ok) expect(result.refusal.message).toContain(refusal?.message ?? "");
});
