import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createNumberStore } from "../../src/store/number-store.ts";
import { startOwnRedis } from "../support/redis.ts";
import { runHere } from "./in-process.ts";
import { json, makePlace, type Place, writeCampaign } from "./run-cli.ts";

/** The list is the whole deployment's, so each of these tests has a Redis of its own. */
async function openPlace() {
  const server = await startOwnRedis();
  const place = makePlace({ DROPCAST_REDIS_URL: server.url, DROPCAST_DEFAULT_COUNTRY: "PL" });
  const store = await createNumberStore({ redis: server.connect(), number: place.number });
  const suppress = async (...args: string[]) => {
    const ended = await runHere(place, ["suppress", ...args, "--json"]);
    return { ...ended, json: json(ended) };
  };
  return { place, store, suppress, server };
}

const codeOf = (said: unknown): string => (said as { error: { code: string } }).error.code;

const listed = async (place: Place): Promise<{ phone: string; scope: string; source: string }[]> =>
  json(await runHere(place, ["suppress", "list", "--json"]));

test("add, list, remove: numbers in any spelling, with the default country", async () => {
  const { place, suppress } = await openPlace();

  const added = await suppress("add", "600 700 800", "+44 (0)7911 123456", "--source", "by phone");
  const again = await suppress("add", "0048600700800", "--scope", "marketing");
  const shown = await listed(place);
  const people = await runHere(place, ["suppress", "list"]);
  const removed = await suppress("remove", "600-700-800", "600700801");

  expect(added).toMatchObject({ code: 0, json: { added: 2, unchanged: 0, scope: "all" } });
  expect(again).toMatchObject({ code: 0, json: { added: 0, unchanged: 1 } });
  expect(shown).toMatchObject([
    { phone: "+48600700800", scope: "all", source: "by phone" },
    { phone: "+447911123456", scope: "all", source: "by phone" },
  ]);
  expect(people.stdout).toMatch(/^\+48600700800 +all +\d{4}-\d\d-\d\d .*by phone\n\+447911123456 /);
  expect(removed).toMatchObject({ code: 0, json: { removed: 1, absent: 1 } });
  expect((await listed(place)).map(({ phone }) => phone)).toEqual(["+447911123456"]);
});

test("a list is exported and imported again as it was; a plain list of numbers is read, too", async () => {
  const { place, suppress } = await openPlace();
  const file = (name: string, text: string) => writeFileSync(join(place.dir, name), text);
  file(
    "crm.csv",
    'name;telefon;scope;source;date\nA;600 700 800;marketing;"=web; form";2025-03-01\nB;600700801;everything;;soon\nC;nobody;;;\n',
  );
  file("plain.txt", "600700802\n+48 600 700 803\n");

  const imported = await suppress("import", "crm.csv", "--source", "CRM");
  const plain = await suppress("import", "plain.txt", "--scope", "marketing");
  const before = await listed(place);
  const exported = await runHere(place, ["suppress", "export"]);
  await suppress("remove", ...before.map(({ phone }) => phone));
  file("back.csv", exported.stdout);
  const back = await suppress("import", "back.csv");

  expect(imported).toMatchObject({
    code: 1,
    json: {
      ...{ rows: 3, added: 2, unchanged: 0, unreadable: 1, lines: [4], columns: ["telefon"] },
      rejected: [{ line: 4, column: "telefon", code: "phone_invalid" }],
    },
  });
  expect(plain).toMatchObject({ code: 0, json: { added: 2, unreadable: 0 } });
  expect(before).toMatchObject([
    {
      phone: "+48600700800",
      scope: "marketing",
      source: "=web; form",
      date: "2025-03-01T00:00:00.000Z",
    },
    { phone: "+48600700801", scope: "all", source: "CRM" },
    { phone: "+48600700802", scope: "marketing", source: "import" },
    { phone: "+48600700803", scope: "marketing", source: "import" },
  ]);
  expect(exported.stdout).toContain("'=web; form");
  expect(back).toMatchObject({ code: 0, json: { added: 4 } });
  expect(await listed(place)).toEqual(before);
});

