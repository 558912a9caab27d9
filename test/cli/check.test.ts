import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { createNumberStore } from "../../src/store/number-store.ts";
import { connectTestRedis } from "../support/redis.ts";
import { SOON } from "../support/soon.ts";
import { runHere } from "./in-process.ts";
import { json, makePlace, type Place, startCli, writeCampaign } from "./run-cli.ts";

interface Checked {
  rows: number;
  ok: number;
  rejected: number;
  duplicate: number;
  rejectsFile: string | null;
  campaign: string | null;
  notChecked: string[];
  estimate: { seconds: number };
  warnings: { code: string; count: number }[];
  error?: { code: string };
}

/** A campaign and a list of `rows` good rows, with one that is wrong and one that comes twice. */
function writeList(place: Place, rows: number): readonly [string, string] {
  const [campaign, list] = writeCampaign(place, rows);
  const path = join(place.dir, list);
  writeFileSync(path, `${readFileSync(path, "utf8")}wrong,Ana\n48601000000,Again\n`);
  return [campaign, list];
}

/** The same place without a Redis of its own, and none on this machine. */
function withoutRedis(place: Place): Place {
  const { DROPCAST_REDIS_URL: _, ...env } = place.env;
  return { ...place, env };
}

test("a list is checked without Redis or API: told in full, nothing stored, rejects written", async () => {
  const place = makePlace();
  const files = writeList(place, 20);

  const ended = await runHere(withoutRedis(place), ["check", ...files, "--json"]);

  expect(ended).toMatchObject({ code: 0, stderr: "" });
  expect(json<Checked>(ended)).toMatchObject({
    ...{ rows: 22, ok: 20, rejected: 1, duplicate: 1, suppressed: 0 },
    ...{ encoding: "utf-8", delimiter: ",", columns: ["phone", "first_name"] },
    ...{
      phoneColumn: "phone",
      campaign: null,
      notChecked: ["opt_outs", "other_campaigns", "repeats"],
    },
    problems: [{ code: "phone_invalid", count: 1, lines: [22] }],
    samples: [{ line: 2, body: { to: "48601000000", template: { name: "spring_sale" } } }, {}, {}],
    rejectsFile: join(place.dir, "list.rejects.csv"),
    estimate: { seconds: 1, endsAt: expect.stringMatching(/^\d{4}-.*Z$/) },
  });
  expect(json(ended)).not.toHaveProperty("error");
  expect(readdirSync(place.dir).sort()).toEqual([
    "list.csv",
    "list.rejects.csv",
    "numbers.yaml",
    "sale.yaml",
  ]);
});

test("for people the report fits a terminal, and says how long and where", async () => {
  const place = makePlace();
  const files = writeList(place, 3);

  const { code, stdout } = await runHere(withoutRedis(place), ["check", ...files]);

  expect(code).toBe(0);
  expect(stdout).toContain(`Campaign   Sale (marketing), from number ${place.number}`);
  expect(stdout).toMatch(/^ {2}to send {4}3 {2}60\.0 %$/m);
  expect(stdout).toMatch(/^ {2}1 {2}phone_invalid {2}line 5$/m);
  expect(stdout).toContain('{"to":"48601000000","template":{"name":"spring_sale"');
  expect(stdout).toMatch(/3 messages at 500\/s: about 1 s, from now until \d{4}-/);
  const long = stdout.split("\n").filter((line) => line.length > 80 && !line.includes('{"to"'));
  expect(long.filter((line) => !line.includes(place.number))).toEqual([]);
});

test("a Redis that is away is told, and the check goes on", async () => {
  const place = makePlace({ DROPCAST_REDIS_URL: "redis://127.0.0.1:1" });

  const ended = await runHere(place, ["check", ...writeList(place, 5), "--json"]);

  expect(ended.code).toBe(0);
  expect(ended.stderr).toContain("Continuing without Redis");
  expect(json<Checked>(ended).notChecked).toEqual(["opt_outs", "other_campaigns", "repeats"]);
});

test("what Redis knows is told: other campaigns, opt-outs, and bytes that were imported before", async () => {
  const place = makePlace();
  const files = writeList(place, 20);
  const redis = connectTestRedis();
  const store = await createNumberStore({ redis, number: place.number });
  const sent = await runHere(place, ["send", ...files, "--json"]);
  const { id } = json<{ id: string }>(sent);
  expect(json(sent)).toMatchObject({
    ok: 20,
    rejected: 1,
    samples: [{ body: { to: "48******00" } }, {}, {}],
  });
  writeFileSync(
    join(place.dir, "other.csv"),
    "phone,first_name\n48601000001,Ana\n48700000001,Ben\n",
  );

  const again = await runHere(place, ["check", ...files, "--json"]);
  const other = await runHere(place, ["check", "sale.yaml", "other.csv", "--json"]);

  expect(again.code).toBe(1);
  expect(json<Checked>(again)).toMatchObject({
    ...{ campaign: id, rows: 22, ok: 20, notChecked: [] },
    error: { code: "already_imported" },
    // The rejects file of the campaign, which somebody may be correcting, is left alone.
    rejectsFile: join(place.dir, "list-2.rejects.csv"),
  });
  // Also says why, should Redis not have been asked.
  expect(other).toMatchObject({ code: 0, stderr: "" });
  const { warnings } = json<Checked>(other);
  // By the clock of these people it may be night now.
  expect(warnings.filter(({ code }) => code !== "marketing_at_night")).toMatchObject([
    { code: "in_other_campaign", count: 1 },
  ]);
  expect(await store.campaigns.list()).toHaveLength(1);
});

