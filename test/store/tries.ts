import { type TestStore, testPhone } from "../support/campaigns.ts";

export const DAY_MS = 24 * 3_600_000;
/** The code of a message that WhatsApp kept back: it waits a day for a further try. */
export const CAPPED = 131049;

export const fail = (bench: TestStore, wamid: string, code = CAPPED, recipient = testPhone(1)) =>
  bench.status(wamid, "failed", { code, recipient });
