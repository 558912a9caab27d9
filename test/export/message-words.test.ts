import { describe, expect, it } from "vitest";
import { STATE_NAMES, type State } from "../../src/core/message.ts";
import { REASONS } from "../../src/core/reasons.ts";
import { REJECTS } from "../../src/core/reject.ts";
import { minuteUtc } from "../../src/export/message-json.ts";
import { messageEvents } from "../../src/export/message-timeline.ts";
import { answerWords, type ToldMessage, textOf } from "../../src/export/message-words.ts";
import type { LedgerValue } from "../../src/store/ledger/ledger-value.ts";
import type { CampaignRow } from "../../src/store/ledger/row-reader.ts";

const at = (time: string) => Date.parse(`2026-11-12T${time}Z`);

type Changes = Partial<Omit<LedgerValue, "state">> &
  Partial<Pick<CampaignRow, "note" | "erased" | "unknownSince">>;

function message(
  state: State,
  changes: Changes = {},
  of: Partial<Pick<ToldMessage["campaign"], "status" | "guarantee">> = {},
): ToldMessage {
  const { status = "running", guarantee = "at-most-once" } = of;
  const { note, erased = false, unknownSince = null, ...value } = changes;
  const none = { flags: [], attempt: 0, tries: 0, code: 0, reason: 0, price: null, times: {} };
  return {
    campaign: { status, startAt: at("10:00"), guarantee },
    row: {
      ...{ row: 42, phone: "48600000042", cells: [], note, erased, state, wamid: null },
      ...{ unknownSince, value: { state, ...none, ...value } },
    },
  };
}

const sent = { accepted: at("09:13"), sent: at("09:14") };

const TABLE: readonly [ToldMessage, string][] = [
  [message("pending"), "Not sent yet: it waits for its turn."],
  [message("pending", {}, { status: "paused" }), "Not sent yet: the campaign is paused."],
  [
    message("pending", {}, { status: "scheduled" }),
    "Not sent yet: the campaign starts on 2026-11-12 10:00 UTC.",
  ],
  [
    message("pending", { attempt: 2, tries: 2, times: { due: at("09:20") } }),
    "Not sent yet, after 2 tries: the next try is due on 2026-11-12 09:20 UTC.",
  ],
  [
    message("pending", { attempt: 1, flags: ["retried"] }),
    "It failed, and is to be sent again: it waits for its turn.",
  ],
  [
    message("pending", { attempt: 1, flags: ["maybeDuplicate"] }),
    "Not known to have arrived, and to be sent again: it waits for its turn.",
  ],
  [
    message("sending", { attempt: 1, times: { claimed: at("09:14") } }),
    "It is being sent since 2026-11-12 09:14 UTC.",
  ],
  [
    message("accepted", { attempt: 1, times: { accepted: at("09:14") } }),
    "Taken by LiveChat on 2026-11-12 09:14 UTC. WhatsApp has not reported it yet: it may still arrive, or fail.",
  ],
  [
    message("accepted", { attempt: 1, flags: ["decided"] }),
    "A person decided that it was sent. WhatsApp has not confirmed it.",
  ],
  [
    message("sent", { attempt: 1, times: sent }),
    "Sent by WhatsApp on 2026-11-12 09:14 UTC. Not delivered yet: the phone may be off, or without a connection.",
  ],
  [
    message("delivered", { attempt: 1, times: { ...sent, delivered: at("09:15") } }),
    "Delivered on 2026-11-12 09:15 UTC. Not read, or the person does not show it.",
  ],
  [
    message("read", { attempt: 1, times: { delivered: at("09:14"), read: at("09:20") } }),
    "Delivered on 2026-11-12 09:14 UTC, read 2026-11-12 09:20 UTC.",
  ],
  [message("read", { attempt: 1, times: { read: at("09:20") } }), "Read on 2026-11-12 09:20 UTC."],
  [
    message("read", { attempt: 2, flags: ["maybeDuplicate"], times: { read: at("09:20") } }),
    "Read on 2026-11-12 09:20 UTC. The person may have got it twice: an earlier attempt may have arrived too.",
  ],
  [
    message("delivered", { flags: ["lateFailed"], times: { delivered: at("09:15") } }),
    "Delivered on 2026-11-12 09:15 UTC. Not read, or the person does not show it. Later WhatsApp also reported a failure of it.",
  ],
  [
    message("failed", { attempt: 1, code: 131026, times: { failed: at("09:15") } }),
    "Not delivered (131026: Message undeliverable). It failed on 2026-11-12 09:15 UTC.",
  ],
  [
    message("failed", { reason: REASONS.decided, times: { failed: at("09:15") } }),
    "A person decided that it was not sent on 2026-11-12 09:15 UTC.",
  ],
  [
    message("unknown", {
      ...{ attempt: 1, reason: REASONS.answer_timeout },
      times: { claimed: at("09:14") },
    }),
    "We do not know whether it arrived. We asked LiveChat on 2026-11-12 09:14 UTC and got no answer. We do not send it again by ourselves.",
  ],
  [
    message(
      "unknown",
      { attempt: 1, reason: REASONS.answer_timeout, unknownSince: at("09:15") },
      { guarantee: "at-least-once" },
    ),
    "We do not know whether it arrived. We asked LiveChat and got no answer. If no report comes, it is sent once more by itself.",
  ],
  [
    message("unknown", {
      ...{ attempt: 1, reason: REASONS.http_5xx, unknownSince: at("09:16") },
      times: { claimed: at("09:14") },
    }),
    "We do not know whether it arrived. We asked LiveChat on 2026-11-12 09:14 UTC. The API had a server error. We do not send it again by ourselves. It has waited for a report since 2026-11-12 09:16 UTC.",
  ],
  [message("suppressed"), "Not sent. The recipient has opted out."],
  [
    message("suppressed", { reason: REASONS.erased, erased: true }),
    "Not sent. The recipient's data was erased. The person was erased: phone number and values are gone.",
  ],
  [message("cancelled"), "Not sent: the campaign was cancelled before its turn."],
  [message("expired"), "Not sent: the end of the campaign passed before its turn."],
  [message("expired", { reason: REASONS.window_missed }), "Not sent: its hours had passed."],
  [
    message("rejected", { reason: REJECTS.phone_missing, note: "phone" }),
    'Not sent: the row was rejected, because column "phone" is empty.',
  ],
  [
    message("duplicate", { note: 7 }),
    "Not sent twice: the same phone number is in row 7 of the list.",
  ],
];

