import { type Refused, refuse } from "../core/refusal.ts";

/** What ioredis says when Redis went away in the middle of a command. */
const REDIS_GONE =
  /Connection is closed|Stream isn't writeable|Command timed out|max retries per request|ECONNREFUSED|ECONNRESET/i;

/**
 * Words for an exception: dead infrastructure, or a bug. The stack is shown only when it is asked
 * for by DROPCAST_LOG_LEVEL, since it helps nobody who runs a campaign.
 */
export function explainFault(error: unknown): Refused {
  const message = error instanceof Error ? error.message : String(error);
  if (REDIS_GONE.test(message)) {
    return refuse(
      "redis_lost",
      `Redis stopped answering: ${message}.`,
      "Nothing is lost. Look at it with dropcast doctor, then give the command again.",
    );
  }
  const wantsStack = /^(debug|trace)$/i.test(process.env["DROPCAST_LOG_LEVEL"] ?? "");
  if (wantsStack && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return refuse(
    "unexpected",
    `something unexpected happened: ${message.split("\n")[0]}`,
    "This is a bug. DROPCAST_LOG_LEVEL=debug shows where; please report it with that.",
  );
}
