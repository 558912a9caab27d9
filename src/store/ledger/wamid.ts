import { hash } from "node:crypto";
import { DIGEST_BYTES } from "../scripts/protocol.ts";

const WAMID_PREFIX = "wamid.";
const RAW_TAG = 1;
const TEXT_TAG = 2;
const USUAL_TAG = 3;

/** The digest under which a wamid, or any other id of a message, is indexed. */
export function wamidDigest(wamid: string): Buffer {
  return hash("sha256", wamid, "buffer").subarray(0, DIGEST_BYTES);
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
 * The layout of every wamid seen so far, in hex: `1c 18`, a length, that many ASCII digits, a fixed
 * middle, 18 ASCII hex digits and a zero.
 */
const USUAL = /^1c18([0-9a-f]{2})((?:3[0-9])+)150200111812((?:3[0-9]|4[1-6]){18})00$/;

function halveUsual(raw: Buffer): Buffer | undefined {
  const [, length, digits, id] = USUAL.exec(raw.toString("hex")) ?? [];
  if (length === undefined || digits === undefined || id === undefined) return undefined;
  if (Number.parseInt(length, 16) !== digits.length / 2) return undefined;
  const text = asciiOf(digits);
  const halves = (text.length % 2 === 0 ? text : `0${text}`) + asciiOf(id);
  return Buffer.concat([Buffer.of(USUAL_TAG, text.length), Buffer.from(halves, "hex")]);
}

function usualFromHalves(body: Buffer): Buffer {
  const length = body.readUInt8(0);
  const split = 1 + Math.ceil(length / 2);
  const digits = body.subarray(1, split).toString("hex").slice(-length);
  const id = body.subarray(split).toString("hex").toUpperCase();
  return Buffer.concat([
    Buffer.of(0x1c, 0x18, length),
    Buffer.from(digits, "latin1"),
    Buffer.from("150200111812", "hex"),
    Buffer.from(id, "latin1"),
    Buffer.of(0),
  ]);
}

function asciiOf(hex: string): string {
  return Buffer.from(hex, "hex").toString("latin1");
}
