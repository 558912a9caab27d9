import { redisTrouble } from "../core/redis-trouble.ts";
import { type Refused, refuse } from "../core/refusal.ts";

/**
 * Describes an exception: an infrastructure failure, or a bug. Shows the stack only at the debug
 * level of DROPCAST_LOG_LEVEL: it does not help people who run a campaign.
 */
export function explainFault(
  error: unknown,
  env: Readonly<Record<string, string | undefined>>,
): Refused {
  const message = error instanceof Error ? error.message : String(error);
  const trouble = redisTrouble(error);
  if (trouble !== undefined) {
    const problem = message.replace(/\.$/, "");
    return refuse(
      "redis_lost",
      `Redis reported an error (${trouble.name}): ${problem}.`,
      `Nothing is lost. ${trouble.fix} Then run the command again.`,
    );
  }
  const wantsStack = /^(debug|trace)$/i.test(env["DROPCAST_LOG_LEVEL"] ?? "");
  if (wantsStack && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return refuse(
    "unexpected",
    `Something unexpected happened: ${message.split("\n")[0]}`,
    "This is a bug. Please report it with the output of DROPCAST_LOG_LEVEL=debug.",
  );
}
