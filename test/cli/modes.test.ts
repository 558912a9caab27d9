import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { noteRunning } from "../../src/cli/running-up.ts";
import type { Mode } from "../../src/core/mode.ts";
import { createSandbox } from "../../src/sandbox/sandbox.ts";
import { startOwnRedis } from "../support/redis.ts";
import { SOON } from "../support/soon.ts";
import { runHere } from "./in-process.ts";
import { json, makePlace, type Place, startCli, writeCampaign } from "./run-cli.ts";

/** An API on loopback that is not the sandbox: as a tunnel to the real one looks. */
async function startLiveApi(): Promise<{ url: string; people: () => string[] }> {
  const people: string[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk) => {
      text += chunk;
    });
    request.on("end", () => {
      if (request.method !== "POST") {
        response.writeHead(404).end();
        return;
      }
      people.push((JSON.parse(text) as { to: string }).to);
      response.end(JSON.stringify({ messages: [{ id: `wamid.${people.length}` }] }));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, people: () => [...people].sort() };
}

/** A folder whose `.env` is for real: a live API, an id and a token. */
function makeLivePlace(apiUrl: string): Place {
  // The drop folder is looked at ten times as often.
  const place = makePlace({ DROPCAST_TIME_SCALE: "10" });
  const token = Buffer.from("account:pat").toString("base64");
  const numbers = { [place.number]: { id: "real-number", token, ratePerSecond: 500 } };
  writeFileSync(join(place.dir, "numbers.yaml"), JSON.stringify({ numbers }));
  writeFileSync(join(place.dir, ".env"), `DROPCAST_API_URL=${apiUrl}\n`);
  return place;
}

function drop(place: Place, path: string, phone: string): void {
  const csv = join(place.dir, "drops", path);
  mkdirSync(dirname(csv), { recursive: true });
  const template = { name: "spring_sale", language: { code: "en_US" } };
  const campaign = { name: path, number: place.number, category: "marketing", template };
  writeFileSync(csv.replace(".csv", ".yaml"), JSON.stringify(campaign));
  writeFileSync(csv, `phone\n${phone}\n`);
}

/** Everybody whom the sandbox of `up --sandbox` was asked to message. */
function sandboxPeople({ dir }: Place): string[] {
  const path = join(dir, ".dropcast", "sandbox.log");
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  return lines.map((line) => (JSON.parse(line) as { to: string }).to).sort();
}

/** A sandbox and the note of it, as `up --sandbox` leaves one for other commands. */
async function runSandbox(place: Place): Promise<void> {
  const sandbox = createSandbox({});
  const { url } = await sandbox.start();
  const forget = await noteRunning(join(place.dir, ".dropcast"), { mode: "sandbox", url });
  onTestFinished(async () => {
    forget();
    await sandbox.stop();
  });
}

test.each([
  ["live first", "live"],
  ["the sandbox first", "sandbox"],
] as const)("a sandbox and a live up in one folder never meet: %s", async (_, first) => {
  const api = await startLiveApi();
  const place = makeLivePlace(api.url);
  const start = async (mode: Mode) => {
    const up = startCli(place, mode === "live" ? ["up"] : ["up", "--sandbox"]);
    await up.said(mode === "live" ? "LIVE, to real people" : "SANDBOX, no real people");
    await up.said("Ready.");
    return up;
  };
  const second = first === "live" ? "sandbox" : "live";
  const ups = { [first]: await start(first), [second]: await start(second) };

  drop(place, "inbox/real.csv", "+48601000001");
  drop(place, "sandbox/inbox/tried.csv", "+48601000002");
  await vi.waitFor(() => {
    expect(api.people()).toEqual(["48601000001"]);
    expect(sandboxPeople(place)).toEqual(["48601000002"]);
  }, SOON);

  // Nobody guesses which of the two a command means.
  const unclear = await runHere(place, ["list", "--json"]);
  const [tried, real] = await Promise.all([
    runHere(place, ["list", "--sandbox", "--json"]),
    runHere(place, ["list", "--live", "--json"]),
  ]);
  expect(json(unclear)).toMatchObject({ error: { code: "mode_unclear" } });
  expect(json(tried)).toMatchObject([{ name: "sandbox/inbox/tried.csv", mode: "sandbox" }]);
  expect(json(real)).toMatchObject([{ name: "inbox/real.csv", mode: "live" }]);

  // The end of one makes nothing of the other's.
  ups[first]?.kill("SIGTERM");
  expect((await ups[first]?.ended)?.code).toBe(0);
  const ended = first === "live" ? "inbox/late.csv" : "sandbox/inbox/late.csv";
  const goesOn = first === "live" ? "sandbox/inbox/more.csv" : "inbox/more.csv";
  drop(place, ended, "+48601000003");
  drop(place, goesOn, "+48601000004");
  const expected = first === "live" ? sandboxPeople : api.people;
  await vi.waitFor(() => expect(expected(place)).toContain("48601000004"), SOON);
  ups[second]?.kill("SIGTERM");
  expect((await ups[second]?.ended)?.code).toBe(0);

  expect([...api.people(), ...sandboxPeople(place)]).not.toContain("48601000003");
  expect(existsSync(join(place.dir, "drops", ended))).toBe(true);
});