test("a person's phones are all suppressed, and what could not be read is told with its reason", async () => {
  const { place, suppress } = await openPlace();
  const file = (name: string, content: string | Buffer) =>
    writeFileSync(join(place.dir, name), content);
  const rows = Array.from({ length: 30 }, (_, at) => `N,0${at},,`).join("\n");
  file("crm.csv", `name,Phone,WhatsApp,ref\nAnn,600700800,+48600700801,48600700809\n${rows}\n`);
  file("names.csv", Buffer.from("name;telefon;source\nZo\xeb;600700803;caf\xe9\n", "latin1"));

  const imported = await runHere(place, ["suppress", "import", "crm.csv"]);
  const one = await suppress("import", "crm.csv", "--column", "ref", "--scope", "marketing");
  const latin = await suppress("import", "names.csv", "--encoding", "latin1");
  const wrong = await Promise.all([
    suppress("import", "crm.csv", "--column", "Phones"),
    suppress("import", "crm.csv", "--country", "XX"),
    suppress("import", "crm.csv", "--encoding", "klingon"),
    suppress("add", "600700800", "--column", "Phone"),
  ]);

  expect(imported.code).toBe(1);
  expect(imported.stdout).toContain('Read 31 rows as utf-8: phones in "Phone", "WhatsApp".');
  expect(imported.stdout).toContain("2 numbers added, 0 already on the list.");
  expect(imported.stdout).toContain("30 rows could not be read completely:");
  expect(imported.stdout).toContain('  line 22: column "Phone" is not a phone number');
  expect(imported.stdout).not.toContain("  line 23:");
  expect(imported.stdout).toContain("  and 10 more.");
  expect(one).toMatchObject({ code: 1, json: { added: 1, columns: ["ref"], unreadable: 30 } });
  expect(latin).toMatchObject({ code: 0, json: { added: 1, encoding: "windows-1252" } });
  expect(wrong.map((ended) => [ended.code, codeOf(ended.json)])).toEqual([
    [1, "phone_column_unknown"],
    [2, "usage"],
    [2, "usage"],
    [2, "usage"],
  ]);
  expect((await listed(place)).map(({ phone, source }) => [phone, source])).toEqual([
    ["+48600700800", "import"],
    ["+48600700801", "import"],
    ["+48600700809", "import"],
    ["+48600700803", "café"],
  ]);
});

test("what is no phone, no scope and no action is refused, and nothing is written", async () => {
  const { place, suppress } = await openPlace();

  const [phone, scope, action, nobody, file] = await Promise.all([
    suppress("add", "600700800", "12"),
    suppress("add", "600700800", "--scope", "some"),
    suppress("ad", "600700800"),
    suppress("add"),
    suppress("import", "nowhere.csv"),
  ]);

  expect(phone).toMatchObject({ code: 1, json: { error: { code: "phone_unreadable" } } });
  expect(phone?.stdout).not.toContain("600700800");
  for (const wrong of [scope, action, nobody]) {
    expect(wrong).toMatchObject({ code: 2, json: { error: { code: "usage" } } });
  }
  expect(file).toMatchObject({ code: 1, json: { error: { code: "list_not_found" } } });
  expect(await listed(place)).toEqual([]);
  expect((await runHere(place, ["suppress", "list"])).stdout).toBe("The list is empty.\n");
});

test("who opted out is suppressed when a list is imported, counted and exported with the reason", async () => {
  const { place, suppress } = await openPlace();
  await suppress("add", "+48 601 000 001", "+48 601 000 003", "--scope", "marketing");
  const files = writeCampaign(place, 5);

  const sent = await runHere(place, ["send", ...files, "--json"]);
  const { id } = json<{ id: string }>(sent);
  const exported = await runHere(place, ["export", id, "--state", "suppressed", "--json"]);

  expect(json(sent)).toMatchObject({ rows: 5, counts: { pending: 3, suppressed: 2 } });
  expect(json<object[]>(exported)).toMatchObject([
    { row: 2, state: "suppressed", reason: "The recipient has opted out." },
    { row: 4, state: "suppressed", reason: "The recipient has opted out." },
  ]);
});

