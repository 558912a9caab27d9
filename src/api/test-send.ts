import { z } from "@hono/zod-openapi";
import type { Stores } from "../campaigns/find.ts";
import type { SettledTest, TestSender } from "../campaigns/settle-test.ts";
import { checkMayTest, senderOf, sendTest, testCause } from "../campaigns/test-message.ts";
import type { Actor } from "../core/act.ts";
import type { State } from "../core/message.ts";
import type { Mode } from "../core/mode.ts";
import { maskPhone } from "../core/recipient.ts";
import { accept, type Result, refuse } from "../core/refusal.ts";
import type { NumberStore } from "../store/index.ts";
import type { CreateRequest } from "./create-request.ts";
import type { Jobs } from "./jobs.ts";
import { campaignId, mode as modeSchema, state as stateSchema } from "./schemas.ts";
import type { Uploads } from "./uploads.ts";

export interface TestSendDeps {
  readonly stores: Stores;
  readonly mode: Mode;
  readonly jobs: Jobs;
  readonly uploads: Pick<Uploads, "pathOf">;
  readonly numberCountries: Readonly<Record<string, string | null>>;
  /** Refuses a number whose token this process does not have (`number_incomplete`). */
  readonly openTestSender: (number: string) => Promise<Result<TestSender>>;
}

export const testSentJson = z
  .object({
    id: campaignId,
    mode: modeSchema,
    to: z.string().openapi({ description: "Masked." }),
    row: z.int(),
    state: stateSchema,
    code: z.int().openapi({ description: "WhatsApp's error code; 0 if there is none." }),
    words: z.string().openapi({ description: "The outcome so far, for people." }),
    doubts: z.array(z.string()),
  })
  .openapi("TestSent");
export type TestSent = z.output<typeof testSentJson>;

/** The API answers within milliseconds; a busy number may need its turn. */
const WAIT_MS = 10_000;

/**
 * Sends one message with the values of a row to a phone of the person who asks, and waits until
 * the API has answered.
 */
export function createTestSend(deps: TestSendDeps) {
  const { stores, jobs, uploads, numberCountries, mode } = deps;

  async function send(
    request: CreateRequest,
    { to, row, by }: { to: string; row: number; by: Actor },
  ): Promise<Result<TestSent>> {
    const { list, options } = request;
    return jobs.withDefinition(request, numberCountries, async ({ definition, path }) => {
      const store = stores[definition.number];
      if (store === undefined) throw new Error(`Number ${definition.number} has no store.`);
      const country = definition.recipients.country ?? numberCountries[definition.number] ?? null;
      const phone = await readTestPhone(to, country);
      if (!phone.ok) return phone;
      const { readTestValues, storeTestMessage } = await import("../producer/test-message.ts");
      const values = await readTestValues({
        ...{ definition, campaignPath: path, listPath: uploads.pathOf(list), row, country },
        encoding: options.encoding ?? null,
      });
      if (!values.ok) return values;
      const may = await checkMayTest(store, { definition, phone: phone.value });
      if (!may.ok) return may;
      const sender = await senderOf(store, await deps.openTestSender(store.number));
      if (!sender.ok) return sender;
      const message = { definition, values: values.value, phone: phone.value, mode };
      try {
        const sent = await sendTest(by, () => storeTestMessage(store.imports, message), {
          ...{ store, sender: sender.value, waitFor: "answer", withinMs: WAIT_MS },
        });
        if (!sent.ok) return sent;
        const about = { id: sent.value.id, mode, to: maskPhone(phone.value), row };
        return accept({ ...about, ...outcomeOf(sent.value), doubts: [...values.value.doubts] });
      } finally {
        await sender.value?.stop();
      }
    });
  }

  return { send };
}

export type TestSend = ReturnType<typeof createTestSend>;

type Outcome = Pick<TestSent, "state" | "code" | "words">;

/** What is known of a test message now; undefined if there is none. */
export async function readTest(store: NumberStore, id: string): Promise<Outcome | undefined> {
  const [row, campaign] = await Promise.all([store.rows.one(id, 1), store.campaigns.find(id)]);
  if (row === undefined || campaign === undefined || !campaign.isTest) return undefined;
  return outcomeOf({ row, notSent: null });
}

function outcomeOf(test: Pick<SettledTest, "row" | "notSent">): Outcome {
  const { row, notSent } = test;
  const { state } = row;
  const { code, title, advice } = testCause(test);
  if (state === "failed") return { state, code, words: `It failed: ${title}. ${advice}` };
  if (notSent !== null) {
    return { state, code, words: `Not sent, and it will not be: ${notSent.words}` };
  }
  return { state, code: row.value.code, words: WORDS[state] ?? "Nothing was sent." };
}

const WORDS: Partial<Readonly<Record<State, string>>> = {
  pending: "It waits for its turn.",
  sending: "It is being sent.",
  accepted: "LiveChat has taken it. WhatsApp has not reported yet whether it arrived.",
  sent: "WhatsApp has sent it; the phone has not reported it yet.",
  delivered: "It was delivered.",
  read: "It was delivered and read.",
  unknown: "It may or may not have been sent: no clear answer came. It is not sent again.",
  suppressed: "Its person is on the suppression list, so nothing was sent.",
  cancelled: "It was not sent in time, and was cancelled: the number was busy, paused or waited.",
};

async function readTestPhone(text: string, country: string | null): Promise<Result<string>> {
  const { createPhoneReader } = await import("../producer/phones/phone-reader.ts");
  const phone = createPhoneReader(country)(text);
  if (phone.ok) return accept(phone.digits);
  return refuse(
    "phone_unreadable",
    "The phone number for the test cannot be read.",
    "Write it with its country code, as in +48 600 700 800.",
  );
}
