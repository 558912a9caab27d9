import type { SettledTest } from "../campaigns/settle-test.ts";
import { testCause } from "../campaigns/test-message.ts";
import { isoTime } from "../core/format.ts";
import { type Mode, modeOption } from "../core/mode.ts";
import { describeReason, reasonName } from "../core/reasons.ts";
import { maskPhone } from "../core/recipient.ts";
import { duration, modeWords, printable } from "./words.ts";

/** A test message and what is known of it. */
interface TestReport extends SettledTest {
  readonly id: string;
  readonly number: string;
  readonly mode: Mode;
  /** Digits: shown masked. */
  readonly phone: string;
  /** The row of the list whose values it has. */
  readonly listRow: number;
  /** Null: the template needs no list. */
  readonly file: string | null;
}

export function testJson(report: TestReport) {
  const { id, number, mode, phone, listRow, file, row, end, notSent } = report;
  const { code, title, advice } = testCause(report);
  const { times } = row.value;
  return {
    ...{ id, test: true, number, mode, to: maskPhone(phone), row: listRow, file },
    ...{ state: row.state, end, reason: reasonName(row.value.reason) ?? null },
    ...{ code, title: title || null, advice: advice || null, notSent: notSent?.words ?? null },
    acceptedAt: isoTime(times.accepted),
    sentAt: isoTime(times.sent),
    deliveredAt: isoTime(times.delivered),
    readAt: isoTime(times.read),
    failedAt: isoTime(times.failed),
  };
}

export function testText(report: TestReport): string {
  const { id, mode, phone, listRow, file } = report;
  const of = file === null ? "" : `, values of row ${listRow} of ${printable(file)}`;
  const head = `Test message ${id} to ${maskPhone(phone)}${of} (${modeWords(mode)}):`;
  return `${head}\n  ${outcomeWords(report)}`;
}

function outcomeWords(report: TestReport): string {
  const { row, notSent, id, mode } = report;
  const { state, value } = row;
  const { code, title, advice } = testCause(report);
  const show = `dropcast show ${id}${modeOption(mode)}`;
  const named = code === 0 ? title : `${code} ${title}`;
  if (notSent !== null) {
    const why = named === "" ? notSent.words : `${named}. ${advice}`;
    return `Not sent, and it will not be: ${why}`;
  }
  if (state === "failed") return `failed: ${named}. ${advice}`;
  if (state === "unknown") {
    const reason = reasonName(value.reason);
    const why = reason === undefined ? "" : ` ${describeReason(reason)}`;
    return (
      `unknown: it may or may not have been sent.${why} It is not sent again; what is reported ` +
      `later shows in ${show}`
    );
  }
  if (state === "suppressed") {
    return "suppressed: its person is on the suppression list, so nothing was sent.";
  }
  if (state === "cancelled" || state === "expired") return `${state}: nothing was sent.`;
  const words = SENT_WORDS[report.end].replace("SHOW", show);
  return `${state}${tookWords(report)}${words === "" ? "." : `. ${words}`}`;
}

const SENT_WORDS: Readonly<Record<SettledTest["end"], string>> = {
  settled: "",
  no_webhooks: "No process receives webhooks, so nothing more is known. Once one does, see: SHOW",
  late: "Nothing more was reported within a minute. Later: SHOW",
  detached: "You stopped waiting; what comes later is recorded. See: SHOW",
};

function tookWords({ row: { state, value } }: TestReport): string {
  const { claimed, ...times } = value.times;
  const at = state === "sending" ? undefined : times[state as keyof typeof times];
  return claimed === undefined || at === undefined ? "" : ` after ${duration(at - claimed)}`;
}