describe("the answer to what happened to a message", () => {
  it.each(TABLE)("%# is one line", (given, words) => {
    expect(textOf(answerWords(given), minuteUtc)).toBe(words);
  });

  it("is there for every state", () => {
    expect(new Set(TABLE.map(([{ row }]) => row.state))).toEqual(new Set(STATE_NAMES));
  });
});

describe("the timeline of a message", () => {
  it("has the list, the attempts of the history and the last attempt, by time", () => {
    const { row } = message("delivered", {
      attempt: 2,
      times: { claimed: at("10:00"), accepted: at("10:00"), delivered: at("10:01") },
    });
    const cause = { code: 0, reason: 0, http: 0 };
    const history = [
      { what: "failed", at: at("09:15"), attempt: 1, ...cause, code: 131049 },
      { what: "retried", at: at("09:30"), attempt: 1, ...cause },
    ] as const;
    const events = messageEvents({
      ...{ row, history },
      campaign: { file: "november.csv", createdAt: at("09:00") },
    });

    expect(events.map(({ what, attempt }) => [what, attempt])).toEqual([
      ["imported", null],
      ["failed", 1],
      ["retried", 1],
      ["claimed", 2],
      ["accepted", 2],
      ["delivered", 2],
    ]);
    expect(events[0]?.words).toBe("Imported as row 42 of november.csv");
    expect(events[1]).toMatchObject({ code: 131049, http: null });
  });

  it("says once that it is unknown, with the status of HTTP where it was kept", () => {
    const given = message("unknown", {
      ...{ attempt: 1, reason: REASONS.http_5xx, unknownSince: at("09:16") },
      times: { claimed: at("09:14") },
    });
    const campaign = { file: "l.csv", createdAt: at("09:00") };
    const kept = { what: "unknown", at: at("09:16"), attempt: 1, code: 0, http: 502 } as const;
    const history = [{ ...kept, reason: REASONS.http_5xx }];

    const [, , unknown, ...more] = messageEvents({ campaign, row: given.row, history });
    expect(unknown).toMatchObject({ what: "unknown", http: 502, reason: "http_5xx" });
    expect(more).toEqual([]);
    const [, , unnoted] = messageEvents({ campaign, row: given.row, history: [] });
    expect(unnoted).toMatchObject({ what: "unknown", http: null, reason: "http_5xx" });
  });
});

describe("the order of a timeline", () => {
  it("has one attempt after the other where all times are equal", () => {
    const time = at("09:00");
    const cause = { code: 0, reason: 0, http: 0 };
    const history = (["retried", "failed", "accepted"] as const).map((what) => ({
      ...{ what, at: time, attempt: 1, ...cause },
    }));
    const times = { claimed: time, accepted: time, delivered: time };
    const events = messageEvents({
      ...{ campaign: { file: "list.csv", createdAt: time }, history },
      row: message("delivered", { attempt: 2, times }).row,
    });

    expect(events.map(({ what, attempt }) => `${what} ${attempt ?? ""}`)).toEqual([
      ...["imported ", "accepted 1", "failed 1", "retried 1"],
      ...["claimed 2", "accepted 2", "delivered 2"],
    ]);
  });

  const whatOf = (times: LedgerValue["times"], state: State = "delivered") =>
    messageEvents({
      campaign: { file: "list.csv", createdAt: at("09:00") },
      row: message(state, { attempt: 1, times }).row,
      history: [],
    }).map(({ what }) => what);

  it("keeps the order of steps although WhatsApp gives whole seconds", () => {
    const claimed = at("09:14") + 700;
    const times = { claimed, accepted: claimed + 200, sent: at("09:14"), delivered: at("09:14") };

    expect(whatOf(times)).toEqual(["imported", "claimed", "accepted", "sent", "delivered"]);
    const failed = { claimed, accepted: claimed + 200, failed: at("09:14") };
    expect(whatOf(failed, "failed")).toEqual(["imported", "claimed", "accepted", "failed"]);
  });

  it("begins with the import, also when all of it happened in one moment", () => {
    const at9 = at("09:00");

    expect(whatOf({ claimed: at9, accepted: at9 }, "accepted")).toEqual([
      ...["imported", "claimed", "accepted"],
    ]);
  });

  it("shows a status that came long before another step where its time puts it", () => {
    const times = { claimed: at("09:14"), accepted: at("09:20"), sent: at("09:15") };

    expect(whatOf(times, "sent")).toEqual(["imported", "claimed", "sent", "accepted"]);
  });
});
