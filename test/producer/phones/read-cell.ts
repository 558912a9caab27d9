import { createPhoneReader } from "../../../src/producer/phones/phone-reader.ts";

/** Digits, or the code of what is wrong. */
export const digits = (cell: string, country: string | null = null): string => {
  const verdict = createPhoneReader(country)(cell);
  return verdict.ok ? verdict.digits : verdict.code;
};