test("a list that would be refused prints its report all the same, and ends with 1", async () => {
  const place = makePlace();
  const [campaign] = writeCampaign(place, 1);
  writeFileSync(join(place.dir, "bad.csv"), "phone,first_name\n48601000001,Ana\nx,Ben\ny,Cem\n");
  const bare = withoutRedis(place);

  const forScripts = await runHere(bare, ["check", campaign, "bad.csv", "--json"]);
  const [forPeople, noList, noCampaign] = await Promise.all([
    runHere(bare, ["check", campaign, "bad.csv"]),
    runHere(bare, ["check", campaign, "nope.csv", "--json"]),
    runHere(bare, ["check", "nope.yaml", "bad.csv", "--json"]),
  ]);

  expect(forScripts.code).toBe(1);
  expect(json<Checked>(forScripts)).toMatchObject({
    ...{ rows: 3, ok: 1, rejected: 2, rejectsFile: join(place.dir, "bad.rejects.csv") },
    error: { code: "list_too_many_rejected" },
  });
  expect(forPeople.code).toBe(1);
  expect(forPeople.stdout).toContain("phone_invalid");
  expect(forPeople.stdout).toContain("Cannot be sent: 2 of 3 rows cannot be sent");
  expect([noList.code, noCampaign.code]).toEqual([1, 1]);
  expect(json<Checked>(noList)).toMatchObject({ rows: 0, error: { code: "list_not_found" } });
  expect(json<Checked>(noCampaign)).toMatchObject({
    error: {
      code: "campaign_not_readable",
      message: expect.stringMatching(/ does not exist\.$/) as string,
    },
  });
});

test("prices of the configuration give the cost", async () => {
  const place = makePlace();
  writeFileSync(
    join(place.dir, "numbers.yaml"),
    `numbers: { ${place.number}: {} }\nprices: { currency: EUR, PL: { marketing: 0.05 } }\n`,
  );

  const ended = await runHere(withoutRedis(place), ["check", ...writeList(place, 30), "--json"]);

  expect(json(ended)).toMatchObject({
    cost: { countries: [{ country: "PL", messages: 30, cost: 1.5 }], currency: "EUR", amount: 1.5 },
  });
});

test("rows that were rejected, corrected and sent again reach their people in the same campaign", async () => {
  const place = makePlace();
  const files = writeList(place, 10);
  const up = startCli(place, ["up", "--sandbox"]);
  await up.said("Ready.");
  const sent = await runHere(place, ["send", ...files, "--wait", "--json"]);
  const { id } = json<{ id: string }>(sent);
  const rejects = join(place.dir, "list.rejects.csv");
  writeFileSync(rejects, readFileSync(rejects, "utf8").replace("wrong", "+48 601 999 999"));

  const other = writeCampaignNamed(place, "Other");
  const refused = await runHere(place, ["send", other, "list.rejects.csv", "--json"]);
  const checked = await runHere(place, ["check", files[0], "list.rejects.csv", "--json"]);
  const mended = await runHere(place, ["send", files[0], "list.rejects.csv", "--wait", "--json"]);
  const again = await runHere(place, ["send", files[0], "list.rejects.csv"]);
  // `watch` waits for outcomes for ten seconds only, which a busy machine may need.
  const shown = await vi.waitFor(async () => {
    const ended = await runHere(place, ["show", id, "--json"]);
    const { counts } = json<{ counts: Record<string, number> }>(ended);
    const reached = (counts["delivered"] ?? 0) + (counts["read"] ?? 0);
    expect(reached, JSON.stringify(counts)).toBe(11);
    return ended;
  }, SOON);
  const exported = await runHere(place, ["export", id, "--format", "ndjson"]);
  up.kill("SIGTERM");
  await up.ended;

  expect(json(refused)).toMatchObject({ error: { code: "mend_other_campaign" } });
  expect(json(checked)).toMatchObject({ campaign: id, mended: 1, stillRejected: 0 });
  expect(mended.code).toBe(0);
  expect(json(mended)).toMatchObject({
    ...{ id, rows: 12, status: "finished", mended: 1, stillRejected: 0, alreadyMended: 0 },
    counts: { rejected: 0, duplicate: 1 },
  });
  expect(again.stdout).toContain(`${id} is finished: 0 rows corrected, 1 corrected before.`);
  const { rows, counts } = json<{ rows: number; counts: Record<string, number> }>(shown);
  expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(rows);
  const row = JSON.parse(exported.stdout.split("\n")[10] ?? "") as Record<string, unknown>;
  expect(row).toMatchObject({ row: 11, attempts: 1, input: { phone: "+48 601 999 999" } });
  expect(existsSync(join(place.dir, "list.rejects.rejects.csv"))).toBe(false);
});

function writeCampaignNamed(place: Place, name: string): string {
  const text = readFileSync(join(place.dir, "sale.yaml"), "utf8");
  writeFileSync(join(place.dir, "other.yaml"), text.replace("name: Sale", `name: ${name}`));
  return "other.yaml";
}
