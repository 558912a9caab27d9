import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { ACT_KINDS } from "../../src/core/act.ts";

/**
 * Every act of a person is noted in the audit: what changes something on a person's behalf is called
 * only where its actor is named. The code is read as text.
 */
const root = fileURLToPath(new URL("../../src/", import.meta.url));

const files = readdirSync(root, { recursive: true, encoding: "utf8" })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => path.endsWith(".ts") && !path.startsWith("store/"))
  .map((path) => ({
    path,
    code: readFileSync(join(root, path), "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, ""),
  }));

const ENTRIES = "producer/suppressions/import-entries.ts";

/** What the store offers for people, and where it is called; each of these files notes the act. */
const CALLED_IN: readonly [RegExp, readonly string[]][] = [
  [/\bcampaigns\.(?:pause|resume|cancel)\(/, ["campaigns/control.ts", "campaigns/test-message.ts"]],
  [/\bcampaigns\.resolve\(/, ["campaigns/resolve.ts"]],
  [/\bcampaigns\.retryRows\(/, ["campaigns/retry.ts"]],
  [/\bactions\.(?:begin|stop)\(/, ["campaigns/actions.ts"]],
  [
    /\bstartAction\(/,
    ["actions", "begin-action", "resolve", "retry"].map((file) => `campaigns/${file}.ts`),
  ],
  [/\bretryAttempts\(/, ["campaigns/retry.ts", "dashboard/board-retry.ts"]],
  [/\bpace\.set(?:Number|Campaign)Rate\(/, ["campaigns/rate.ts"]],
  [/\bsuppressions\.(?:add|remove)\(/, ["campaigns/opt-outs.ts", ENTRIES]],
  [/\bimportOptOuts\(/, ["api/opt-outs-import.ts", "cli/suppress-import.ts", ENTRIES]],
  [/\beraser\.erase\(/, ["privacy/erase-act.ts"]],
  [/\brollback\.(?:accept|confirmStart)\(/, ["campaigns/recovery.ts"]],
  [/\baudit\.correct\(/, ["campaigns/recovery.ts"]],
  [/\btokens\.(?:add|remove)\(/, ["access/tokens.ts"]],
  [/\busers\.(?:add|remove|set[A-Z]\w+)\(/, ["access/users.ts"]],
  [/\bsessions\.end\(/, ["access/sessions.ts"]],
  [
    /\bcreateImporter\(/,
    ["app/api.ts", "app/lists.ts", "app/producer.ts", "cli/import-campaign.ts"],
  ],
  // A job continues what was noted when it began.
  [/\bdeps\.importFile\(/, ["api/imports.ts", "api/running.ts"]],
];

/** Passed on as they are: the verbs of a control, the actions of `token`. */
const BY_NAME: ReadonlySet<string> = new Set([
  ...["pause", "resume", "cancel", "token add", "token remove"],
]);

/** Act without a person. */
const BY_ITSELF: ReadonlySet<string> = new Set(["worker/queue-workers.ts"]);

/** These only make what others call. */
const MAKERS: ReadonlySet<string> = new Set([
  ...["api/running.ts", "app/api.ts", "app/lists.ts", ENTRIES],
]);

test.each(CALLED_IN)("%s is called only where the act is noted", (call, allowed) => {
  const calling = files
    .filter(({ path, code }) => call.test(code) && !BY_ITSELF.has(path))
    .map(({ path }) => path);

  expect(calling.sort()).toEqual([...allowed].sort());
  for (const path of allowed.filter((one) => !MAKERS.has(one))) {
    const { code = "" } = files.find((file) => file.path === path) ?? {};
    expect(code, path).toMatch(/\baudited\(|\bcreateNoteDrop\(/);
  }
});

test("every kind of act is noted somewhere", () => {
  const all = files.map(({ code }) => code).join("\n");
  const unused = ACT_KINDS.filter((kind) => !BY_NAME.has(kind) && !all.includes(`what: "${kind}"`));

  expect(unused).toEqual([]);
});
