import type { Actor } from "../core/act.ts";
import type { CampaignDefinition } from "../core/campaign.ts";
import { describeCode } from "../core/error-codes.ts";
import { describeFailure } from "../core/failure.ts";
import { maskPhone } from "../core/recipient.ts";
import { accept, type Refused, type Result, refuse } from "../core/refusal.ts";
import { rollbackWords } from "../export/campaign-json.ts";
import { suspensionWords } from "../export/number-words.ts";
import type { NumberStore } from "../store/index.ts";
import { audited } from "./audited.ts";
import { type SettledTest, settleTest, type TestSender, type TestWait } from "./settle-test.ts";

/**
 * Whether a test message may go to a phone (digits) from a number: nothing is stored for a person
 * on the suppression list (`test_opted_out`), or a number that sends nothing
 * (`test_number_stopped`).
 */
export async function checkMayTest(
  store: NumberStore,
  { definition, phone }: { readonly definition: CampaignDefinition; readonly phone: string },
): Promise<Result<void>> {
  await store.join();
  const recipients = { ...definition.recipients, skipUndeliverableMs: null };
  const [[suppressed], suspension, rollback] = await Promise.all([
    store.optOuts.check({ category: definition.category, recipients }, [phone]),
    store.campaigns.suspension(),
    store.rollback.read(),
  ]);
  if (suppressed !== null && suppressed !== undefined) {
    return refuse(
      "test_opted_out",
      `${maskPhone(phone)} is on the suppression list: nothing was sent.`,
      "Test with another number; or, if its owner agrees, dropcast suppress remove.",
    );
  }
  if (suspension !== undefined) return refuseTestStopped(suspensionWords(store.number, suspension));
  if (rollback !== undefined) return refuseTestStopped(rollbackWords(store.number, rollback));
  return accept(undefined);
}

/**
 * What sends the test messages of a number. Null: this process has no token for it, but a worker
 * that runs has one; refused like `opened` if none runs.
 */
export async function senderOf(
  store: NumberStore,
  opened: Result<TestSender>,
): Promise<Result<TestSender | null>> {
  if (opened.ok) return opened;
  return (await store.presence("worker")).isLive ? accept(null) : opened;
}

/**
 * Sends one test message on behalf of a person, waits for its outcome, and notes the act. `message`
 * stores it and returns its id; null if it was cancelled meanwhile.
 */
export function sendTest(
  by: Actor,
  message: () => Promise<string | null>,
  wait: Omit<TestWait, "id" | "cancel">,
): Promise<Result<SettledTest & { readonly id: string }>> {
  const { store } = wait;
  return audited(
    store.acts,
    by,
    { what: "test", details: { number: store.number } },
    async () => {
      const id = await message();
      if (id === null)
        return refuseTestStopped("The test message was cancelled before it was sent.");
      const cancel = () => store.campaigns.cancel(id);
      return accept({ id, ...(await settleTest({ ...wait, id, cancel })) });
    },
    ({ id, row }) => ({ campaigns: [id], details: { state: row.state } }),
  );
}

/** The error code behind its outcome, in words; code 0 and no words if there is none. */
export function testCause({ row, notSent }: Pick<SettledTest, "row" | "notSent">): {
  readonly code: number;
  readonly title: string;
  readonly advice: string;
} {
  const { code, reason } = row.value;
  if (row.state === "failed") {
    // A code's own advice: whether a retry helps does not matter for a test.
    return { code, ...(code === 0 ? describeFailure({ code, reason }) : describeCode(code)) };
  }
  if (notSent === null || notSent.code === 0) return { code: 0, title: "", advice: "" };
  return { code: notSent.code, ...describeCode(notSent.code) };
}

function refuseTestStopped(why: string): Refused {
  return refuse("test_number_stopped", `${why} Nothing was sent.`, "Send the test again then.");
}