test("an export of some states is a list that can be sent again as it is", async () => {
  const { place, store } = await openPlace();
  writeFileSync(
    join(place.dir, "list.csv"),
    'phone,first_name,state\n+48 601 000 000,"@anna, or ""Ania""",CA\n+48 601 000 001,=1+1,NY\n+48 601 000 002,Ewa,TX\n',
  );
  const [campaign] = writeCampaignFile(place);
  const { id } = json<{ id: string }>(
    await runHere(place, ["send", campaign, "list.csv", "--json"]),
  );
  expect((await runHere(place, ["cancel", id, "--yes"])).code).toBe(0);

  const first = await runHere(place, [
    "export",
    id,
    "--state",
    "cancelled,failed",
    "--state",
    "read",
  ]);
  writeFileSync(join(place.dir, "again.csv"), first.stdout);
  const sent = await runHere(place, ["send", campaign, "again.csv", "--json"]);
  const again = json<{ id: string; phoneColumn: string }>(sent);
  const rows = await store.rows.batch(again.id, 0);
  const third = await runHere(place, ["export", again.id]);

  expect(sent.code).toBe(0);
  expect(json(sent)).toMatchObject({ rows: 3, counts: { pending: 3 }, phoneColumn: "phone" });
  expect(rows.map(({ cells }) => cells.slice(0, 3))).toEqual([
    ["+48 601 000 000", '@anna, or "Ania"', "CA"],
    ["+48 601 000 001", "=1+1", "NY"],
    ["+48 601 000 002", "Ewa", "TX"],
  ]);
  const header = third.stdout.replace("\uFEFF", "").split("\r\n", 1)[0]?.split(",") ?? [];
  expect(new Set(header).size).toBe(header.length);
  expect(header.slice(0, 3)).toEqual(["phone", "first_name", "state"]);
});

test.each([
  [";", "semicolon"],
  ["\t", "tab"],
])("a list separated by %j is exported alike, and is read again", async (between, name) => {
  const { place } = await openPlace();
  const rows = [
    ["phone", "first_name"],
    ["+48 601 000 000", "Ann, or Anna; or Ania"],
    ["+48 601 000 001", "Ewa"],
  ];
  const quoted = rows.map((cells) => cells.map((cell) => `"${cell}"`).join(between));
  writeFileSync(join(place.dir, "list.csv"), `${quoted.join("\n")}\n`);
  const [campaign] = writeCampaignFile(place);
  const { id } = json<{ id: string }>(
    await runHere(place, ["send", campaign, "list.csv", "--json"]),
  );

  const alike = await runHere(place, ["export", id]);
  const named = await runHere(place, ["export", id, "--delimiter", name]);
  const commas = await runHere(place, ["export", id, "--delimiter", ","]);
  const wrong = await runHere(place, ["export", id, "--delimiter", "-"]);
  writeFileSync(join(place.dir, "again.csv"), alike.stdout);
  const again = await runHere(place, ["send", campaign, "again.csv", "--json"]);

  const header = ["phone", "first_name", "row", "state"];
  expect(alike.stdout.startsWith(`\uFEFF${header.join(between)}`)).toBe(true);
  expect(named.stdout).toBe(alike.stdout);
  expect(commas.stdout.startsWith(`\uFEFF${header.join()}`)).toBe(true);
  expect(wrong.code).toBe(2);
  expect(json(again)).toMatchObject({ rows: 2, counts: { pending: 2 }, phoneColumn: "phone" });
});

