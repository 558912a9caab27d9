import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { SANDBOX_DEFAULTS, type SandboxOptions } from "../../src/sandbox/options.ts";
import { createSandbox } from "../../src/sandbox/sandbox.ts";
import { createNumberStore } from "../../src/store/number-store.ts";
import { startRawServer } from "../support/raw-server.ts";
import { connectTestRedis, startOwnRedis } from "../support/redis.ts";
import { runHere } from "./in-process.ts";
import { json, makePlace, type Place } from "./run-cli.ts";

const TO = "+48600700800";

/** A campaign of three rows, the second of which cannot be sent, and a sandbox that logs its POSTs. */
async function makeTestPlace(
  knobs: SandboxOptions = {},
  env: Readonly<Record<string, string>> = {},
) {
  const place = makePlace(env);
  const log = join(place.dir, "posts.log");
  const sandbox = createSandbox({ latencyMs: 0, logPath: log, ...knobs });
  const { url } = await sandbox.start();
  onTestFinished(() => sandbox.stop());
  writeCampaign(place, { id: SANDBOX_DEFAULTS.numberIds[0] ?? "", token: SANDBOX_DEFAULTS.token });
  const withApi = { ...place.env, DROPCAST_API_URL: url };
  const posts = (): { to: string }[] => {
    const lines = readFileSync(log, "utf8").trim().split("\n").filter(Boolean);
    return lines.map((line) => JSON.parse(line) as { to: string });
  };
  return { ...place, env: withApi, posts };
}

function writeCampaign({ dir, number }: Place, { id, token }: { id: string; token: string }) {
  writeFileSync(
    join(dir, "numbers.yaml"),
    `numbers: { ${number}: { id: "${id}", token: "${token}", ratePerSecond: 500 } }\n`,
  );
  writeFileSync(
    join(dir, "sale.yaml"),
    `name: Sale
number: ${number}
template:
  name: sale
  language: { code: en }
  components: [{ type: body, parameters: [{ type: text, text: "{{name}}" }] }]
category: marketing
recipients: { to: phone, country: PL, maxRejected: 1 }
schedule: { startAt: 2020-01-01T00:00:00Z, endBy: 2020-01-02T00:00:00Z }
`,
  );
  writeFileSync(join(dir, "list.csv"), "phone,name\n600100101,Ann\n600100102,\nnone,Cid\n");
}

const send = (place: Place, ...more: string[]) =>
  runHere(place, ["test", "sale.yaml", "list.csv", "--to", TO, "--json", ...more]);

function storeOf({ number }: Place) {
  return createNumberStore({ redis: connectTestRedis(), number, mode: "sandbox" });
}

test("a test message is sent by the command itself, with the values of the row, and counted nowhere", async () => {
  const place = await makeTestPlace();

  const first = await send(place);
  const third = await send(place, "--row", "3");
  const listed = await runHere(place, ["list", "--json"]);

  expect(first.code).toBe(0);
  expect(json(first)).toMatchObject({
    ...{ test: true, mode: "sandbox", to: "48******00", row: 1, file: "list.csv" },
    ...{ state: "accepted", end: "no_webhooks", code: 0, notSent: null },
  });
  expect(json(third)).toMatchObject({ row: 3, state: "accepted" });
  expect(place.posts().map(({ to }) => to)).toEqual(["48600700800", "48600700800"]);
  expect(json(listed)).toEqual([]);
  const { id } = json(first) as { id: string };
  const row = await (await storeOf(place)).rows.one(id, 1);
  expect(row).toMatchObject({ phone: "48600700800", cells: ["600100101", "Ann"] });
  expect(`${first.stdout}${first.stderr}${third.stdout}`).not.toContain("600700800");
});

test.each([
  ["9016", { state: "failed", code: 100, title: "Unsupported or misspelled parameter" }],
  ["9012", { state: "cancelled", code: 132000, notSent: expect.stringContaining("132000") }],
  ["9004", { state: "unknown", code: 0, reason: "http_5xx", end: "no_webhooks" }],
] as const)(
  "the outcome of a test to …%s is shown, and the exit code is 1",
  async (ending, told) => {
    const place = await makeTestPlace();

    const ended = await send(place, "--to", `+4860555${ending}`);

    expect(ended.code).toBe(1);
    expect(json(ended)).toMatchObject(told);
    expect(place.posts()).toHaveLength(1);
  },
);

