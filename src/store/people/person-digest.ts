import { hash, randomBytes } from "node:crypto";
import type { Redis } from "ioredis";
import type { Mode } from "../../core/mode.ts";
import { foldPhone } from "../../core/recipient.ts";
import { deploymentKeys } from "../keys.ts";
import { DIGEST_BYTES } from "../scripts/protocol.ts";

/** Turns a phone into the keyed digest of the person behind it. */
export type PersonDigest = (phone: string) => Buffer;

/**
 * The digest is keyed, because phones are few enough to try them all; the key is made once and kept
 * in Redis. One key for all numbers: an erased person's opt-out is a digest and nothing else, and
 * numbers that are added later have to know it too. Spellings of one person fold into one digest.
 */
export async function createPersonDigest(redis: Redis, mode: Mode = "live"): Promise<PersonDigest> {
  const key = deploymentKeys(mode).pepper;
  // Written once only: a Redis that is full or read-only now can still be looked into.
  let pepper = await redis.getBuffer(key);
  if (pepper === null) {
    await redis.setnx(key, randomBytes(32));
    pepper = await redis.getBuffer(key);
  }
  if (pepper === null) throw new Error("The key for phone digests is missing in Redis.");
  // The key comes first and the digest is cut, so nothing is gained by knowing other digests.
  const prefix = pepper.toString("latin1");
  return (phone) =>
    hash("sha256", Buffer.from(prefix + foldPhone(phone), "latin1"), "buffer").subarray(
      0,
      DIGEST_BYTES,
    );
}
