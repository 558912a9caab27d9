import type { SendOutcome } from "../livechat/client.ts";
import type { AttemptRecord } from "../store/index.ts";

/**
 * What measures and traces sending. It is told of each step, in this order; it changes nothing,
 * waits for nothing and never throws ({@link neverThrowing}).
 */
export interface SendObserver {
  /** A claim for messages of a campaign is asked for. */
  claiming(campaign: string): ClaimObserver;
  /** Outcomes are being recorded; call the result when Redis has confirmed them. */
  recording(campaign: string, records: readonly AttemptRecord[]): () => void;
}

interface ClaimObserver {
  /** Redis answered: so many messages may go. */
  granted(messages: number): void;
  /** A frequency cap keeps so many messages back. */
  capped(messages: number): void;
  /** Redis did not answer in time. */
  unanswered(): void;
  /** A granted message waits for its send time. Call it after `granted`. */
  sending(row: number, attempt: number): SendingObserver;
}

export interface SendingObserver {
  /** Its send time has come, and the POST begins. */
  posting(): void;
  /** The HTTP status of the answer, if one came. */
  answered(httpStatus: number): void;
  /** `aborted`: nothing was sent, and the message gets another send time. */
  ended(outcome: SendOutcome): void;
}

const NOTHING = (): void => {};
const UNOBSERVED_SENDING: SendingObserver = { posting: NOTHING, answered: NOTHING, ended: NOTHING };
const UNOBSERVED_CLAIM: ClaimObserver = {
  granted: NOTHING,
  capped: NOTHING,
  unanswered: NOTHING,
  sending: () => UNOBSERVED_SENDING,
};

/** Nothing is measured. */
export const UNOBSERVED: SendObserver = {
  claiming: () => UNOBSERVED_CLAIM,
  recording: () => NOTHING,
};

/** The same observer, which keeps the promise never to throw even if its own code does. */
export function neverThrowing(
  observer: SendObserver,
  sparing: <T>(act: () => T) => T | undefined,
): SendObserver {
  return {
    claiming(campaign) {
      const claim = sparing(() => observer.claiming(campaign)) ?? UNOBSERVED_CLAIM;
      // Most observers have one for all messages of a claim.
      let known: SendingObserver | undefined;
      let spared = UNOBSERVED_SENDING;
      return {
        granted: (messages) => sparing(() => claim.granted(messages)),
        capped: (messages) => sparing(() => claim.capped(messages)),
        unanswered: () => sparing(() => claim.unanswered()),
        sending(row, attempt) {
          const sending = sparing(() => claim.sending(row, attempt)) ?? UNOBSERVED_SENDING;
          if (sending !== known) {
            known = sending;
            spared = {
              posting: () => sparing(() => sending.posting()),
              answered: (httpStatus) => sparing(() => sending.answered(httpStatus)),
              ended: (outcome) => sparing(() => sending.ended(outcome)),
            };
          }
          return spared;
        },
      };
    },
    recording(campaign, records) {
      const recorded = sparing(() => observer.recording(campaign, records)) ?? NOTHING;
      return () => sparing(recorded);
    },
  };
}

/** Tells two. */
export function observedByBoth(one: SendObserver, other: SendObserver): SendObserver {
  return {
    claiming(campaign) {
      const [a, b] = [one.claiming(campaign), other.claiming(campaign)];
      return {
        granted: both(a.granted, b.granted),
        capped: both(a.capped, b.capped),
        unanswered: both(a.unanswered, b.unanswered),
        sending(row, attempt) {
          const [first, second] = [a.sending(row, attempt), b.sending(row, attempt)];
          return {
            posting: both(first.posting, second.posting),
            answered: both(first.answered, second.answered),
            ended: both(first.ended, second.ended),
          };
        },
      };
    },
    recording: (campaign, records) =>
      both(one.recording(campaign, records), other.recording(campaign, records)),
  };
}

function both<Args extends unknown[]>(
  one: (...args: Args) => void,
  other: (...args: Args) => void,
): (...args: Args) => void {
  return (...args) => {
    one(...args);
    other(...args);
  };
}
