import { isUtf8 } from "node:buffer";
import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto";
import { Webhook } from "standardwebhooks";
import type { Result } from "../core/refusal.ts";
import { accept, refuse } from "../core/refusal.ts";
import { refusePlainly } from "../core/refusals.ts";
import type { Problem } from "../http/problem.ts";
import { PROBLEMS } from "./problems.ts";

/** A number as far as webhooks are concerned. */
export interface WebhookNumber {
  readonly name: string;
  /** The active secrets: several during a rotation, none if it has no webhook. */
  readonly webhookSecrets: readonly string[];
}

/** A request with a valid signature. */
interface Verified {
  readonly ok: true;
  /** The signed body. */
  readonly text: string;
  /** When the sender signed it, ms since 1970: within 5 minutes of now. */
  readonly signedAtMs: number;
  /** The numbers that the secret belongs to; never empty. */
  readonly numbers: readonly string[];
}

type Verification = Verified | { readonly ok: false; readonly problem: Problem };

export interface Verifier {
  has(number: string): boolean;
  /**
   * Verifies one request. `number` limits it to that number's secrets; `null` tries all.
   * `rawHeaders` is name, value, name, value, as node:http gives them.
   */
  verify(body: Buffer, rawHeaders: readonly string[], number: string | null): Verification;
}

interface SignedHeaders {
  readonly id: string;
  readonly timestamp: string;
  readonly signature: string;
}

interface Key {
  readonly secret: KeyObject;
  readonly numbers: string[];
}

/** Standard Webhooks 1.0: five minutes, both ways. */
const TOLERANCE_S = 5 * 60;
/** A list is for rotation; each entry costs a comparison, so its length is limited. */
const SIGNATURES_MAX = 16;

/**
 * Verifies by Standard Webhooks 1.0 (HMAC-SHA256 of `id.timestamp.body`), as the reference library
 * does; its own SHA-256 is JavaScript and took a fifth of an event's time, so node's is used. It
 * refuses beforehand what the library would accept: repeated headers (node joins them), a timestamp
 * such as `123abc`, invalid UTF-8 (which it decodes lossily, so that two bodies share a signature)
 * and an empty secret.
 *
 * Refused if a secret is unusable, or if no number has one.
 */
export function createVerifier(numbers: readonly WebhookNumber[]): Result<Verifier> {
  const keys = new Map<string, Key>();
  const byNumber = new Map<string, Key[]>();
  for (const { name, webhookSecrets } of numbers) {
    const own: Key[] = [];
    for (const secret of webhookSecrets) {
      const key = keyFor(secret, keys);
      if (key === undefined) {
        return refuse(
          "webhook_secret_unusable",
          `A webhook secret of number ${name} is empty or not base64.`,
          "Copy it again from LiveChat: whsec_ followed by base64.",
        );
      }
      if (!key.numbers.includes(name)) key.numbers.push(name);
      if (!own.includes(key)) own.push(key);
    }
    byNumber.set(name, own);
  }
  if (keys.size === 0) return refusePlainly("webhook_secret_missing");
  const all = [...keys.values()];
  return accept({
    has: (number) => byNumber.has(number),
    verify: (body, rawHeaders, number) =>
      number === null
        ? verifyWith(body, rawHeaders, all, null)
        : verifyWith(body, rawHeaders, byNumber.get(number) ?? [], number),
  });
}

/** Of a process that has no number with a secret any more: every signature is wrong. */
export const NO_NUMBERS: Verifier = {
  has: () => false,
  verify: (body, rawHeaders, number) => verifyWith(body, rawHeaders, [], number),
};

/** Numbers that share a secret share its key, so that one HMAC is enough for all. */
function keyFor(secret: string, keys: Map<string, Key>): Key | undefined {
  const bytes = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  if (bytes.length === 0) return undefined;
  const canonical = bytes.toString("base64");
  const known = keys.get(canonical);
  if (known !== undefined) return known;
  try {
    // The library decodes strictly, Buffer does not: what it refuses is not base64.
    new Webhook(secret);
  } catch {
    return undefined;
  }
  const key: Key = { secret: createSecretKey(bytes), numbers: [] };
  keys.set(canonical, key);
  return key;
}

function verifyWith(
  body: Buffer,
  rawHeaders: readonly string[],
  keys: readonly Key[],
  only: string | null,
): Verification {
  const headers = signedHeaders(rawHeaders);
  if ("status" in headers) return { ok: false, problem: headers };
  if (!isUtf8(body)) return { ok: false, problem: PROBLEMS.bodyNotUtf8 };
  const signedAtS = Number(headers.timestamp);
  if (Math.abs(Math.floor(Date.now() / 1000) - signedAtS) > TOLERANCE_S) {
    return { ok: false, problem: PROBLEMS.timestampStale };
  }
  const numbers = numbersOf(body, headers, keys, only);
  if (numbers.length === 0) return { ok: false, problem: PROBLEMS.signatureMismatch };
  return { ok: true, text: body.toString("utf8"), signedAtMs: signedAtS * 1000, numbers };
}

/** The numbers whose secret made one of the signatures. */
function numbersOf(
  body: Buffer,
  { id, timestamp, signature }: SignedHeaders,
  keys: readonly Key[],
  only: string | null,
): readonly string[] {
  const signed = `${id}.${timestamp}.`;
  const given = signature.split(" ").flatMap(signatureOf);
  let found: readonly string[] = [];
  for (const { secret, numbers } of keys) {
    const right = Buffer.from(
      createHmac("sha256", secret).update(signed).update(body).digest("base64"),
    );
    if (!given.some((one) => one.length === right.length && timingSafeEqual(one, right))) continue;
    if (only !== null) return [only];
    found = found.length === 0 ? numbers : [...new Set([...found, ...numbers])];
    // One signature has one secret. Several signatures have several secrets, which may belong to
    // different numbers during a rotation: then the event may be for any of them.
    if (!signature.includes(" ")) break;
  }
  return found;
}

/** The base64 of `v1,<base64>`; nothing for another version. */
function signatureOf(text: string): Buffer[] {
  const [version, base64 = ""] = text.split(",");
  return version === "v1" ? [Buffer.from(base64)] : [];
}

/** The three headers of Standard Webhooks 1.0, exactly once each. */
function signedHeaders(rawHeaders: readonly string[]): SignedHeaders | Problem {
  let id = "";
  let timestamp = "";
  let signature = "";
  let seen = 0;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const written = rawHeaders[at] as string;
    // The three names have two lengths, so most headers need no lower-casing.
    if (written.length !== 10 && written.length !== 17) continue;
    const name = written.toLowerCase();
    const bit =
      name === "webhook-id"
        ? 1
        : name === "webhook-timestamp"
          ? 2
          : name === "webhook-signature"
            ? 4
            : 0;
    if (bit === 0) continue;
    if ((seen & bit) !== 0) return PROBLEMS.headerRepeated;
    seen |= bit;
    const value = rawHeaders[at + 1] as string;
    if (bit === 1) id = value;
    else if (bit === 2) timestamp = value;
    else signature = value;
  }
  if (id === "" || timestamp === "" || signature === "") return PROBLEMS.headerMissing;
  // No leading zero: the library signs the parsed number, the sender signed the text.
  if (!/^(?:0|[1-9][0-9]{0,11})$/.test(timestamp)) return PROBLEMS.headerMalformed;
  if (signature.split(" ", SIGNATURES_MAX + 1).length > SIGNATURES_MAX) {
    return PROBLEMS.headerMalformed;
  }
  return { id, timestamp, signature };
}
