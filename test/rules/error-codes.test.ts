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
  slow: "Not sent: too fast. The number is held for all workers, then goes on more slowly.",
  pair: "Not sent: too fast for this person. This message alone waits and is tried again.",
  later: "Not sent: the number is busy. It is held for some minutes, then goes on.",
  account: "Not sent. The number is halted and its campaigns pause until a person resumes one.",
  restricted: "Not sent. WhatsApp restricts the number: its campaigns pause.",
  template: "Not sent. The campaign pauses: none of its messages could be sent.",
  message: "Failed: this message is wrong. Never sent again by itself.",
  recipient: "Failed: this person cannot get it. Never sent again by itself.",
  optout: "Failed, and the person goes onto the suppression list.",
  ambiguous: "Unknown: it may have been sent, so it is never sent again by itself.",
};

/** What a person reads about a retry of a failed message. */
const RETRY: Record<RetryRule, string> = {
  later: "may help",
  after_cause: "once the cause is removed",
  after_day: "after 24 hours",
  in_vain: "in vain",
  never: "refused",
  not_known: "look first",
};

it("docs/error-codes.md says what the table says (renew it with `vitest -u`)", async () => {
  await expect(render()).toMatchFileSnapshot("../../docs/error-codes.md");
});

function render(): string {
  const classes = Object.entries(CLASSES).map(([name, words]) => `| \`${name}\` | ${words} |`);
  return [
    "# Error codes",
    "",
    "What Dropcast does about each error code of the WhatsApp API, and what you can do. A code",
    "counts the same whether the API answers with it or a status webhook brings it later. On an",
    "answer with a 5xx status only 3, 131045, 131057 and 133000 prove that nothing was sent: with",
    "any other code the message is unknown. The last column says what `dropcast retry` of a message",
    "that failed with the code would come to.",
    "",
    "| class | what Dropcast does |",
    "|---|---|",
    ...classes,
    "",
    "## WhatsApp codes",
    "",
    ...table("code", ERROR_CODES),
    "",
    "Any other code is shown as it came, and the HTTP status decides, as below.",
    "",
    "## Answers without a known code",
    "",
    "The HTTP status decides, and stands where the code would stand. The first row that fits",
    "counts. An answer that names a message, or that cannot be read, is unknown whatever its status.",
    "A complete 2xx means accepted, with or without a message id, if its body is empty or a JSON",
    "object that reports no error; else the message is unknown.",
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