test("a row that cannot be sent, one that is not there, and a phone in two readings are refused", async () => {
  const place = await makeTestPlace();

  const rejected = await send(place, "--row", "2");
  const missing = await send(place, "--row", "4");
  const unreadable = await send(place, "--to", "600 100");
  const wrong = await send(place, "--row", "0");

  expect(json(rejected)).toMatchObject({
    error: { code: "test_row_rejected", message: expect.stringContaining("(line 3)") },
  });
  expect(json(missing)).toMatchObject({ error: { code: "test_row_missing" } });
  expect(json(unreadable)).toMatchObject({ error: { code: "phone_unreadable" } });
  expect(wrong.code).toBe(2);
  expect(await (await storeOf(place)).campaigns.liveWithTests()).toEqual([]);
});

test("nothing is sent to a person on the suppression list, or from a suspended number", async () => {
  // The list of opt-outs belongs to the whole Redis: others write to the same people.
  const server = await startOwnRedis();
  const place = await makeTestPlace({}, { DROPCAST_REDIS_URL: server.url });
  const phone = "+48601000001";
  await runHere(place, ["suppress", "add", phone]);

  const suppressed = await send(place, "--to", phone);
  const other = await send(place);
  await server.connect().hset(`dropcast:{${place.number}.sandbox}:halt`, "code", 190, "at", 1);
  const suspended = await send(place, "--to", "+48600700802");

  expect(json(suppressed)).toMatchObject({ error: { code: "test_opted_out" } });
  expect(json(other)).toMatchObject({ state: "accepted" });
  expect(json(suspended)).toMatchObject({
    error: { code: "test_number_stopped", message: expect.stringContaining("190") },
  });
  expect(place.posts()).toHaveLength(1);
});

test("the words about a number that a test suspended name a command that lifts it", async () => {
  const place = await makeTestPlace();
  const { id } = json(await send(place)) as { id: string };
  const halt = { code: 190, at: 1, campaign: id };
  await connectTestRedis().hset(`dropcast:{${place.number}.sandbox}:halt`, halt);

  const refused = await send(place);
  const resumed = await runHere(place, ["resume", id]);
  const sent = await send(place);

  expect(refused.stdout).toContain(`dropcast resume ${id}`);
  expect(resumed).toMatchObject({ code: 0 });
  expect(resumed.stdout).toContain(`The suspension of number ${place.number} is lifted`);
  expect(json(sent)).toMatchObject({ state: "accepted" });
});

test("a campaign that waits on a number without workers stays where it is", async () => {
  const place = await makeTestPlace();
  writeFileSync(
    join(place.dir, "real.yaml"),
    readFileSync(join(place.dir, "sale.yaml"), "utf8").replace(/schedule:.*\n/, ""),
  );
  const real = await runHere(place, ["send", "real.yaml", "list.csv", "--json"]);

  const tested = await send(place);

  expect(json(real)).toMatchObject({ status: "running" });
  expect(json(tested)).toMatchObject({ state: "accepted" });
  expect(place.posts()).toHaveLength(1);
});

test("LIVE asks with the phone and the number, and a no sends nothing", async () => {
  const api = await startRawServer({
    answer: (socket) => void socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
  });
  onTestFinished(() => api.close());
  const place = makePlace({ DROPCAST_API_URL: api.url });
  writeCampaign(place, { id: "number-1", token: SANDBOX_DEFAULTS.token });
  const args = ["test", "sale.yaml", "list.csv", "--to", TO];

  const no = await runHere(place, args, () => "n");
  const unasked = await runHere(place, args);

  expect(no.questions).toEqual([
    'LIVE, to real people: send one test message of "Sale" with the values of row 1 to' +
      ` ${TO} from number ${place.number} now? [y/N] `,
  ]);
  expect(no.code).toBe(1);
  expect(unasked.code).toBe(2);
  expect(unasked.stderr).not.toContain("600700800");
  expect(api.requests.filter(({ head }) => head.startsWith("POST"))).toEqual([]);
});
