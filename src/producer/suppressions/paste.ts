import { type RejectCode, rejectReason } from "../../core/reject.ts";
import { createPhoneReader } from "../phones/phone-reader.ts";

/** What could not be read of a pasted text. It never repeats what was pasted. */
interface RejectedLine {
  readonly line: number;
  readonly code: RejectCode;
  readonly reason: string;
}

interface PastedPhones {
  /** Digits, each once, in the order of the text. */
  readonly phones: readonly string[];
  readonly rejected: readonly RejectedLine[];
}

/** Fewer digits are not a phone, but a word beside one. */
const DIGITS_MIN = 3;

/**
 * Reads phones as people paste them: one or several a line, in any spelling, with words beside
 * them. `country`: of those without a country code. A line without any phone is rejected, and so is
 * each part that may be one but cannot be read.
 */
export function readPasted(text: string, country: string | null): PastedPhones {
  const readPhone = createPhoneReader(country);
  const phones = new Set<string>();
  const rejected: RejectedLine[] = [];
  for (const [at, content] of text.split(/\r\n|\n|\r/).entries()) {
    const parts = content.split(/[,;\t]/).map((part) => part.trim());
    const given = parts.filter((part) => part !== "");
    let found = 0;
    const unread: { readonly code: RejectCode; readonly about?: string; isLost: boolean }[] = [];
    for (const part of given) {
      const phone = readPhone(part);
      if (phone.ok) {
        phones.add(phone.digits);
        found++;
      } else {
        const { ok: _, ...why } = phone;
        unread.push({ ...why, isLost: part.replace(/\P{Nd}+/gu, "").length >= DIGITS_MIN });
      }
    }
    const lost = unread.filter(({ isLost }) => isLost);
    for (const { code, about } of found === 0 && lost.length === 0 ? unread.slice(0, 1) : lost) {
      rejected.push({ line: at + 1, code, reason: rejectReason(code, "phone", about) });
    }
  }
  return { phones: [...phones], rejected };
}
