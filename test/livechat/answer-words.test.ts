import { describe, expect, it } from "vitest";
import { classify } from "../../src/livechat/classify.ts";

/**
 * The words and names by which an answer is read, each by itself. A word that is no longer known
 * would turn up in no other test, and a message would go out twice, or count as sent without proof.
 */

function kindOf(status: number, body: object): string {
  const outcome = classify({
    stage: "after_request",
    complete: true,
    error: null,
    status,
    headers: { "content-length": "1", "content-type": "application/json" },
    body: JSON.stringify(body),
    nowMs: 0,
  });
  return outcome.kind === "unknown" ? outcome.reason : outcome.kind;
}

/** The words for which the answer is not `expected`, with what it is. */
function others(
  words: readonly string[],
  answer: (word: string) => readonly [status: number, body: object],
  expected: string,
): string[] {
  return words.flatMap((word) => {
    const kind = kindOf(...answer(word));
    return kind === expected ? [] : [`${word}: ${kind}`];
  });
}

const list = (text: string) => text.trim().split(/\s+/);

const DONE = list(`accepted queued enqueued scheduled submitted sent delivered dispatched posted
  published transmitted forwarded success successful successfully succeeded`);

const TAKEN = list(`ok okay true yes y received created processed processing pending done complete
  completed finished new read seen ready waiting started initiated active held buffered stored
  approved confirmed valid validated ack acknowledged passed running sending delivering queueing
  queuing progress enroute`);

const NEGATIONS = list(`not no never cannot cant couldnt wasnt isnt arent werent hasnt havent didnt
  doesnt dont wont wouldnt unable fail fails failed failing failure failures without neither nor
  nobody nothing none ko nok non can't couldn't wasn’t isn't didn’t won't`);

const FAILURES = list(`err error errors errored exception exceptions fault faults problem problems
  reject rejects rejection refuse refuses refusal deny denied denies decline declines expired expires
  cancel canceled cancelled aborted abort blocked banned bounced dropped discarded ignored skipped
  suppressed limit limits limited exceeded exceeds exhausted overloaded quota timeout timedout timed
  unavailable unauthorized unauthorised unauthenticated unprocessable unsupported unknown unexpected
  unreachable unregistered unverified forbidden disabled suspended terminated missing malformed bad
  wrong incorrect incomplete inactive insufficient conflict duplicate duplicated stopped halted
  crashed down maintenance nack partial partially restricted restriction restrictions prohibited
  violation violates busy overload lost killed revoked removed deleted dead denylisted blacklisted
  sorry unfortunately oops outage retry again rejected refused declined throttled ratelimited notok
  invalid unprocessed unaccepted unqueued unsent undelivered undeliverable unsuccessful`);

describe("a word that a message was taken", () => {
  it("makes a refusal unknown: as a state, in a label, in a sentence, as a yes", () => {
    for (const answer of [
      (word: string) => [429, { status: word }] as const,
      (word: string) => [429, { state: `message_${word}` }] as const,
      (word: string) => [429, { event: `message.${word}` }] as const,
      (word: string) => [429, { message: `Your template: ${word}!` }] as const,
      (word: string) => [429, { success: `${word} today` }] as const,
    ]) {
      expect(others(DONE, answer, "answer_contradicts")).toEqual([]);
    }
  });

  it("is accepted as a state on a 2xx, and makes a refusal unknown, though a sentence may use it otherwise", () => {
    expect(others([...DONE, ...TAKEN], (word) => [200, { status: word }], "accepted")).toEqual([]);
    expect(others(TAKEN, (word) => [422, { result: word }], "answer_contradicts")).toEqual([]);
    expect(others(TAKEN, (word) => [422, { sent: `${word} today` }], "answer_contradicts")).toEqual(
      [],
    );
    const phrases = list("200_OK 201_Created 202_Accepted 204_done");
    expect(others(phrases, (word) => [200, { status: word }], "accepted")).toEqual([]);
  });

  it("means less with another word beside it that is not known", () => {
    expect(others(DONE, (word) => [200, { status: `${word} gremlins` }], "answer_unclear")).toEqual(
      [],
    );
  });
});

