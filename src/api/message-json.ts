import { describeCode } from "../core/error-codes.ts";
import { describeFailure } from "../core/failure.ts";
import { isoTime } from "../core/format.ts";
import { maskPhone } from "../core/recipient.ts";
import type { CampaignRow } from "../store/index.ts";

/** One row of the list without personal data: a wamid contains the phone number. */
export function messageJson({ row, state, value, phone }: CampaignRow) {
  const { code } = value;
  const times = Object.entries(value.times).map(([name, at]) => [name, isoTime(at)]);
  return {
    row,
    state,
    to: phone === "" ? null : maskPhone(phone),
    attempt: value.attempt,
    code: code === 0 ? null : code,
    title:
      state === "failed"
        ? describeFailure(value).title
        : code === 0
          ? null
          : describeCode(code).title,
    times: Object.fromEntries(times) as Record<string, string>,
  };
}