test("a tunnel on loopback is LIVE: the question says so, and it is no sandbox that commands follow", async () => {
  const api = await startLiveApi();
  const place = makeLivePlace(api.url);
  const files = writeCampaign(place, 2);

  const asked = await runHere(place, ["send", ...files], () => "n");
  const typed = { ...place, env: { ...place.env, DROPCAST_API_URL: api.url } };
  const other = await runHere(typed, ["send", ...files, "--sandbox", "--json"]);

  expect(asked.questions).toEqual([
    expect.stringContaining("LIVE, to real people: send 2 messages"),
  ]);
  expect(json(other)).toMatchObject({ error: { code: "mode_other" } });
});

test("an API on loopback that does not answer is not guessed by whoever sends", async () => {
  const place = makeLivePlace("http://127.0.0.1:9");
  const files = writeCampaign(place, 2);

  const sent = await runHere(place, ["send", ...files, "--json"]);
  const listed = await runHere(place, ["list", "--json"]);
  const paused = await runHere(place, ["pause", `${place.number}-1`, "--live", "--json"]);
  const worker = startCli(place, ["worker", "--json"]);
  await worker.said("so it is not known whether it is the sandbox");
  worker.kill("SIGTERM");

  expect(sent.code).toBe(1);
  expect(json(sent)).toMatchObject({
    error: { code: "api_mode_unknown", fix: expect.stringContaining("--live") },
  });
  expect(json(listed)).toEqual([]);
  expect(listed.stderr).toContain("Showing LIVE data");
  expect(json(paused)).toMatchObject({ error: { code: "no_such_campaign" } });
  expect(json(await worker.ended)).toMatchObject({ role: "worker", ready: false });
});

test("a sandbox that is configured gets the configured token, also from a command beside up", async () => {
  const place = makePlace();
  const token = Buffer.from("account:pat").toString("base64");
  const sandbox = createSandbox({ token, numberIds: ["stand-in"] });
  const { url } = await sandbox.start();
  const forget = await noteRunning(join(place.dir, ".dropcast"), { mode: "sandbox", url });
  onTestFinished(async () => {
    forget();
    await sandbox.stop();
  });
  const numbers = { [place.number]: { id: "stand-in", token, ratePerSecond: 500 } };
  writeFileSync(join(place.dir, "numbers.yaml"), JSON.stringify({ numbers }));
  writeFileSync(join(place.dir, ".env"), `DROPCAST_API_URL=${url}\n`);

  const doctor = await runHere(place, ["doctor", "--json"]);
  const chosen = await runHere(place, ["doctor", "--sandbox", "--json"]);

  const accepted = "accepts the token and the number";
  expect(doctor.stdout).toContain(accepted);
  expect(chosen.stdout).toContain(accepted);
});

test("what a sandbox kept is there after its end, and is never taken for live", async () => {
  const place = makePlace();
  const [campaign, list] = writeCampaign(place, 3);
  const id = `${place.number}-1`;
  await runHere(place, ["send", campaign, list, "--sandbox", "--json"]);

  const shown = await runHere(place, ["show", id, "--json"]);
  const cancelled = await runHere(place, ["cancel", id, "--json"]);
  const listed = await runHere(place, ["list"]);
  const kept = await runHere(place, ["show", id, "--sandbox", "--json"]);
  const both = await runHere(place, ["show", id, "--sandbox", "--live"]);

  expect(json(shown)).toMatchObject({
    error: { code: "campaign_other_mode", message: expect.stringContaining("sandbox campaign") },
  });
  expect(json(cancelled)).toMatchObject({ error: { code: "campaign_other_mode" } });
  expect(listed.stdout).toContain("There are sandbox campaigns: dropcast list --sandbox");
  expect(json(kept)).toMatchObject({ id, mode: "sandbox", rows: 3 });
  expect(both.code).toBe(2);
});

