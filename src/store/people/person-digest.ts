import { hash, randomBytes } from "node:crypto";
import type { Redis } from "ioredis";
import type { Mode } from "../../core/mode.ts";
import { foldPhone } from "../../core/recipient.ts";
import { deploymentKeys } from "../keys.ts";
import { DIGEST_BYTES } from "../scripts/protocol.ts";

/** Converts a phone to the keyed digest of its person. */
export interface PersonDigest {
  (phone: string): Buffer;
  /**
   * The same as text, a character a byte: for an import, which reads the first bytes of millions of
   * them.
   */
  text(phone: string): string;
}

/**
 * The step before a number's store is made: reads the key of the digests, and creates it if this
 * Redis has none. May be repeated, and by several processes at once: all get the same key.
 *
 * The digest is keyed, because there are few enough phones to try them all. All numbers share the
 * key: an erased person's opt-out is only a digest, and numbers added later must recognise it too.
 * Different spellings of a phone give one digest.
 */
export async function openPersonDigest(redis: Redis, mode: Mode = "live"): Promise<PersonDigest> {
  const key = deploymentKeys(mode).pepper;
  // Written only once, so a Redis that is full or read-only can still be read.
  let pepper = await redis.getBuffer(key);
  if (pepper === null) {
    await redis.setnx(key, randomBytes(32));
    pepper = await redis.getBuffer(key);
  }
  if (pepper === null) throw new Error("The key for phone digests is missing in Redis.");
  // The key comes first and the digest is truncated, so known digests do not help to find others.
  const keyBytes = pepper.length;
  const input = Buffer.concat([pepper, Buffer.alloc(PHONE_LENGTH_MAX)]);
  // Made once: such a view takes as long as a quarter of the digest.
  const inputs = Array.from({ length: PHONE_LENGTH_MAX + 1 }, (_, length) =>
    input.subarray(0, keyBytes + length),
  );
  const text = (phone: string): string => {
    const folded = foldPhone(phone);
    const view = inputs[folded.length];
    if (view === undefined) throw new Error("A phone has 15 digits at most.");
    for (let at = 0; at < folded.length; at++) input[keyBytes + at] = folded.charCodeAt(at);
    // As text, which takes a fifth of the time of a buffer, and half of that of hex.
    return hash("sha256", view, "binary").slice(0, DIGEST_BYTES);
  };
  return Object.assign((phone: string) => Buffer.from(text(phone), "latin1"), { text });
}

/** Much more than the 15 digits of a phone (E.164): some callers pass on what they were given. */
const PHONE_LENGTH_MAX = 256;
