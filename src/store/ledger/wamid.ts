import { hash } from "node:crypto";
import { DIGEST_BYTES } from "../scripts/protocol.ts";

const WAMID_PREFIX = "wamid.";
const RAW_TAG = 1;
const TEXT_TAG = 2;
const USUAL_TAG = 3;

/** The digest under which a wamid, or any other id of a message, is indexed. */
export function wamidDigest(wamid: string): Buffer {
  // As hex, which takes half the time of a buffer.
  return Buffer.from(hash("sha256", wamid, "hex").slice(0, 2 * DIGEST_BYTES), "hex");
}

/**
 * A wamid is base64 after a fixed prefix. It is stored in the shortest of three reversible forms:
 * the usual layout with its digits and hex halved, the bytes it encodes, or its text. Its content
 * is never interpreted.
 */
export function packWamid(wamid: string): Buffer {
  if (wamid.startsWith(WAMID_PREFIX)) {
    const text = wamid.slice(WAMID_PREFIX.length);
    const raw = Buffer.from(text, "base64");
    if (raw.length > 0 && raw.toString("base64") === text) {
      return halveUsual(raw) ?? Buffer.concat([Buffer.of(RAW_TAG), raw]);
    }
  }
  return Buffer.concat([Buffer.of(TEXT_TAG), Buffer.from(wamid, "utf8")]);
}

/** The wamid that {@link packWamid} stored. */
export function unpackWamid(stored: Buffer): string {
  const body = stored.subarray(1);
  if (stored[0] === TEXT_TAG) return body.toString("utf8");
  const raw = stored[0] === USUAL_TAG ? usualFromHalves(body) : body;
  return WAMID_PREFIX + raw.toString("base64");
}

/**
 * The layout of every wamid seen so far: `1c 18`, a length, that many ASCII digits, a fixed middle,
 * 18 ASCII hex digits (capitals) and a zero.
 */
const BEGIN = Buffer.of(0x1c, 0x18);
const MIDDLE = Buffer.from("150200111812", "hex");
const ID_DIGITS = 18;
const AROUND_DIGITS = BEGIN.length + 1 + MIDDLE.length + ID_DIGITS + 1;

function halveUsual(raw: Buffer): Buffer | undefined {
  const digits = raw.length - AROUND_DIGITS;
  if (digits < 1 || raw[0] !== BEGIN[0] || raw[1] !== BEGIN[1] || raw[2] !== digits) return;
  const middle = BEGIN.length + 1 + digits;
  for (let at = 0; at < MIDDLE.length; at++) if (raw[middle + at] !== MIDDLE[at]) return;
  const id = middle + MIDDLE.length;
  if (raw[raw.length - 1] !== 0) return;
  // An odd number of digits begins with a zero.
  const packed = Buffer.alloc(2 + Math.ceil(digits / 2) + ID_DIGITS / 2);
  packed[0] = USUAL_TAG;
  packed[1] = digits;
  let half = 4 + (digits % 2);
  const put = (from: number, until: number, digitMax: number): boolean => {
    for (let at = from; at < until; at++, half++) {
      const value = hexDigit(raw[at] ?? 0);
      if (value > digitMax) return false;
      const byte = half >> 1;
      packed[byte] = (packed[byte] ?? 0) | (half % 2 === 0 ? value << 4 : value);
    }
    return true;
  };
  return put(BEGIN.length + 1, middle, 9) && put(id, id + ID_DIGITS, 15) ? packed : undefined;
}

const NO_DIGIT = 16;

/** The value of an ASCII hex digit, capitals only. */
function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  return code >= 0x41 && code <= 0x46 ? code - 0x37 : NO_DIGIT;
}

function usualFromHalves(body: Buffer): Buffer {
  const length = body.readUInt8(0);
  const split = 1 + Math.ceil(length / 2);
  const digits = body.subarray(1, split).toString("hex").slice(-length);
  const id = body.subarray(split).toString("hex").toUpperCase();
  return Buffer.concat([
    BEGIN,
    Buffer.of(length),
    Buffer.from(digits, "latin1"),
    MIDDLE,
    Buffer.from(id, "latin1"),
    Buffer.of(0),
  ]);
}
