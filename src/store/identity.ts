import { createHash, createHmac, randomBytes } from "node:crypto";
import type { Redis } from "ioredis";
import { foldPhone } from "../core/recipient.ts";
import { numberKeys } from "./keys.ts";

/** Digests that stand for people and messages in keys. 64 bits: 2^-24 for a clash among 2^20. */
const DIGEST_BYTES = 8;
const WAMID_PREFIX = "wamid.";
const RAW_TAG = 1;
const TEXT_TAG = 2;

/** Turns a phone into the keyed digest of the person behind it. */
export type PersonDigest = (phone: string) => Buffer;

/**
 * The digest is keyed, because phones are few enough to try them all; the key is made once per
 * number and kept in Redis. Spellings of one person fold into one digest.
 */
export async function createPersonDigest(redis: Redis, number: string): Promise<PersonDigest> {
  const key = numberKeys(number).pepper;
  await redis.setnx(key, randomBytes(32));
  const pepper = await redis.getBuffer(key);
  if (pepper === null) throw new Error("The key for phone digests is missing in Redis.");
  return (phone) =>
    createHmac("sha256", pepper).update(foldPhone(phone)).digest().subarray(0, DIGEST_BYTES);
}

/** The digest under which a wamid, or any other id of a message, is indexed. */
export function wamidDigest(wamid: string): Buffer {
  return createHash("sha256").update(wamid).digest().subarray(0, DIGEST_BYTES);
}

/**
 * A wamid is base64 behind a fixed prefix: stored as the bytes it stands for, a quarter smaller,
 * when that can be undone exactly; anything else as it came. It is never read for its meaning.
 */
export function packWamid(wamid: string): Buffer {
  if (wamid.startsWith(WAMID_PREFIX)) {
    const text = wamid.slice(WAMID_PREFIX.length);
    const raw = Buffer.from(text, "base64");
    if (raw.length > 0 && raw.toString("base64") === text) {
      return Buffer.concat([Buffer.of(RAW_TAG), raw]);
    }
  }
  return Buffer.concat([Buffer.of(TEXT_TAG), Buffer.from(wamid, "utf8")]);
}

/** The wamid that {@link packWamid} stored. */
export function unpackWamid(stored: Buffer): string {
  const body = stored.subarray(1);
  return stored[0] === RAW_TAG ? WAMID_PREFIX + body.toString("base64") : body.toString("utf8");
}
