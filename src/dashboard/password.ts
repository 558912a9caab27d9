import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isLoopback } from "../config/addresses.ts";
import { accept, type Refused, type Result, refuse } from "../core/refusal.ts";

/** 144 bits, which cannot be guessed. */
const PASSWORD_BYTES = 18;
/** Shorter ones chosen by people can be guessed, if other machines may try. */
const PASSWORD_LENGTH_MIN = 12;

/**
 * The password of the dashboard: the configured one, else one that is generated on first use and
 * stored in `<dataDir>/dashboard-password` (mode 0600). `say` gets it only when it is generated.
 * Without a configured one the dashboard is for this machine only, so another host is refused.
 */
export async function dashboardPassword(input: {
  configured: string | null;
  host: string;
  dataDir: string;
  say: (line: string) => void;
}): Promise<Result<string>> {
  const { configured, host, dataDir, say } = input;
  if (configured !== null) {
    return isLoopback(host) || configured.length >= PASSWORD_LENGTH_MIN
      ? accept(configured)
      : refuse(
          "dashboard_password_short",
          `The dashboard would be reachable from other machines (host ${host}), but its password has fewer than ${PASSWORD_LENGTH_MIN} characters.`,
          "Set a longer one, for example with openssl rand -base64 24.",
        );
  }
  if (!isLoopback(host)) {
    return refuse(
      "dashboard_password_missing",
      `The dashboard would be reachable from other machines (host ${host}) without a password.`,
      "Set DROPCAST_DASHBOARD_PASSWORD (or _FILE), or DROPCAST_HTTP_HOST to 127.0.0.1.",
    );
  }
  const path = join(dataDir, "dashboard-password");
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    const kept = (await readWritten(path)) ?? (await make(path, say));
    return kept === "" ? unusable(path, "it is empty") : accept(kept);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return unusable(path, code);
  }
}

/** Of two processes that start at once, one creates it and the other reads it. */
async function make(path: string, say: (line: string) => void): Promise<string> {
  const made = randomBytes(PASSWORD_BYTES).toString("base64url");
  try {
    await writeFile(path, `${made}\n`, { mode: 0o600, flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return (await readWritten(path)) ?? "";
  }
  say(`Dashboard password (any user name): ${made}   It is stored in ${path}.`);
  return made;
}

/** An empty file is one that another process has created and is about to write. */
async function readWritten(path: string): Promise<string | undefined> {
  for (let tries = 0; tries < WRITTEN_TRIES; tries++) {
    const kept = await read(path);
    if (kept !== "") return kept;
    await sleep(WRITTEN_EVERY_MS);
  }
  return "";
}

const WRITTEN_TRIES = 50;
const WRITTEN_EVERY_MS = 20;

async function read(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, "utf8")).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function unusable(path: string, why: string): Refused {
  return refuse(
    "dashboard_password_unusable",
    `The dashboard's password cannot be stored in ${path} (${why}).`,
    "Make that file readable and writable for this user, delete it to get a new one, or set DROPCAST_DASHBOARD_PASSWORD.",
  );
}
