import { expect, test } from "vitest";
import { readCampaignView } from "../../src/campaigns/campaign-view.ts";
import { controlCampaign } from "../../src/campaigns/control.ts";
import { type FoundCampaign, findCampaign } from "../../src/campaigns/find.ts";
import { messagesTo } from "../../src/campaigns/person-messages.ts";
import { moveRows } from "../../src/campaigns/pools/move.ts";
import { ALL_ROWS, previewUnknown, resolveRows, resolveWhat } from "../../src/campaigns/resolve.ts";
import { saidText } from "../../src/campaigns/said.ts";
import { findMessage } from "../../src/campaigns/search.ts";
import { readTimeline } from "../../src/campaigns/timeline.ts";
import { isoTime } from "../../src/core/format.ts";
import { exportRows, exportXlsx } from "../../src/export/export-rows.ts";
import { messageEvents } from "../../src/export/message-timeline.ts";
import type { CampaignRow } from "../../src/store/index.ts";
import { openApi } from "../api/support.ts";
import { BY, claimRows, openStoredPool } from "./pool-support.ts";

interface Exported {
  readonly row: number;
  readonly list_row?: number;
  readonly state: string;
  readonly input: { readonly name: string };
}

/** The list has N0 in its row 1. */
const rowOf = (name: string | undefined) => Number(name?.slice(1)) + 1;
const listRowOf = ({ cells }: CampaignRow) => rowOf(cells[1]);

async function exported(found: FoundCampaign): Promise<Exported[]> {
  let text = "";
  const all = exportRows({ ...found, format: "ndjson", states: new Set(), delimiter: null });
  for await (const chunk of all) text += chunk;
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Exported);
}

/** Moves all rows of the first number, and back those that it had. */
async function moveOnce(opened: Awaited<ReturnType<typeof openStoredPool>>, to = opened.move) {
  await controlCampaign(await opened.find(), "pause", BY);
  const moved = await moveRows(await opened.find(), to, BY);
  if (!moved.ok) throw new Error(moved.refusal.message);
  return moved.value.campaign ?? "";
}

test("an export of one campaign of a pool says which row of the list each is, also after moves", async () => {
  const opened = await openStoredPool(3);
  const { stores, second, first, find, names } = opened;
  const ids = [first.campaign.id, second.campaign.id, await moveOnce(opened)];
  const onward = { from: names[1] ?? "", to: names[2] ?? "" };
  // The rows of the second number itself first, then those that it was given.
  ids.push(await moveOnce(opened, onward), await moveOnce(opened, onward));

  const seen: number[] = [];
  for (const id of ids) {
    const found = await findCampaign(stores, id);
    if (!found.ok) throw new Error(found.refusal.message);
    const rows = await exported(found.value);
    expect(rows).toHaveLength(found.value.campaign.rows);
    expect(rows.map((row) => row.list_row)).toEqual(rows.map(({ input }) => rowOf(input.name)));
    expect(rows.map(({ row }) => row)).toEqual(rows.map((_, at) => at + 1));
    seen.push(rows.length);
  }
  expect(Math.min(...seen)).toBeGreaterThan(5);
  // The rows of the whole are those of the list, so there is nothing beside them to say.
  const whole = await exported(await find());
  expect(whole.map(({ row }) => row)).toEqual(whole.map(({ input }) => rowOf(input.name)));
  expect(whole[0]).not.toHaveProperty("list_row");
});

test("a table of one campaign of a pool has the row of the list in its last column", async () => {
  const { first } = await openStoredPool();
  let text = "";
  const csv = exportRows({ ...first, format: "csv", states: new Set(), delimiter: null });
  for await (const chunk of csv) text += chunk;
  const [head = "", line = ""] = text.split("\r\n");
  const columns = head.split(",");

  // A script may take the others by their place.
  expect(columns.slice(2, 4)).toEqual(["row", "state"]);
  expect(columns.at(-1)).toBe("list_row");
  expect(Number(line.split(",").at(-1))).toBe(rowOf(line.split(",")[1]));
  const bytes: Buffer[] = [];
  for await (const chunk of await exportXlsx({ ...first, states: new Set() })) bytes.push(chunk);
  expect(Buffer.concat(bytes).length).toBeGreaterThan(500);
});

test("a message of a pool is said to be in its row of the list, wherever it is found", async () => {
  const opened = await openStoredPool();
  const { stores, first, one } = opened;
  const { id } = first.campaign;
  const found = await findMessage(stores, id, 9);
  if (!found.ok) throw new Error(found.refusal.message);
  const { campaign, row, store } = found.value;
  const listRow = listRowOf(row);
  expect(listRow).toBeGreaterThan(9);

  expect(row.listRow).toBe(listRow);
  const [imported] = messageEvents({ campaign, row, history: [] });
  expect(imported?.words).toBe(`Imported as row ${listRow} of ${campaign.file}`);
  const person = await messagesTo(stores, store.people.person(row.phone));
  expect(person.ok && person.value.messages[0]?.row.listRow).toBe(listRow);
  const { ask } = await openApi({ test: one, stores });
  const detail = await (await ask(`/api/campaigns/${id}/messages/9`)).json();
  expect(detail).toMatchObject({ campaign: id, row: 9, listRow });
  const list = await (await ask(`/api/campaigns/${id}/messages?after=8&limit=1`)).json();
  expect(list).toMatchObject({ messages: [{ row: 9, listRow }], next: 9 });
});

