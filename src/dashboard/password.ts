import { randomBytes } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isLoopback } from "../config/addresses.ts";
import { accept, type Refused, type Result, refuse } from "../core/refusal.ts";

/** 144 bits, so that nobody guesses it whatever the throttle lets through. */
const PASSWORD_BYTES = 18;

/**
 * The password of the dashboard: the configured one, else one that is made on first use and kept
 * in `<dataDir>/dashboard-password` (mode 0600). It is told to `say` only when it is made. Without
 * a configured one the dashboard is for this machine alone, so another host is refused.
 */
export async function dashboardPassword(input: {
  configured: string | null;
  host: string;
  dataDir: string;
  say: (line: string) => void;
}): Promise<Result<string>> {
  const { configured, host, dataDir, say } = input;
  if (configured !== null) return accept(configured);
  if (!isLoopback(host)) {
    return refuse(
      "dashboard_password_missing",
      `the dashboard would be reachable from other machines (host ${host}) without a password.`,
      "Set DROPCAST_DASHBOARD_PASSWORD (or _FILE), or DROPCAST_HTTP_HOST to 127.0.0.1.",
    );
  }
  const path = join(dataDir, "dashboard-password");
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    const kept = (await read(path)) ?? (await make(path, say));
    return kept === "" ? unusable(path, "it is empty") : accept(kept);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return unusable(path, code);
  }
}

/** Of two processes that start at once, one makes it and the other reads it, whole. */
async function make(path: string, say: (line: string) => void): Promise<string> {
  const made = randomBytes(PASSWORD_BYTES).toString("base64url");
  const whole = `${path}.${process.pid}-${randomBytes(4).toString("hex")}`;
  await writeFile(whole, `${made}\n`, { mode: 0o600, flag: "wx" });
  try {
    // Unlike a rename, a second name is refused where the file exists.
    await link(whole, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return (await read(path)) ?? "";
  } finally {
    await rm(whole, { force: true });
  }
  say(`Dashboard password (any user name): ${made}   It is kept in ${path}.`);
  return made;
}

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
    `the dashboard's password cannot be kept in ${path} (${why}).`,
    "Let this user read and write that file, remove it to get a new one, or set DROPCAST_DASHBOARD_PASSWORD.",
  );
}
