import { describeCode } from "../core/error-codes.ts";
import { count, isoTime } from "../core/format.ts";
import type { FurtherTries } from "../store/index.ts";

const NTH = ["first", "second", "third", "fourth", "fifth", "sixth"];

/** `12 wait for their second try (131049)`; the caller adds when the first is due. */
export function furtherTriesWords({ code, nth, count: messages }: FurtherTries): string {
  const [wait, their] = messages === 1 ? ["waits", "its"] : ["wait", "their"];
  return `${count(messages)} ${wait} for ${their} ${NTH[nth - 1] ?? `${nth}th`} try (${code})`;
}

export function furtherTriesJson(tries: readonly FurtherTries[]) {
  return tries.map(({ code, nth, count: messages, firstAt }) => ({
    ...{ code, title: describeCode(code).title, try: nth, count: messages },
    firstAt: isoTime(firstAt),
  }));
}