describe("a word that something failed", () => {
  it("turns a yes beside it into a no", () => {
    const words = [...NEGATIONS, ...FAILURES];

    for (const answer of [
      (word: string) => [200, { status: `accepted ${word}` }] as const,
      (word: string) => [200, { message: `Accepted: ${word}` }] as const,
      (word: string) => [200, { event: `accepted.${word}` }] as const,
      (word: string) => [200, { accepted: `ok, ${word}` }] as const,
    ]) {
      expect(others(words, answer, "answer_contradicts")).toEqual([]);
    }
  });

  it("is a no as a state of its own, and leaves a refusal as it is", () => {
    const words = [...NEGATIONS, ...FAILURES];

    expect(others(words, (word) => [200, { status: word }], "answer_contradicts")).toEqual([]);
    expect(others(words, (word) => [429, { status: word }], "slow")).toEqual([]);
  });

  it("may be about something else if the answer has an id, and is not if it is about sending", () => {
    const other = (word: string) => [200, { id: "x", message: `Your visit: ${word}` }] as const;
    expect(others(["failed", "cancelled", "expired"], other, "accepted")).toEqual([]);

    const sending = list(`send sending queue enqueue accept accepting deliver delivery process
      processed processing submit schedule dispatch transmit forward`);
    const denied = (word: string) => [200, { id: "x", message: `No ${word} today` }] as const;
    expect(others(sending, denied, "answer_contradicts")).toEqual([]);
    expect(
      others(
        list("rejected refused declined throttled notsent undelivered unprocessed invalid"),
        (word) => [200, { id: "x", message: `It is ${word}` }],
        "answer_contradicts",
      ),
    ).toEqual([]);
    expect(
      others(
        [
          "Too many of them",
          "limit exceeded",
          "limits exceeded",
          "quota was hit",
          "quotas reached",
          "limit has been reached",
        ],
        (message) => [200, { id: "x", message }],
        "answer_contradicts",
      ),
    ).toEqual([]);
  });
});

describe("a sentence", () => {
  it("with a condition in it says neither", () => {
    const conditions = list(`must should only if unless until before can could may might need needs
      required requires many when which`);

    expect(
      others(conditions, (word) => [200, { message: `Those ${word} sent` }], "answer_unclear"),
    ).toEqual([]);
  });

  it("that a message was taken before, or is still tried, makes a refusal unknown", () => {
    const before = ["already", "was", "were", "been"].flatMap((was) =>
      list("accepted queued enqueued scheduled submitted sent delivered").map(
        (done) => `A duplicate: it ${was} ${done}`,
      ),
    );
    const later = list("retry retried resent redelivered").map((word) => `It will be ${word}`);
    later.push("It will retry", "It will be automatically resent");

    for (const message of [...before, ...later]) {
      expect(kindOf(429, { message }), message).toBe("answer_contradicts");
      expect(kindOf(200, { message }), message).toBe("answer_unclear");
    }
  });
});

describe("the value of a yes-or-no member", () => {
  it("is a no or a yes in any of the words for it", () => {
    const no = list("false f no n off 0 none nil null undefined never not NO Off FALSE");
    const yes = list("true t yes y on 1 YES On 2026-11-29 2026-11-29T17:00:00Z");

    expect(others(no, (word) => [429, { success: word }], "slow")).toEqual([]);
    expect(others(no, (word) => [200, { success: word }], "answer_contradicts")).toEqual([]);
    expect(others(yes, (word) => [200, { success: word }], "accepted")).toEqual([]);
    expect(others(yes, (word) => [429, { success: word }], "answer_contradicts")).toEqual([]);
  });

  it("is neither if it is in no list", () => {
    expect(kindOf(200, { success: "vielleicht" })).toBe("answer_unclear");
    expect(kindOf(429, { success: "vielleicht" })).toBe("answer_contradicts");
  });

  it("of an error says in these words that there was none", () => {
    const none = ["0", "false", "F", "no", "n", "off", "none", "nil", "null", "undefined"];
    none.push("N/A", "ok", "okay", "success", "Successful", "no error", "No errors");

    expect(others(none, (word) => [200, { id: "x", error: word }], "accepted")).toEqual([]);
    expect(others(none, (word) => [200, { id: "x", failed: word }], "accepted")).toEqual([]);
  });
});

