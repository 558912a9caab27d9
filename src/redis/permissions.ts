import type { Redis } from "ioredis";

/** A command that Dropcast can do without, and what is lost by it. */
export interface RefusedCommand {
  /** The rule that allows it to a user of Redis (ACL). */
  readonly rule: string;
  readonly lost: string;
}

const OPTIONAL: readonly (RefusedCommand & { readonly command: readonly string[] })[] = [
  {
    command: ["config", "get", "appendonly"],
    rule: "+config|get",
    lost: "its settings cannot be read, so what they do not prove has to be declared",
  },
  {
    command: ["bgrewriteaof"],
    rule: "+bgrewriteaof",
    lost: "its file is not rewritten after a restart, and an erased person stays in it until its next rewrite",
  },
  {
    command: ["client", "list"],
    rule: "+client|list",
    lost: "Bull Board shows no workers",
  },
];

/**
 * Which optional commands Redis refuses to this user, or does not have. Each is only put into a
 * transaction, which is then discarded: none runs.
 */
export async function refusedCommands(redis: Redis): Promise<RefusedCommand[]> {
  // One pipeline, so nothing else of this client gets into the transaction.
  const commands = OPTIONAL.map(({ command }) => ["call", ...command]);
  const answers = await redis
    .pipeline([["call", "multi"], ...commands, ["call", "discard"]])
    .exec();
  return OPTIONAL.filter((_, at) => answers?.[at + 1]?.[0] instanceof Error).map(
    ({ rule, lost }) => ({ rule, lost }),
  );
}
