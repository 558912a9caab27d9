import { readFileSync } from "node:fs";
import { Decrypter, Encrypter, identityToRecipient } from "age-encryption";
import { accept, type Result, refuse } from "../core/refusal.ts";

/**
 * What encrypts and decrypts backups, in the format of age (age-encryption.org/v1), so that the
 * program `age` reads them too:
 *
 * - `age1…`: a public key. With it backups can be made but not read: the right one for a server.
 * - `AGE-SECRET-KEY-1…`: the private key that belongs to it. It makes and reads backups.
 * - anything else: a passphrase. It makes and reads backups.
 */
export type BackupKey =
  | { readonly kind: "public"; readonly recipient: string }
  | { readonly kind: "private"; readonly identity: string }
  | { readonly kind: "passphrase"; readonly passphrase: string };

/** All shorter ones can be tried by a thief of the file. */
const PASSPHRASE_MIN = 16;

/** Reads a key file: comments (`#`), and one line with the key. */
export function readBackupKey(path: string): Result<BackupKey> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return refuseKey(`The key file ${path} cannot be read: ${why}.`);
  }
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "" && !line.startsWith("#"));
  const [line = "", ...more] = lines.map((each) => each.trim());
  if (line === "") return refuseKey(`The key file ${path} is empty.`);
  if (more.length > 0) return refuseKey(`The key file ${path} has more than one line.`);
  if (line.startsWith("age1")) return accept({ kind: "public", recipient: line });
  if (line.startsWith("AGE-SECRET-KEY-")) return accept({ kind: "private", identity: line });
  if (line.length < PASSPHRASE_MIN) {
    return refuseKey(`The passphrase in ${path} is shorter than ${PASSPHRASE_MIN} characters.`);
  }
  return accept({ kind: "passphrase", passphrase: line });
}

function refuseKey(message: string): Result<never> {
  return refuse(
    "backup_key_invalid",
    message,
    "It holds one line: an age key (age1… or AGE-SECRET-KEY-1…, made by age-keygen) or a passphrase of 16 characters or more.",
  );
}

/** Encrypts what flows through. Throws for a key that age does not know. */
export async function encryptFor(
  key: BackupKey,
  plain: ReadableStream<Uint8Array>,
): Promise<ReadableStream<Uint8Array>> {
  const encrypter = new Encrypter();
  if (key.kind === "passphrase") encrypter.setPassphrase(key.passphrase);
  else if (key.kind === "public") encrypter.addRecipient(key.recipient);
  else encrypter.addRecipient(await identityToRecipient(key.identity));
  return encrypter.encrypt(plain);
}

/** Decrypts what flows through; rejects, or fails the stream, if the key is not the right one. */
export function decryptWith(
  key: BackupKey,
  encrypted: ReadableStream<Uint8Array>,
): Promise<ReadableStream<Uint8Array>> {
  const decrypter = new Decrypter();
  if (key.kind === "passphrase") decrypter.addPassphrase(key.passphrase);
  if (key.kind === "private") decrypter.addIdentity(key.identity);
  return decrypter.decrypt(encrypted);
}
