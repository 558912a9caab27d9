import type { CampaignDefinition } from "../core/campaign.ts";
import { maskPhone } from "../core/recipient.ts";
import { accept, type Refused, type Result, refuse } from "../core/refusal.ts";
import { rollbackWords } from "../export/campaign-json.ts";
import { suspensionWords } from "../export/number-words.ts";
import type { NumberStore } from "../store/index.ts";

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
  const [[suppressed], halt, rollback] = await Promise.all([
    store.optOuts.check({ category: definition.category, recipients }, [phone]),
    store.campaigns.halt(),
    store.rollback.read(),
  ]);
  if (suppressed !== null && suppressed !== undefined) {
    return refuse(
      "test_opted_out",
      `${maskPhone(phone)} is on the suppression list: nothing was sent.`,
      "Test with another number; or, if its owner agrees, dropcast suppress remove.",
    );
  }
  if (halt !== undefined) return refuseTestStopped(suspensionWords(store.number, halt));
  if (rollback !== undefined) return refuseTestStopped(rollbackWords(store.number, rollback));
  return accept(undefined);
}

export function refuseTestStopped(why: string): Refused {
  return refuse("test_number_stopped", `${why} Nothing was sent.`, "Send the test again then.");
}