const ABOUT = list(`is was were has have been be are all any num total message messages msg msgs
  request send sending delivery template api recipient contact phone number job whatsapp`);
const COUNTED = list(`message messages msg msgs count total flag yet recipient recipients contact
  contacts number numbers item items`);
const DONE_NAMES = list(`success successes successful successfully succeeded ok okay accepted queued
  enqueued sent delivered scheduled submitted dispatched posted published transmitted forwarded
  confirmed acknowledged`);

describe("a member named for what was done", () => {
  const names = [
    ...DONE_NAMES,
    ...ABOUT.map((about) => `${about}_sent`),
    ...COUNTED.map((counted) => `sent_${counted}`),
  ];

  it("makes a refusal unknown if it is true, and is never accepted if it is not", () => {
    expect(others(names, (name) => [429, { [name]: true }], "answer_contradicts")).toEqual([]);
    for (const no of [false, 0, -1, null, "", [], {}]) {
      const answer = (name: string) => [200, { [name]: no }] as const;
      expect(others(names, answer, "answer_contradicts")).toEqual([]);
    }
  });

  it("means the opposite behind a negation", () => {
    const undone = ["not", "never", "non", "un", "notbeen", "not_been_"]
      .flatMap((not) => DONE_NAMES.map((name) => `${not}${name}`))
      .concat(list("failed rejected refused denied declined is_failed messages_rejected_count"));

    for (const yes of [true, 1, "1", "yes", { to: "x" }]) {
      const answer = (name: string) => [200, { [name]: yes }] as const;
      expect(others(undone, answer, "answer_contradicts")).toEqual([]);
    }
    for (const no of [false, 0, "0", "no", "none"]) {
      const answer = (name: string) => [429, { [name]: no }] as const;
      expect(others(undone, answer, "answer_contradicts")).toEqual([]);
    }
    for (const nothing of [null, "", [], {}]) {
      expect(others(undone, (name) => [429, { [name]: nothing }], "slow")).toEqual([]);
      expect(others(undone, (name) => [200, { [name]: nothing }], "accepted")).toEqual([]);
    }
  });
});