test("a rejects file of the sandbox does not correct the live campaign of the same id", async () => {
  const place = makePlace();
  const [campaign, list] = writeCampaign(place, 3);
  const rejects = join(place.dir, "list.rejects.csv");
  const csv = join(place.dir, list);
  writeFileSync(csv, `${readFileSync(csv, "utf8")}broken,Nobody\n`);
  const relaxed = readFileSync(join(place.dir, campaign), "utf8");
  writeFileSync(join(place.dir, campaign), `${relaxed}recipients: { maxRejected: 1 }\n`);
  const tried = await runHere(place, ["send", campaign, list, "--sandbox", "--json"]);
  const kept = readFileSync(rejects, "utf8");
  await runHere(place, ["send", campaign, list, "--json"]);
  writeFileSync(rejects, kept.replace("broken", "+48601999999"));

  const sent = await runHere(place, ["send", campaign, "list.rejects.csv", "--json"]);
  const mended = await runHere(place, [
    ...["send", campaign, "list.rejects.csv", "--sandbox", "--json"],
  ]);

  expect(json(tried)).toMatchObject({ mode: "sandbox", counts: { pending: 3, rejected: 1 } });
  expect(json(sent)).toMatchObject({ error: { code: "mend_other_mode" } });
  expect(json(mended)).toMatchObject({ mended: 1, counts: { pending: 4, rejected: 0 } });
});

test("an opt-out is not given to a sandbox only because one runs here", async () => {
  const place = makePlace();
  await runSandbox(place);

  const unclear = await runHere(place, ["suppress", "add", "+48 601 777 001", "--json"]);
  const tried = await runHere(place, ["suppress", "add", "+48 601 777 001", "--sandbox", "--json"]);
  const listed = await runHere(place, ["suppress", "list", "--live", "--json"]);

  expect(json(unclear)).toMatchObject({ error: { code: "mode_unclear" } });
  expect(json(tried)).toMatchObject({ added: 1 });
  expect(listed.stdout).not.toContain("48601777001");
});

test("what was meant for a sandbox that was killed does not become live", async () => {
  const api = await startLiveApi();
  const place = makeLivePlace(api.url);
  const files = writeCampaign(place, 2);
  const up = startCli(place, ["up", "--sandbox"]);
  await up.said("Ready.");
  up.kill("SIGKILL");
  await up.ended;

  const meant = await runHere(place, ["send", ...files, "--yes"]);
  const looked = await runHere(place, ["list", "--json"]);
  const tried = await runHere(place, ["send", ...files, "--sandbox", "--json"]);
  const live = await runHere(place, ["send", ...files, "--json"]);

  expect(meant).toMatchObject({ code: 1, stdout: "" });
  expect(meant.stderr).toContain("was killed, so this would be LIVE");
  expect(json(looked)).toEqual([]);
  // Somebody has said which is meant: from now on it is what is configured.
  expect(json(tried)).toMatchObject({ mode: "sandbox" });
  expect(json(live)).toMatchObject({ mode: "live" });
});

test("an API of the shell beside a running sandbox: nobody guesses which is meant", async () => {
  const place = makePlace();
  await runSandbox(place);
  const env = { ...place.env, DROPCAST_API_URL: "https://api.example.com" };

  const unclear = await runHere({ ...place, env }, ["list", "--json"]);
  const live = await runHere({ ...place, env }, ["list", "--live", "--json"]);

  expect(json(unclear)).toMatchObject({ error: { code: "mode_unclear" } });
  expect(json(live)).toEqual([]);
});

test("erase forgets a person in both modes", async () => {
  // It reaches every number of a Redis, so it has one of its own: others write to the same people.
  const place = makePlace({ DROPCAST_REDIS_URL: (await startOwnRedis()).url });
  const files = writeCampaign(place, 2);
  await runHere(place, ["send", ...files, "--sandbox", "--json"]);
  await runHere(place, ["send", ...files, "--json"]);

  const erased = await runHere(place, ["erase", "+48 601 000 001", "--json"]);
  const id = `${place.number}-1`;
  const tried = await runHere(place, ["export", id, "--sandbox"]);
  const sent = await runHere(place, ["export", id]);

  expect(json<{ campaigns: string[] }>(erased).campaigns).toContain(id);
  expect(tried.stdout + sent.stdout).toContain("601 000 000");
  expect(tried.stdout + sent.stdout).not.toContain("601 000 001");
});
