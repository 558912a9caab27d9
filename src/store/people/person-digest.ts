import { hash, randomBytes } from "node:crypto";
import type { Redis } from "ioredis";
import type { Mode } from "../../core/mode.ts";
import { foldPhone } from "../../core/recipient.ts";
import { deploymentKeys } from "../keys.ts";
import { DIGEST_BYTES } from "../scripts/protocol.ts";

/** Converts a phone to the keyed digest of its person. */
export type PersonDigest = (phone: string) => Buffer;

/**
 * The digest is keyed, because there are few enough phones to try them all. The key is created once
 * and stored in Redis. All numbers share it: an erased person's opt-out is only a digest, and
 * numbers added later must recognise it too. Different spellings of a phone give one digest.
 */
export async function createPersonDigest(redis: Redis, mode: Mode = "live"): Promise<PersonDigest> {
  const key = deploymentKeys(mode).pepper;
  // Written only once, so a Redis that is full or read-only can still be read.
  let pepper = await redis.getBuffer(key);
  if (pepper === null) {
    await redis.setnx(key, randomBytes(32));
    pepper = await redis.getBuffer(key);
  }
  if (pepper === null) throw new Error("The key for phone digests is missing in Redis.");
  // The key comes first and the digest is truncated, so known digests do not help to find others.
  const prefix = pepper.toString("latin1");
  return (phone) => {
    // As hex, which takes half the time of a buffer: an import makes one for each row.
    const hex = hash("sha256", Buffer.from(prefix + foldPhone(phone), "latin1"), "hex");
    return Buffer.from(hex.slice(0, 2 * DIGEST_BYTES), "hex");
  };
}
