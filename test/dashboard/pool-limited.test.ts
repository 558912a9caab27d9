import { expect, test } from "vitest";
import { controlCampaign } from "../../src/campaigns/control.ts";
import { BY, openStoredPool } from "../producer/pool-support.ts";
import { openDashboard } from "./support.ts";

const LIMITED = { name: "limited", role: "operator", lastsMs: null } as const;

test("who may see one number of a pool finds no link to it, and no move within it", async () => {
  const { stores, first, second, id, one } = await openStoredPool();
  await controlCampaign(first, "pause", BY);
  const { access, ask } = await openDashboard({ test: one, stores });
  const numbers = new Set([first.campaign.number]);
  const added = await access.tokens.add({ ...LIMITED, numbers });
  const authorization = `Bearer ${added.kind === "added" ? added.token : ""}`;
  const path = `/campaigns/${first.campaign.id}`;
  const own = await ask(path, { headers: { accept: "text/html", authorization } });
  const text = await own.text();

  expect(own.status).toBe(200);
  expect(text).not.toContain(`/campaigns/${id}`);
  expect(text).not.toContain(second.campaign.number);
  const whole = await (await ask(path)).text();
  expect(whole).toContain(`/campaigns/${id}/move`);
});

test("a move is offered to a number that is suspended last, and says so", async () => {
  const { stores, first, id, one, names, benches } = await openStoredPool(3);
  await controlCampaign(first, "pause", BY);
  const { ask } = await openDashboard({ test: one, stores });
  const [, second = "", third = ""] = names;
  const halt = { code: 131042, reason: 0, at: 1, campaign: "" };
  await one.redis.hset(benches[1]?.keys.halt ?? "", halt);

  for (const path of [`/campaigns/${id}`, `/campaigns/${first.campaign.id}`]) {
    const text = await (await ask(path)).text();
    const options = [...text.matchAll(/<option[^>]*>([^<]+)</g)].map(([, name]) => name);
    expect(options).toEqual([third, `${second} (suspended)`]);
  }
});
