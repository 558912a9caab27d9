import { existsSync, readdirSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runHere } from "../cli/in-process.ts";
import { makePlace, type Place, startCli } from "../cli/run-cli.ts";
import { startOwnRedis } from "../support/redis.ts";
import { SOON } from "../support/soon.ts";

const ROWS = 300;
/** So many that the import is still going on when the process is killed, and sending for long. */
const MANY_ROWS = 60_000;

interface Shown {
  readonly id: string;
  readonly status: string;
  readonly rows: number;
  readonly counts: Readonly<Record<string, number>>;
}

function listOf(rows: number, first: number): Blob {
  const lines = Array.from({ length: rows }, (_, at) => `+48${600_000_000 + first + at},Anna`);
  return new Blob([`phone,first_name\n${lines.join("\n")}\n`]);
}

async function startUp(place: Place) {
  const up = startCli(place, ["up", "--sandbox", "--json"]);
  const said = await up.said('"ready":true');
  const url = /"dashboard":"([^"]+)"/.exec(said)?.[1] ?? "";
  return { up, url };
}

test("a campaign goes from its upload to its end over HTTP alone, and through a kill -9", async () => {
  const server = await startOwnRedis();
  const place = makePlace({
    DROPCAST_REDIS_URL: server.url,
    DROPCAST_RATE_PER_SECOND: "500",
  });
  const uploads = join(place.dir, ".dropcast", "uploads", "sandbox");
  const onDisk = () => (existsSync(uploads) ? readdirSync(uploads) : []);
  let { up, url } = await startUp(place);
  const made = await runHere(place, ["token", "add", "crm", "--role", "operator", "--json"]);
  const { token } = JSON.parse(made.stdout) as { token: string };
  const authorization = `Bearer ${token}`;
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${url}${path}`, {
      ...init,
      headers: { authorization, ...(init.headers as Record<string, string>) },
    });
  const create = (rows: number, first: number) => {
    const form = new FormData();
    form.append(
      "campaign",
      new Blob([
        `name: Sale ${rows}\nnumber: ${place.number}\ncategory: marketing\n`,
        "template: { name: spring_sale, language: { code: en_US } }\n",
      ]),
      "sale.yaml",
    );
    form.append("list", listOf(rows, first), "people.csv");
    return ask("/api/campaigns", { method: "POST", body: form });
  };
  const show = async (id: string) => (await (await ask(`/api/campaigns/${id}`)).json()) as Shown;
  const until = (id: string, status: string) =>
    expect
      .poll(async () => (await show(id).catch(() => undefined))?.status, {
        ...SOON,
      })
      .toBe(status);

  const answer = await create(ROWS, 0);
  const { id } = (await answer.json()) as Shown;
  await until(id, "finished");
  expect(answer.status).toBe(202);
  expect(await show(id)).toMatchObject({ rows: ROWS, counts: { pending: 0, rejected: 0 } });

  // A sender that goes away in the middle of its list leaves nothing behind.
  const cut = request(`${url}/api/lists`, {
    ...{ method: "PUT", headers: { authorization, "content-length": 10_000_000 } },
  });
  cut.on("error", () => {});
  cut.write("phone\n".repeat(10_000));
  await expect.poll(() => onDisk().length).toBe(1);
  cut.destroy();
  await expect.poll(onDisk).toEqual([]);

  // Killed while it imports, it goes on by itself when it starts again, under the same id.
  const many = (await (await create(MANY_ROWS, 1_000)).json()) as Shown;
  up.kill("SIGKILL");
  await up.ended;
  ({ up, url } = await startUp(place));
  await until(many.id, "running");
  expect((await show(many.id)).rows).toBe(MANY_ROWS);
  await expect.poll(onDisk).toEqual([]);
  const cancelled = await ask(`/api/campaigns/${many.id}/cancel`, { method: "POST" });
  expect(cancelled.status).toBe(200);
  const { campaigns } = (await (await ask("/api/campaigns")).json()) as { campaigns: Shown[] };
  expect(campaigns.map((one) => one.id)).toEqual([many.id, id]);
  up.kill("SIGTERM");
  expect((await up.ended).code).toBe(0);
});
