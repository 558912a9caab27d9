import { setTimeout as sleep } from "node:timers/promises";
import { dateTime, rate } from "../core/format.ts";
import type { State } from "../core/message.ts";
import { describePause, pauseCode } from "../core/pause-reason.ts";
import { describeReason, reasonName } from "../core/reasons.ts";
import { backoffWords } from "../export/number-words.ts";
import type { Campaign, CampaignRow, NumberStore } from "../store/index.ts";
import { budgetWords, readBudget } from "./budget.ts";

/** Sends one message from this process, with the worker's own claim, pace and record. */
export interface TestSender {
  /** Sends it if it is due; resolves when it has its outcome, or has to wait. */
  sendDue(campaign: string): Promise<void>;
  stop(): Promise<void>;
}

export interface TestWait {
  readonly id: string;
  readonly store: NumberStore;
  /** Null: a running worker sends it. */
  readonly sender: TestSender | null;
  /** `answer`: until the API has answered; `report`: until WhatsApp has reported, too. */
  readonly waitFor: "answer" | "report";
  readonly withinMs: number;
  /** Ends the message for good, if it is not sent. */
  readonly cancel: () => Promise<unknown>;
  /** The person stops waiting. */
  readonly signal?: AbortSignal;
  /** Reads from Redis; may ask again through an outage. Default: asks once. */
  readonly ask?: <T>(read: () => Promise<T>) => Promise<T>;
  /** Told each state but `pending`, once. */
  readonly tell?: (id: string, state: State) => void;
}

/** What is known of a test message when the wait for it ends. */
export interface SettledTest {
  readonly row: CampaignRow;
  /**
   * `settled`: it has the outcome that was waited for. `no_webhooks`: no process receives
   * webhooks, so none will come in. `late`: it took too long. `detached`: the person stopped
   * waiting.
   */
  readonly end: "settled" | "no_webhooks" | "late" | "detached";
  /** Why it was not sent, and will not be; null if it was, or may have been. */
  readonly notSent: { readonly words: string; readonly code: number } | null;
}

const LOOK_EVERY_MS = 100;

/** States in which nothing more is expected: `read` may follow `delivered`, but says no more. */
const FINAL: ReadonlySet<State> = new Set([
  ...(["delivered", "read", "failed", "suppressed", "cancelled", "expired"] as const),
]);

/** States that only a webhook, or a person, ends. */
const WITH_API: ReadonlySet<State> = new Set(["accepted", "sent", "unknown"] as const);

/**
 * Sends a test message from this process, and waits for its outcome. One that is still not sent
 * when the wait ends is cancelled: nothing goes out when its person no longer looks. One on the
 * wire is waited for, or it would become unknown. If Redis fails meanwhile, it is cancelled as far
 * as Redis allows, and the failure is thrown.
 */
export async function settleTest(input: TestWait): Promise<SettledTest> {
  try {
    return await untilSettled(input);
  } catch (error) {
    // Cancelling stops only what is pending: a message on the wire keeps its outcome.
    await input.cancel().catch(() => {});
    throw error;
  }
}

async function untilSettled(input: TestWait): Promise<SettledTest> {
  const { id, sender, signal = NEVER } = input;
  const until = performance.now() + input.withinMs;
  const webhooks = await input.store.presence("webhooks");
  const send = createSending(sender, id);
  let told: State = "pending";
  let end: SettledTest["end"] | null = null;
  while (end === null) {
    const seen = await look(input);
    const { state } = seen.row;
    if (state !== told) input.tell?.(id, state);
    told = state;
    if (isSettled(seen, input.waitFor)) end = "settled";
    else if (WITH_API.has(state) && !webhooks.isLive) end = "no_webhooks";
    else if (signal.aborted) end = "detached";
    else if (performance.now() >= until) end = "late";
    else {
      if (state === "pending") send();
      await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => {});
    }
  }
  await sender?.stop();
  return { ...(await endTest(input)), end };
}

const NEVER = new AbortController().signal;

interface Seen {
  readonly row: CampaignRow;
  readonly campaign: Campaign;
}

function isSettled({ row, campaign }: Seen, waitFor: TestWait["waitFor"]): boolean {
  if (FINAL.has(row.state)) return true;
  if (row.state === "pending") return campaign.status !== "running";
  return waitFor === "answer" && WITH_API.has(row.state);
}

/** Starts one try at a time. */
function createSending(sender: TestSender | null, id: string): () => void {
  let isSending = false;
  return () => {
    if (sender === null || isSending) return;
    isSending = true;
    // The state is read from the ledger. If Redis did not answer, it is tried again.
    const ended = (): void => {
      isSending = false;
    };
    sender.sendDue(id).then(ended, ended);
  };
}

function look({ id, store, ask = askOnce }: TestWait): Promise<Seen> {
  return ask(async () => {
    const [row, campaign] = await Promise.all([store.rows.one(id, 1), store.campaigns.find(id)]);
    if (row === undefined || campaign === undefined) throw new Error(`${id} is gone.`);
    return { row, campaign };
  });
}

function askOnce<T>(read: () => Promise<T>): Promise<T> {
  return read();
}

/** Lets no message go out later, and says why it was not sent. */
async function endTest(input: TestWait): Promise<Pick<SettledTest, "row" | "notSent">> {
  const last = await look(input);
  if (last.row.state !== "pending") return { row: last.row, notSent: null };
  const notSent = await whyNotSent(input, last);
  await input.cancel();
  const { row } = await look(input);
  // A worker may have claimed it just before.
  return { row, notSent: row.state === "cancelled" ? notSent : null };
}

async function whyNotSent(
  { id, store, withinMs }: TestWait,
  { row, campaign: { status, reason } }: Seen,
): Promise<NonNullable<SettledTest["notSent"]>> {
  if (status === "paused") {
    return { words: describePause(reason).words, code: pauseCode(reason) };
  }
  return { words: await whyItWaits(store, { id, row, withinMs }), code: 0 };
}

async function whyItWaits(
  store: NumberStore,
  { id, row, withinMs }: { id: string; row: CampaignRow; withinMs: number },
): Promise<string> {
  const pace = await store.pace.read();
  if (pace.holdUntilMs !== null) return `The number ${backoffWords(pace)}.`;
  const [waits] = await store.waiting(id);
  if (waits !== undefined) {
    const { campaign, campaignRow, state } = waits;
    return `It waits for row ${campaignRow} of ${campaign}, to the same person, which is ${state}.`;
  }
  const budget = await readBudget(store);
  if (budget !== null && budget.nextAtMs !== null) {
    const until = dateTime(budget.nextAtMs);
    return `Portfolio ${budget.name} is full until ${until}: ${budgetWords(budget)}.`;
  }
  const perSecond = pace.ratePerSecond ?? pace.configured?.lowest ?? Number.POSITIVE_INFINITY;
  if (perSecond * (withinMs / 1_000) < 2) {
    return `The number sends only ${rate(perSecond)}, so others were first.`;
  }
  const name = reasonName(row.value.reason);
  return name === undefined ? NO_CLAIM : describeReason(name);
}

const NO_CLAIM = "No worker took it, or its number is busy.";
