import { setTimeout as sleep } from "node:timers/promises";
import type { TestSender } from "../app/test-sender.ts";
import { budgetWords, readBudget } from "../campaigns/budget.ts";
import { dateTime, rate } from "../core/format.ts";
import type { State } from "../core/message.ts";
import { describePause } from "../core/pause-reason.ts";
import { describeReason, reasonName } from "../core/reasons.ts";
import type { CampaignRow, NumberStore } from "../store/index.ts";
import { backoffWords } from "./describe.ts";
import { askThrough, DETACHED, type Reachable } from "./outage.ts";

/** What is known of a test message when its command ends. */
export interface FollowedTest {
  readonly row: CampaignRow;
  /**
   * `settled`: it has its outcome. `no_webhooks`: no process receives webhooks, so none will come
   * in. `late`: it took too long. `detached`: the person stopped waiting.
   */
  readonly end: "settled" | "no_webhooks" | "late" | "detached";
  /** Why it was not sent; null if it was, or may have been. */
  readonly notSent: { readonly words: string; readonly code: number } | null;
}

/** WhatsApp reports within seconds; a phone that is switched off may take days. */
const WAIT_MS = 60_000;
const LOOK_EVERY_MS = 200;

/** States in which nothing more is expected: `read` may follow `delivered`, but says no more. */
const FINAL: ReadonlySet<State> = new Set([
  ...(["delivered", "read", "failed", "suppressed", "cancelled", "expired"] as const),
]);

/** States that only a webhook, or a person, ends. */
const WITH_API: ReadonlySet<State> = new Set(["accepted", "sent", "unknown"] as const);

interface FollowInput {
  readonly id: string;
  readonly store: NumberStore;
  readonly platform: Reachable;
  /** Null: a running worker sends it. */
  readonly sender: TestSender | null;
  readonly signal: AbortSignal;
  /** Ends the message for good, if it is not sent. */
  readonly cancel: () => Promise<unknown>;
  /** Tells a person each state as it comes. */
  readonly tell: (line: string) => void;
}

/**
 * Sends the message from this process, and waits for its outcome. One that is still not sent when
 * the wait ends is cancelled: nothing goes out when its person no longer looks. One on the wire is
 * waited for, or it would become unknown.
 */
export async function followTest(input: FollowInput): Promise<FollowedTest> {
  const { id, store, sender, signal } = input;
  const until = Date.now() + WAIT_MS;
  const webhooks = await store.presence("webhooks");
  const send = createSending(sender, id);
  let told = "";
  let end: FollowedTest["end"] | null = null;
  while (end === null) {
    const { row, status } = await look(input);
    if (row.state !== told && row.state !== "pending") input.tell(`${id}: ${row.state}`);
    told = row.state;
    if (FINAL.has(row.state)) end = "settled";
    else if (WITH_API.has(row.state) && !webhooks.isLive) end = "no_webhooks";
    else if (signal.aborted) end = "detached";
    else if (Date.now() >= until) end = "late";
    else if (row.state === "pending" && status !== "running") end = "settled";
    else {
      if (row.state === "pending") send();
      await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => {});
    }
  }
  await sender?.stop();
  return { ...(await endTest(input)), end };
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

async function look({ id, store, platform, signal }: FollowInput) {
  const read = async () => {
    const [row, campaign] = await Promise.all([store.rows.one(id, 1), store.campaigns.find(id)]);
    if (row === undefined || campaign === undefined) throw new Error(`${id} is gone.`);
    return { row, status: campaign.status, reason: campaign.reason };
  };
  const seen = await askThrough(platform, read, signal);
  return seen === DETACHED ? read() : seen;
}

/** Lets no message go out later, and says why it was not sent. */
async function endTest(input: FollowInput): Promise<Pick<FollowedTest, "row" | "notSent">> {
  const last = await look(input);
  if (last.row.state !== "pending") return { row: last.row, notSent: null };
  const notSent = await whyNotSent(input, last);
  await input.cancel();
  const { row } = await look(input);
  // A worker may have claimed it just before.
  return { row, notSent: row.state === "cancelled" ? notSent : null };
}

async function whyNotSent(
  { id, store }: FollowInput,
  { row, status, reason }: Awaited<ReturnType<typeof look>>,
): Promise<{ words: string; code: number }> {
  if (status === "paused") {
    const code = Number(/:(\d+)$/.exec(reason)?.[1] ?? 0);
    return { words: describePause(reason).words, code };
  }
  const pace = await store.pace.read();
  if (pace.holdUntilMs !== null) {
    return { words: `The number ${backoffWords(pace)}.`, code: 0 };
  }
  const [waits] = await store.waiting(id);
  if (waits !== undefined) {
    const { campaign, campaignRow, state } = waits;
    const words = `It waits for row ${campaignRow} of ${campaign}, to the same person, which is ${state}.`;
    return { words, code: 0 };
  }
  const budget = await readBudget(store);
  if (budget !== null && budget.nextAtMs !== null) {
    const until = dateTime(budget.nextAtMs);
    const words = `Portfolio ${budget.name} is full until ${until}: ${budgetWords(budget)}.`;
    return { words, code: 0 };
  }
  const perSecond = pace.ratePerSecond ?? pace.configured?.lowest ?? Number.POSITIVE_INFINITY;
  if (perSecond * (WAIT_MS / 1_000) < 2) {
    return { words: `The number sends only ${rate(perSecond)}, so others were first.`, code: 0 };
  }
  const name = reasonName(row.value.reason);
  return { words: name === undefined ? NO_CLAIM : describeReason(name), code: 0 };
}

const NO_CLAIM = "No worker took it, or its number is busy.";