describe("a member named for", () => {
  it("a condition says no if it is not met, and nothing if it is", () => {
    const names = list(`valid allowed permitted eligible reachable verified authorised authorized
      authenticated connected enabled active available exists found is_valid recipient_reachable`);

    expect(others(names, (name) => [200, { [name]: false }], "answer_contradicts")).toEqual([]);
    expect(others(names, (name) => [200, { [name]: "perhaps" }], "answer_contradicts")).toEqual([]);
    expect(others(names, (name) => [429, { [name]: true }], "slow")).toEqual([]);
    expect(others(names, (name) => [200, { [name]: [{ to: "x" }] }], "accepted")).toEqual([]);
  });

  it("a step says no if it did not happen, and yes if it did, but not by a time or an odd text", () => {
    const names = list(`received created processed handled executed complete completed finished done
      is_done request_received`);

    expect(others(names, (name) => [200, { [name]: false }], "answer_contradicts")).toEqual([]);
    expect(others(names, (name) => [429, { [name]: true }], "answer_contradicts")).toEqual([]);
    expect(others(names, (name) => [429, { [name]: 1_727_862_637 }], "slow")).toEqual([]);
    expect(others(names, (name) => [200, { [name]: "number" }], "answer_contradicts")).toEqual([]);
    expect(others(names, (name) => [200, { [name]: null }], "accepted")).toEqual([]);
  });

  it("a hindrance or an error says no unless it is empty, zero or none", () => {
    const names = list(`invalid blocked bounced dropped discarded skipped ignored suppressed
      throttled limited rate_limited exceeded limit_exceeded quota_reached reached expired aborted
      canceled cancelled undeliverable banned forbidden unavailable timedout timeout missing duplicate
      dry_run test_mode simulated retry retryable should_retry retry_after retry_after_seconds
      retry_in_ms err error errors exception exceptions fault failure fail rejection refusal
      problem issue issues violation violations
      last_error api_error whatsapp_error validation_errors error_code error_message error_details
      error_type error_title error_text error_reason errno errmsg error_count errors_list`);

    for (const yes of [1, "x", { to: "x" }]) {
      const answer = (name: string) => [200, { [name]: yes }] as const;
      expect(others(names, answer, "answer_contradicts")).toEqual([]);
    }
    for (const none of [0, null, false, "", [], {}, "none"]) {
      expect(others(names, (name) => [429, { [name]: none }], "slow")).toEqual([]);
      expect(others(names, (name) => [200, { [name]: none }], "accepted")).toEqual([]);
    }
    const both = (name: string) => [429, { [name]: "It was queued" }] as const;
    expect(others(names, both, "answer_contradicts")).toEqual([]);
  });

  it("a code says no, yes or nothing by its number", () => {
    const names = list(`status_code http_code http_status response_code result_code return_code
      ret_code reply_code http_status_code`);

    for (const no of [1, 199, 300, 429, "503", -1, false, "NOT_SENT"]) {
      const answer = (name: string) => [200, { [name]: no }] as const;
      expect(others([...names, "code"], answer, "answer_contradicts")).toEqual([]);
    }
    for (const yes of [200, 202, "201", 299]) {
      expect(others(names, (name) => [429, { [name]: yes }], "answer_contradicts")).toEqual([]);
      expect(kindOf(429, { code: yes })).not.toBe("answer_contradicts");
      expect(kindOf(200, { code: yes })).toBe("accepted");
    }
    for (const nothing of [0, "0", null, "", [], true, { a: 1 }]) {
      const answer = (name: string) => [200, { [name]: nothing }] as const;
      expect(others([...names, "code"], answer, "accepted")).toEqual([]);
    }
  });

  it("a state says no, yes or either by its value", () => {
    const names = list(`status statuses state result outcome disposition verdict decision
      delivery_status current_state overall_result final_outcome response_status processing_state
      status_text state_name result_value message_status`);

    for (const no of [0, 2, 199, 300, "429", -1, false]) {
      const answer = (name: string) => [200, { [name]: no }] as const;
      expect(others(names, answer, "answer_contradicts")).toEqual([]);
      expect(
        others(
          names.filter((name) => name !== "message_status"),
          (name) => [429, { [name]: no }],
          "slow",
        ),
      ).toEqual([]);
    }
    for (const yes of [200, "202", 299, true]) {
      expect(others(names, (name) => [200, { [name]: yes }], "accepted")).toEqual([]);
      expect(others(names, (name) => [429, { [name]: yes }], "answer_contradicts")).toEqual([]);
    }
    expect(others(names, (name) => [200, { [name]: 1 }], "answer_unclear")).toEqual([]);
    expect(others(names, (name) => [429, { [name]: 1 }], "answer_contradicts")).toEqual([]);
    for (const nothing of ["", null]) {
      expect(others(names, (name) => [200, { [name]: nothing }], "accepted")).toEqual([]);
    }
    // WhatsApp's own word for a message that it holds back.
    expect(kindOf(200, { message_status: "paused" })).toBe("accepted");
    expect(kindOf(200, { status: "paused" })).toBe("answer_contradicts");
    expect(kindOf(200, { message_status: "stalled" })).toBe("answer_contradicts");
  });

  it("a label or a text for people is read as one", () => {
    const labels = list(`type kind event level severity class action object message_type event_name
      event_type`);
    const texts = list(`message messages msg details detail title description desc reason info
      information note notes explanation cause hint summary comment comments remark remarks response
      reply answer data user_message developer_message server_message status_message
      response_message long_description short_desc display_message full_message human_readable_message
      friendly_message additional_info more_info extra_info system_message dev_message state_message
      result_message`);

    const failed = (name: string) => [200, { [name]: "Not sent" }] as const;
    expect(others([...labels, ...texts], failed, "answer_contradicts")).toEqual([]);
    const sent = (name: string) => [429, { [name]: "Sent" }] as const;
    expect(others([...labels, ...texts], sent, "answer_contradicts")).toEqual([]);
    const unread = (name: string) => [200, { [name]: "Guten Tag" }] as const;
    expect(others(texts, unread, "answer_unclear")).toEqual([]);
    expect(others(labels, unread, "accepted")).toEqual([]);
  });
});
