import { createHash } from "node:crypto";
import { type Result, refuse } from "../../core/refusal.ts";

/** A digest of texts in their order; two different sets of texts never give the same one. */
export function fingerprintOf(parts: readonly string[]): string {
  // Each with its length: "ab", "c" is not "a", "bc".
  const named = parts.map((part) => `${Buffer.byteLength(part)}:${part}`).join();
  return createHash("sha256").update(named).digest("hex");
}

/** The list is not the one that a person was shown and said yes to. */
export function refuseOtherList(file: string): Result<never> {
  return refuse(
    "list_changed",
    `${file} or its campaign file was changed after it was shown. Nothing was sent.`,
    "Give the command again, and look at it as it is now.",
  );
}
