import { setTimeout as sleep } from "node:timers/promises";
import { z } from "@hono/zod-openapi";
import { audited } from "../campaigns/audited.ts";
import type { Stores } from "../campaigns/find.ts";
import { checkMayTest, refuseTestStopped } from "../campaigns/may-test.ts";
import type { Actor } from "../core/act.ts";
import { describeCode } from "../core/error-codes.ts";
import { describeFailure } from "../core/failure.ts";
import type { Mode } from "../core/mode.ts";
import { describePause } from "../core/pause-reason.ts";
import { maskPhone } from "../core/recipient.ts";
import { accept, type Result, refuse } from "../core/refusal.ts";
import type { TestValues } from "../producer/test-message.ts";
import type { NumberStore } from "../store/index.ts";
import type { CreateRequest } from "./create-request.ts";
import type { Jobs } from "./jobs.ts";
import { campaignId, mode as modeSchema, state as stateSchema } from "./schemas.ts";
import type { Uploads } from "./uploads.ts";

/** Sends one message from this process, with the worker's own claim, pace and record. */
interface TestSender {
  sendDue(campaign: string): Promise<void>;
  stop(): Promise<void>;
}

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
const LOOK_EVERY_MS = 100;

/**
 * Sends one message with the values of a row to a phone of the person who asks, and waits until
 * the API has answered. One that is still not sent then is cancelled: nothing goes out when its
 * person no longer looks.
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
      if (store === undefined) return refuseTestStopped("The number has no store here.");
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
      const sender = await openSender(store);
      if (!sender.ok) return sender;
      try {
        return await audited(
          store.acts,
          by,
          { what: "test", details: { number: store.number } },
          async () => {
            const id = await storeTestMessage(store.imports, {
              ...{ definition, values: values.value, phone: phone.value, mode },
            });
            if (id === null) return refuseTestStopped("The test message was cancelled.");
            const notSent = await settle(store, id, sender.value);
            const given = { id, row, phone: phone.value, values: values.value };
            const sent = await sentOf(store, given);
            return accept(
              notSent === null || sent.state !== "cancelled" ? sent : { ...sent, ...notSent },
            );
          },
          ({ id, state }) => ({ campaigns: [id], details: { state } }),
        );
      } finally {
        await sender.value?.stop();
      }
    });
  }

  /** Null: this process has no token, but a worker that runs has one. */
  async function openSender(store: NumberStore): Promise<Result<TestSender | null>> {
    const sender = await deps.openTestSender(store.number);
    if (sender.ok) return sender;
    return (await store.presence("worker")).isLive ? accept(null) : sender;
  }

  async function sentOf(
    store: NumberStore,
    given: { id: string; row: number; phone: string; values: TestValues },
  ): Promise<TestSent> {
    const { id, row, phone, values } = given;
    const now = await readTest(store, id);
    if (now === undefined) throw new Error(`The test message ${id} is gone.`);
    return { id, mode, to: maskPhone(phone), row, ...now, doubts: [...values.doubts] };
  }

  return { send };
}

export type TestSend = ReturnType<typeof createTestSend>;

/**
 * Waits until the message has left `pending` and `sending`. One that cannot go, or not soon, is
 * cancelled; why, if that is known.
 */
async function settle(
  store: NumberStore,
  id: string,
  sender: TestSender | null,
): Promise<Pick<TestSent, "code" | "words"> | null> {
  const until = performance.now() + WAIT_MS;
  for (;;) {
    await sender?.sendDue(id).catch(() => {});
    const [row, campaign] = await Promise.all([store.rows.one(id, 1), store.campaigns.find(id)]);
    const isOpen = row?.state === "pending" || row?.state === "sending";
    if (!isOpen) return null;
    const isOver = performance.now() > until;
    if (row.state === "pending" && (isOver || campaign?.status !== "running")) {
      await store.campaigns.cancel(id);
      return campaign?.status === "paused" ? whyPaused(campaign.reason) : null;
    }
    if (isOver) return null;
    await sleep(LOOK_EVERY_MS);
  }
}

/** What is known of a test message now; undefined if there is none. */
export async function readTest(
  store: NumberStore,
  id: string,
): Promise<Pick<TestSent, "state" | "code" | "words"> | undefined> {
  const [row, campaign] = await Promise.all([store.rows.one(id, 1), store.campaigns.find(id)]);
  if (row === undefined || campaign === undefined || !campaign.isTest) return undefined;
  const { state, value } = row;
  if (state === "failed") {
    const { title, advice } = value.code === 0 ? describeFailure(value) : describeCode(value.code);
    return { state, code: value.code, words: `It failed: ${title}. ${advice}` };
  }
  return { state, code: value.code, words: WORDS[state] ?? "Nothing was sent." };
}

function whyPaused(reason: string): Pick<TestSent, "code" | "words"> {
  const code = Number(/:(\d+)$/.exec(reason)?.[1] ?? 0);
  return { code, words: `Not sent, and it will not be: ${describePause(reason).words}` };
}

const WORDS: Readonly<Record<string, string>> = {
  pending: "It waits for its turn.",
  sending: "It is being sent.",
  accepted: "LiveChat has taken it. WhatsApp has not reported yet whether it arrived.",
  sent: "WhatsApp has sent it; the phone has not reported it yet.",
  delivered: "It was delivered.",
  read: "It was delivered and read.",
  unknown: "It may or may not have been sent: no clear answer came. It is not sent again.",
  suppressed: "Its person is on the suppression list, so nothing was sent.",
  cancelled: "It was not sent within 10 seconds, and was cancelled: the number is busy or waits.",
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