test("the API lists the messages of a pool in the order of the list, also moved ones", async () => {
  const opened = await openStoredPool(3);
  const { stores, id, one, find } = opened;
  await moveOnce(opened);
  const { ask } = await openApi({ test: one, stores });
  const rows: { row: number; listRow: number; to: string }[] = [];
  for (let after: number | null = 0; after !== null; ) {
    const path = `/api/campaigns/${id}/messages?after=${after}&limit=50`;
    const page = await (await ask(path)).json();
    const { messages, next } = page as { messages: typeof rows; next: number | null };
    rows.push(...messages);
    after = next;
  }

  expect(rows.map(({ row }) => row)).toEqual(Array.from({ length: 130 }, (_, at) => at + 1));
  expect(rows.every(({ row, listRow }) => row === listRow)).toBe(true);
  const { store, campaign } = await find();
  const cells: string[][] = [];
  for await (const row of store.rows.all(id, campaign.rows)) cells.push([...row.cells]);
  expect((await store.rows.one(id, 77))?.cells).toEqual(cells[76]);
  expect(await store.rows.one(id, 131)).toBeUndefined();
  expect(await store.rows.one(id, 0)).toBeUndefined();
});

test("unknown messages of a pool are shown, listed and decided by their rows in the list", async () => {
  const opened = await openStoredPool();
  const { stores, id, find, first, second, one, two } = opened;
  await claimRows(one, first.campaign.id, [2, 5], "unknown");
  await claimRows(two, second.campaign.id, [3], "unknown");
  const own = await Promise.all([
    one.store.rows.one(first.campaign.id, 2),
    one.store.rows.one(first.campaign.id, 5),
    two.store.rows.one(second.campaign.id, 3),
  ]);
  const wanted = own.map((row) => (row === undefined ? 0 : listRowOf(row))).sort((a, b) => a - b);
  const { store } = await find();

  expect(await store.campaigns.unknownRows(id)).toEqual(wanted);
  const page = await store.campaigns.unknownPage(id, { from: 0, max: 50 });
  expect(page.map(({ row }) => row).sort((a, b) => a - b)).toEqual(wanted);
  const times = page.map(({ sinceMs }) => sinceMs);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  const [oldest, ...others] = page;
  const rest = await store.campaigns.unknownPage(id, { from: 1, max: 1 });
  expect(rest).toEqual(others.slice(0, 1));
  expect(oldest?.row).not.toBe(rest[0]?.row);
  const { ask } = await openApi({ test: one, stores });
  const listed = await (await ask(`/api/campaigns/${id}/messages?state=unknown`)).json();
  expect(listed).toMatchObject({ messages: wanted.map((row) => ({ row })), next: null });
  const sum = await previewUnknown(await find(), resolveWhat([ALL_ROWS], "sent"));
  expect(sum).toMatchObject({ value: { total: 3, others: 0, byReason: [{ count: 3 }] } });

  const decided = await resolveRows(await find(), [ALL_ROWS], "sent", BY);
  expect(decided).toMatchObject({ value: { id, rows: wanted } });
});

test("a pool shows what was done with each of its campaigns, when, and how all of them went", async () => {
  const opened = await openStoredPool();
  const { find, first, second, one, two, move } = opened;
  await claimRows(one, first.campaign.id, [1, 2], "accepted");
  await claimRows(two, second.campaign.id, [1, 2, 3], "accepted");
  await controlCampaign(first, "pause", BY);
  await controlCampaign(await find(), "pause", BY);
  await moveRows(await find(), move, BY);

  const view = await readCampaignView(await find(), undefined);

  const acts = view.acts.map(({ what, campaigns }) => [what, campaigns[0]]);
  expect(acts).toContainEqual(["move", (await find()).campaign.id]);
  expect(acts).toContainEqual(["pause", first.campaign.id]);
  expect(acts).toContainEqual(["pause", second.campaign.id]);
  const { rate, outcomes, holds } = await readTimeline(await find());
  expect(rate.points.length).toBeGreaterThan(0);
  const accepted = outcomes.points.reduce((sum, point) => sum + point.accepted, 0);
  expect(accepted).toBe(5);
  // One number that is paused is not all of them: no chart may show it so.
  expect(holds.map((hold) => hold.number)).not.toContain(null);
  const paused = (number: string) => `${number}: paused: by an operator`;
  const told = holds.map((hold) => hold.words);
  expect(told).toContain(paused(first.campaign.number));
  expect(told).toContain(paused(second.campaign.number));

  // People whose rows are elsewhere are not said to get nothing.
  const source = await findCampaign(opened.stores, first.campaign.id);
  if (!source.ok) throw new Error(source.refusal.message);
  const words = saidText(
    (await readCampaignView(source.value, undefined)).condition.words,
    isoTime,
  );
  expect(words).toContain(`another number of its pool has ${first.campaign.rows - 2} rows of it`);
  expect(words).not.toContain("nothing");
});

test("a person in two pools at once waits in the second, which says so by its row of the list", async () => {
  const opened = await openStoredPool();
  const { stores, first, one, send } = opened;
  await claimRows(one, first.campaign.id, [3], "unknown");
  const again = await send(undefined, "import");
  const found = await findCampaign(stores, again.ok ? (again.report.campaign ?? "") : "");
  if (!found.ok) throw new Error(found.refusal.message);
  const { store, campaign, children = [] } = found.value;
  const child = children[0]?.campaign.id ?? "";
  const row = await one.store.rows.one(child, 3);

  await expect(claimRows(one, child, [3], "accepted")).rejects.toThrow("not granted");

  expect(await store.waiting(campaign.id)).toMatchObject([
    { row: row && listRowOf(row), campaign: first.campaign.id, campaignRow: 3, state: "unknown" },
  ]);
});
