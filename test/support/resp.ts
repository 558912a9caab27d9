/**
 * Just enough of Redis's protocol (RESP2 and RESP3) to see where a command or a reply ends.
 */

/** A command as a client sends it: its words, and the bytes they came in. */
export interface RespCommand {
  readonly words: readonly Buffer[];
  readonly raw: Buffer;
}

const CRLF = Buffer.from("\r\n");

/** The first whole command of `bytes`, or undefined while it is not all there. */
export function readCommand(bytes: Buffer): RespCommand | undefined {
  const end = endOf(bytes, 0);
  if (end === undefined) return undefined;
  const raw = bytes.subarray(0, end);
  const words: Buffer[] = [];
  for (let at = raw.indexOf(CRLF) + 2; at < raw.length; ) {
    const head = raw.indexOf(CRLF, at);
    const length = Number(raw.toString("latin1", at + 1, head));
    words.push(raw.subarray(head + 2, head + 2 + length));
    at = head + 2 + length + 2;
  }
  return { words, raw };
}

/** Where the first whole value of `bytes` from `start` ends, or undefined. */
export function endOf(bytes: Buffer, start: number): number | undefined {
  const line = bytes.indexOf(CRLF, start);
  if (line === -1) return undefined;
  const after = line + 2;
  const type = String.fromCharCode(bytes[start] ?? 0);
  const count = Number(bytes.toString("latin1", start + 1, line));
  if (type === "$" || type === "!" || type === "=") {
    if (count < 0) return after;
    return bytes.length < after + count + 2 ? undefined : after + count + 2;
  }
  if (type === "*" || type === "~" || type === ">") return endOfMany(bytes, after, count);
  if (type === "%") return endOfMany(bytes, after, count * 2);
  if (type === "|") {
    // Attributes stand before the value that they are about.
    const value = endOfMany(bytes, after, count * 2);
    return value === undefined ? undefined : endOf(bytes, value);
  }
  return after;
}

/** Whether the value at the start of `bytes` is pushed by the server, and answers nothing. */
export function isPush(bytes: Buffer): boolean {
  return bytes[0] === 0x3e;
}

function endOfMany(bytes: Buffer, start: number, count: number): number | undefined {
  let at: number | undefined = start;
  for (let i = 0; i < count && at !== undefined; i++) at = endOf(bytes, at);
  return at;
}
