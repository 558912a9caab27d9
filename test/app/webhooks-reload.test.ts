import { expect, onTestFinished, test } from "vitest";
import { startWebhooks } from "../../src/app/webhooks.ts";
import { openTestPlatform } from "../support/platform.ts";
import { testNumber } from "../support/redis.ts";
import { signWebhook, WEBHOOK_SECRET } from "../support/webhook-samples.ts";

const SHARED = { webhookSecret: WEBHOOK_SECRET };
const OWN = { webhookSecret: `whsec_${Buffer.alloc(24, 7).toString("base64")}` };

/** The webhooks role with these numbers, and the status of an event for one of them. */
async function receiving(numbers: Readonly<Record<string, object>>, env = {}) {
  const opened = await openTestPlatform(numbers, env);
  const role = await startWebhooks(opened.platform);
  if (!role.ok) throw new Error(role.refusal.message);
  onTestFinished(() => role.value.stop());
  async function status(number: string, { webhookSecret }: typeof SHARED): Promise<number> {
    const now = Math.floor(Date.now() / 1000);
    const data = { id: `wamid.${number}`, status: "read", timestamp: now, recipient_id: "4860" };
    const body = JSON.stringify({ type: "message.status", data });
    const headers = signWebhook(body, { secret: webhookSecret });
    const answer = await fetch(`${role.ok && role.value.place}/${number}`, {
      ...{ method: "POST", body, headers },
    });
    return answer.status;
  }
  return {
    ...opened,
    status,
    async renumber(next: Readonly<Record<string, object>>) {
      opened.write(next);
      expect(await opened.platform.renumber(opened.read())).toMatchObject({ ok: true });
    },
  };
}

test("a removed number is unknown and an added one is received for, also when another shares its secret with a number that this process leaves out", async () => {
  const [kept, gone, added, elsewhere] = Array.from({ length: 4 }, testNumber) as [
    ...[string, string, string, string],
  ];
  const role = await receiving(
    { [kept]: SHARED, [gone]: SHARED },
    { DROPCAST_NUMBERS: `${kept},${gone},${added}` },
  );
  expect(await role.status(gone, SHARED)).toBe(204);

  await role.renumber({ [kept]: SHARED, [added]: OWN, [elsewhere]: SHARED });

  expect(await role.status(gone, SHARED)).toBe(404);
  expect(await role.status(added, OWN)).toBe(204);
  // Which of two it is about could only be guessed: its sender repeats it until that is corrected.
  expect(await role.status(kept, SHARED)).toBe(503);
  expect(role.logged()).toContain("webhook_secret_elsewhere");

  await role.renumber({ [kept]: SHARED, [added]: OWN });
  expect(await role.status(kept, SHARED)).toBe(204);
});

test("a process whose numbers have no webhook secret any more knows none of them", async () => {
  const [first, second] = [testNumber(), testNumber()];
  const role = await receiving({ [first]: SHARED });

  await role.renumber({ [second]: {} });

  expect(await role.status(first, SHARED)).toBe(404);
});