test("erase forgets a person in Redis, in the drop folder and in the data folder", async () => {
  const { place, suppress, store } = await openPlace();
  const files = writeCampaign(place, 3);
  const { id } = json<{ id: string }>(await runHere(place, ["send", ...files, "--json"]));
  const done = join(place.dir, "drops", "done");
  mkdirSync(done, { recursive: true });
  writeFileSync(join(done, "list.csv"), readFileSync(join(place.dir, "list.csv")));
  mkdirSync(join(place.dir, ".dropcast"), { recursive: true });
  writeFileSync(join(place.dir, ".dropcast", "sandbox.log"), '{"to":"48601000001"}\n');
  await suppress("add", "601000001");

  const erased = await runHere(place, ["erase", "601 000 001", "--json"]);
  const wrong = await runHere(place, ["erase", "601", "--json"]);

  expect(erased.code).toBe(0);
  expect(json(erased)).toMatchObject({
    complete: true,
    rows: 1,
    campaigns: [id],
    optedOut: true,
    files: 2,
    lines: 1,
    history: "rewritten",
  });
  expect(erased.stdout + erased.stderr).not.toContain("601000001");
  expect(json(wrong)).toMatchObject({ error: { code: "phone_unreadable" } });
  expect((await store.campaigns.find(id))?.counts).toMatchObject({ pending: 2, suppressed: 1 });
  expect(readFileSync(join(done, "list.csv"), "utf8")).not.toContain("601 000 001");
  expect(readFileSync(join(place.dir, ".dropcast", "sandbox.log"), "utf8")).toBe(
    '{"to":"***********"}\n',
  );
  expect(await listed(place)).toMatchObject([{ phone: null, scope: "all", source: "erased" }]);
  const exported = await runHere(place, ["suppress", "export"]);
  expect(exported.stdout).toBe("\uFEFFphone,scope,source,date\r\n");
  expect(exported.stderr).toContain("1 erased person left out");
});

test("rows that the retention time took are told by show, and refused by what needs them", async () => {
  const { place, store, server } = await openPlace();
  const files = writeCampaign(place, 2);
  const { id } = json<{ id: string }>(await runHere(place, ["send", ...files, "--json"]));
  await store.campaigns.cancel(id);
  const redis = server.connect();
  await redis.hset(`dropcast:{${place.number}}:campaign:${id}`, "finishedAt", 1_000);
  await redis.zadd(`dropcast:{${place.number}}:with-rows`, 1_000, id);
  expect((await store.deleteOld({ rowsMs: 1_000, campaignMs: null })).rows).toEqual([id]);

  const [shown, forScripts, exported, retried] = await Promise.all([
    runHere(place, ["show", id]),
    runHere(place, ["show", id, "--json"]),
    runHere(place, ["export", id, "--json"]),
    runHere(place, ["retry", id, "--json"]),
  ]);

  expect(shown?.stdout).toContain("Its rows were deleted on ");
  expect(json(forScripts as never)).toMatchObject({
    rows: 2,
    counts: { cancelled: 2 },
    rowsDeletedAt: expect.any(String),
  });
  for (const refused of [exported, retried]) {
    expect(refused).toMatchObject({ code: 1 });
    expect(json(refused as never)).toMatchObject({ error: { code: "rows_deleted" } });
  }
});

function writeCampaignFile(place: Place): [string] {
  const list = readFileSync(join(place.dir, "list.csv"));
  const [campaign] = writeCampaign(place, 1);
  writeFileSync(join(place.dir, "list.csv"), list);
  return [campaign];
}

test("numbers without a country code are listed with what they need, and read with --country", async () => {
  const server = await startOwnRedis();
  const place = makePlace({ DROPCAST_REDIS_URL: server.url });
  writeFileSync(join(place.dir, "plain.txt"), "600700800\n600700801\n22 601 12 34/35\n");

  const without = await runHere(place, ["suppress", "import", "plain.txt"]);
  const polish = await runHere(place, ["suppress", "import", "plain.txt", "--country", "PL"]);

  expect(without.code).toBe(1);
  expect(without.stdout).toContain("Read 3 rows as utf-8: a plain list of numbers.");
  expect(without.stdout).toContain("0 numbers added");
  expect(without.stdout).toContain("need --country, as in --country PL.");
  expect(polish.code).toBe(1);
  expect(polish.stdout).toContain("2 numbers added");
  expect(polish.stdout).toContain("line 3: ");
  expect((await listed(place)).map(({ phone }) => phone)).toEqual(["+48600700800", "+48600700801"]);
});
