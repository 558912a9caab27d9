import { redisTrouble } from "../core/redis-trouble.ts";
import { type Refused, refuse } from "../core/refusal.ts";

/**
 * Words for an exception: dead infrastructure, or a bug. The stack is shown only when it is asked
 * for by DROPCAST_LOG_LEVEL, since it helps nobody who runs a campaign.
 */
export function explainFault(
  error: unknown,
  env: Readonly<Record<string, string | undefined>>,
): Refused {
  const message = error instanceof Error ? error.message : String(error);
  const trouble = redisTrouble(error);
  if (trouble !== undefined) {
    const said = message.replace(/\.$/, "");
    return refuse(
      "redis_lost",
      `Redis could not do it (${trouble.name}): ${said}.`,
      `Nothing is lost. ${trouble.fix} Then give the command again.`,
    );
  }
  const wantsStack = /^(debug|trace)$/i.test(env["DROPCAST_LOG_LEVEL"] ?? "");
  if (wantsStack && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return refuse(
    "unexpected",
    `Something unexpected happened: ${message.split("\n")[0]}`,
    "This is a bug. DROPCAST_LOG_LEVEL=debug shows where; please report it with that.",
  );
}
