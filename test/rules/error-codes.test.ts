import { expect, it } from "vitest";
import {
  ERROR_CODES,
  type ErrorClass,
  HTTP_ANSWERS,
  type RetryRule,
  retryOf,
} from "../../src/core/error-codes.ts";

/** What a person reads about each class. */
const CLASSES: Record<ErrorClass, string> = {
  slow: "Not sent: too fast. All workers back off, then continue at a lower rate.",
  pair: "Not sent: too many messages to this recipient. Only this message waits for a retry.",
  later: "Not sent: the number is busy. It backs off for some minutes, then continues.",
  account: "Not sent. The number is suspended and its campaigns pause until one is resumed.",
  restricted: "Not sent. WhatsApp restricts the number: its campaigns pause.",
  template:
    "Not sent. All running campaigns with this template in this language pause: none of their messages could be sent.",
  message: "Failed: this message is wrong. Never sent again automatically.",
  recipient: "Failed: this recipient cannot get it. Never sent again automatically.",
  optout: "Failed, and the recipient is suppressed.",
  ambiguous: "Unknown: it may have been sent, so it is never sent again automatically.",
};

/** What a person reads about a retry of a failed message. */
const RETRY: Record<RetryRule, string> = {
  later: "may help",
  after_cause: "once the cause is fixed",
  after_day: "after 24 hours",
  in_vain: "fails again",
  never: "refused",
  not_known: "check first",
};

it("docs/error-codes.md says what the table says (renew it with `vitest -u`)", async () => {
  await expect(render()).toMatchFileSnapshot("../../docs/error-codes.md");
});

function render(): string {
  const classes = Object.entries(CLASSES).map(([name, words]) => `| \`${name}\` | ${words} |`);
  return [
    "# Error codes",
    "",
    "What Dropcast does about each error code of the WhatsApp API, and what you can do. A code means",
    "the same in the API's answer and in a later status webhook. In a 5xx answer, only 3, 131045,",
    "131057 and 133000 prove that nothing was sent: with any other code the message is unknown. The",
    "last column says whether `dropcast retry` can help a message that failed with the code.",
    "",
    "| class | what Dropcast does |",
    "|---|---|",
    ...classes,
    "",
    "## WhatsApp codes",
    "",
    ...table("code", ERROR_CODES),
    "",
    "For any other code, the HTTP status decides, as below; reports show the code itself.",
    "",
    "## Answers without a known code",
    "",
    "The HTTP status decides, and is shown as the code. The first matching row counts. An answer that",
    "names a message or cannot be read is unknown, whatever its status. A complete 2xx means accepted,",
    "with or without a message id, if its body is empty or a JSON object that reports no error;",
    "otherwise the message is unknown.",
    "",
    ...table("HTTP", HTTP_ANSWERS),
    "",
  ].join("\n");
}

function table(head: string, rows: typeof ERROR_CODES): string[] {
  return [
    `| ${head} | meaning | class | what to do | \`retry\` |`,
    "|---|---|---|---|---|",
    ...rows.map((row) => {
      const codes = row.last === undefined ? `${row.code}` : `${row.code}-${row.last}`;
      const retry = RETRY[retryOf(row)];
      return `| ${codes} | ${row.title} | \`${row.class}\` | ${row.advice} | ${retry} |`;
    }),
  ];
}
