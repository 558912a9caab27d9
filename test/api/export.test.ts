import { parse } from "csv-parse/sync";
import { strFromU8, unzipSync } from "fflate";
import { expect, it } from "vitest";
import { problemCode } from "../dashboard/support.ts";
import type { TestStore } from "../support/campaigns.ts";
import { openApi } from "./support.ts";

async function campaignOf(test: TestStore): Promise<string> {
  const outcomes = new Map([
    [3, { kind: "rejected", code: "phone_missing", column: "phone" } as const],
  ]);
  const id = await test.import(4, { outcomes });
  await test.send(id, 1, "failed", { code: 131026 });
  await test.send(id, 2, "accepted", { wamid: "wamid.2" });
  return id;
}

it("an export has all rows, or those in the states that were asked for", async () => {
  const { ask, test } = await openApi();
  const id = await campaignOf(test);
  const read = async (query: string) => {
    const answer = await ask(`/api/campaigns/${id}/export.csv${query}`);
    const lines = (await answer.text()).trim().split("\r\n").slice(1);
    return [answer.headers.get("content-disposition"), lines.length];
  };

  expect(await read("")).toEqual([`attachment; filename="${id}.csv"`, 4]);
  expect(await read("?only=failed")).toEqual([`attachment; filename="${id}.failed.csv"`, 1]);
  expect(await read("?only=failed,accepted")).toEqual([
    `attachment; filename="${id}.failed-accepted.csv"`,
    2,
  ]);
  for (const query of ["?only=lost", "?only=", "?state=failed"]) {
    const answer = await ask(`/api/campaigns/${id}/export.csv${query}`);
    expect([answer.status, await problemCode(answer)]).toEqual([400, "dashboard_query_invalid"]);
  }
});

it("a workbook has the columns and rows of the CSV", async () => {
  const { ask, test } = await openApi();
  const id = await campaignOf(test);

  const csv = await (await ask(`/api/campaigns/${id}/export.csv`)).text();
  const answer = await ask(`/api/campaigns/${id}/export.xlsx`);
  const files = unzipSync(new Uint8Array(await answer.arrayBuffer()));
  const sheet = strFromU8(files["xl/worksheets/sheet1.xml"] ?? new Uint8Array());

  expect(answer.headers.get("content-type")).toContain("spreadsheetml.sheet");
  const cells = [...sheet.matchAll(/<row>(.*?)<\/row>/g)].map(([, row = ""]) =>
    [...row.matchAll(/<c\/>|<c>.*?<\/c>|<c s.*?<\/c>/g)].map(([cell]) =>
      cell.replace(/<.*?>/g, ""),
    ),
  );
  expect(cells).toEqual(parse(csv, { bom: true }));
});

it("rejected rows come as a file that can be corrected and sent again", async () => {
  const { ask, test } = await openApi();
  const id = await campaignOf(test);

  const answer = await ask(`/api/campaigns/${id}/rejects.csv`);
  const [head, row, end] = (await answer.text()).split("\r\n");
  const refused = await ask(`/api/campaigns/${id}/rejects.csv?only=failed`);

  expect(answer.headers.get("content-disposition")).toBe(
    `attachment; filename="${id}.rejects.csv"`,
  );
  expect(head).toMatch(
    /phone,first_name,line,code,reason,suggestion,dropcast_campaign,dropcast_row$/,
  );
  expect(row).toMatch(/^48600000003,Name 3,,phone_missing,.*,3$/);
  expect(row).toContain(`,${id},3`);
  expect(end).toBe("");
  expect(refused.status).toBe(400);
});

it("messages of the state unknown are found without reading the list", async () => {
  const { ask, test } = await openApi();
  const id = await test.import(250);
  for (const row of [3, 120, 249]) await test.send(id, row, "unknown", { reason: 2 });
  const read = async (query: string) => {
    const answer = await ask(`/api/campaigns/${id}/messages?state=unknown${query}`);
    const { messages, next } = (await answer.json()) as {
      messages: { row: number; state: string }[];
      next: number | null;
    };
    return [messages.map(({ row }) => row), next];
  };

  expect(await read("")).toEqual([[3, 120, 249], null]);
  expect(await read("&limit=2")).toEqual([[3, 120], 120]);
  expect(await read("&limit=2&after=120")).toEqual([[249], null]);
});

it("the timeline of a campaign has its rate, its outcomes and its pauses", async () => {
  const { ask, test } = await openApi();
  const id = await campaignOf(test);
  await test.store.campaigns.pause(id, "operator");

  const answer = await ask(`/api/campaigns/${id}/timeline`);

  expect(await answer.json()).toEqual({
    rate: { stepSeconds: 1, points: expect.any(Array) },
    outcomes: {
      stepSeconds: 60,
      points: expect.arrayContaining([expect.objectContaining({ at: expect.any(String) })]),
    },
    holds: [
      {
        kind: "paused",
        number: null,
        from: expect.any(String),
        until: null,
        words: "paused: by an operator",
      },
    ],
  });
});

it("a form resumes with a probe of so many messages", async () => {
  const { ask, test } = await openApi();
  const id = await test.import(30);
  await test.store.campaigns.pause(id, "operator");
  const send = (body: string) =>
    ask(`/api/campaigns/${id}/resume`, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body,
    });

  const wrong = await send("probe=many");
  const right = await send("probe=5");

  expect([wrong.status, await problemCode(wrong)]).toEqual([400, "dashboard_body_invalid"]);
  expect(await right.json()).toMatchObject({ status: "running", probe: 5 });
});
