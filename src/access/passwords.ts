import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";

/** What one comparison costs: memory is 128 · N · r bytes, time grows with all three. */
export interface PasswordCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** 32 MiB, and about a quarter of a second: OWASP's recommendation for scrypt. */
export const PASSWORD_COST: PasswordCost = { N: 2 ** 15, r: 8, p: 3 };

/** Shorter ones chosen by people can be guessed. */
export const PASSWORD_LENGTH_MIN = 12;
/** A longer text is not taken: it would only cost time. */
export const PASSWORD_BYTES_MAX = 1_024;

const SALT_BYTES = 16;
const KEY_BYTES = 32;
const STORED =
  /^scrypt\$(\d{1,7})\$(\d{1,2})\$(\d{1,2})\$([A-Za-z0-9_-]{22})\$([A-Za-z0-9_-]{43})$/;

/** `scrypt$N$r$p$salt$key`: with its cost, so that a later version may raise it. */
export async function hashPassword(
  password: string,
  cost: PasswordCost = PASSWORD_COST,
): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const key = await derive(password, salt, cost);
  const parts = [cost.N, cost.r, cost.p, salt.toString("base64url"), key.toString("base64url")];
  return `scrypt$${parts.join("$")}`;
}

/** Whether it is the password of a hash; false for a hash of another form. */
export async function isPassword(password: string, stored: string): Promise<boolean> {
  const [, N, r, p, salt = "", key = ""] = STORED.exec(stored) ?? [];
  if (N === undefined || Buffer.byteLength(password) > PASSWORD_BYTES_MAX) return false;
  const cost = { N: Number(N), r: Number(r), p: Number(p) };
  const derived = await derive(password, Buffer.from(salt, "base64url"), cost);
  return timingSafeEqual(derived, Buffer.from(key, "base64url"));
}

/** On a thread of its own: the event loop goes on. */
function derive(password: string, salt: Buffer, { N, r, p }: PasswordCost): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // Keyboards differ in how they put letters like é together.
    const text = password.normalize("NFC");
    const maxmem = 2 * 128 * r * (N + p) + 2 ** 20;
    scrypt(text, salt, KEY_BYTES, { N, r, p, maxmem }, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}
