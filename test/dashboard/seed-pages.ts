import { testDefinition } from "../support/campaigns.ts";
import type { TestDashboard } from "./support.ts";

/** What no page may show as anything but text. */
export const SCRIPT = '<script>alert("x")</script>';

/** Campaigns in every interesting condition. Returns their ids. */
export async function manyCampaigns({ test }: Pick<TestDashboard, "test">) {
  const named = (name: string) => ({ definition: testDefinition(test.number, { name }) });
  const sent = await test.import(6, named("Spring sale"));
  for (const [row, status] of [
    [1, "sent"],
    [2, "delivered"],
    [3, "read"],
  ] as const) {
    await test.send(sent, row, "accepted", { wamid: `wamid.${row}` });
    await test.status(`wamid.${row}`, status);
  }
  await test.send(sent, 4, "failed", { code: 131026 });
  await test.send(sent, 5, "unknown", { reason: 1 });
  const paused = await test.import(3, named(`Ostatnia szansa ${SCRIPT}`));
  await test.store.campaigns.pause(paused, "operator");
  const cancelled = await test.import(2, named("Autumn"));
  await test.store.campaigns.cancel(cancelled);
  return { sent, paused, cancelled };
}

/** The same, and enough beside it that every kind of page has something to show. */
export async function seedPages(dashboard: Pick<TestDashboard, "test">) {
  const { test } = dashboard;
  const campaigns = await manyCampaigns(dashboard);
  const stopped = await test.import(9, {
    definition: testDefinition(test.number, { name: "Winter coats, a name that is rather long" }),
  });
  await test.send(stopped, 1, "failed", { code: 131026 });
  await test.store.campaigns.pause(stopped, "failure_share:15/50:131026");
  return { ...campaigns, stopped };
}
