import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openTestStore, testPhone } from "../support/campaigns.ts";
import { connectTestRedis } from "../support/redis.ts";
import { runHere } from "./in-process.ts";
import { json, makePlace } from "./run-cli.ts";

/** An API whose list of template messages is `list`. */
async function startApi(list: unknown): Promise<string> {
  const server = createServer((_, response) => {
    response.setHeader("content-type", "application/json").end(JSON.stringify(list));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("unknown messages are looked for in what the API lists, and none is decided", async () => {
  const list = {
    data: [
      { to: testPhone(2), status: "sent" },
      { to: testPhone(1), status: "sent" },
    ],
  };
  const place = makePlace({ DROPCAST_API_URL: await startApi(list) });
  const token = Buffer.from("account:pat").toString("base64");
  const numbers = { [place.number]: { id: "real-number", token } };
  writeFileSync(join(place.dir, "numbers.yaml"), JSON.stringify({ numbers }));
  const bench = await openTestStore({}, connectTestRedis(), { number: place.number });
  const id = await bench.import(3, { mode: "live" });
  const nonce = Buffer.from("nonce-01");
  await bench.claim(id, [2], { mode: "live", nonce });
  const person = bench.store.ledger.person(testPhone(2));
  await bench.record({ campaign: id, row: 2, attempt: 1, nonce, person }, "unknown", { reason: 1 });

  const said = await runHere(place, ["fetch", "--unknown", id]);
  const asJson = await runHere(place, ["fetch", "--unknown", id, "--json"]);
  const both = await runHere(place, ["fetch", "--unknown", id, "--number", place.number]);

  expect(json(asJson)).toEqual({
    ...{ campaign: id, status: 200, unknown: 1, isCut: false },
    found: [{ row: 2, by: "phone", path: "data[0].to", beside: { status: "sent" } }],
  });
  expect(said.stdout).toContain("1 unknown message; 1 of them in the API's list.");
  expect(said.stdout).toContain(`${id}:2`);
  expect(said.stdout).toContain("Nothing was decided");
  expect(said.stdout + said.stderr + asJson.stdout).not.toContain(testPhone(2));
  expect(await bench.state(id, 2)).toBe("unknown");
  expect(both.code).toBe(2);
});
