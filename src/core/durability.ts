/**
 * What makes sure that a failover of Redis loses no claim that was acted on
 * (`DROPCAST_REDIS_DURABILITY`).
 *
 * - `fsync`: there is no failover. Redis writes each change to its disk before it answers, and has
 *   no replica; its settings are read.
 * - `replicas`: each claim waits until so many replicas have it (`WAITAOF`, else `WAIT`).
 * - `log`: the operator declares that the service writes each change to a replicated log before it
 *   answers. It cannot be checked from outside.
 */
export type Durability =
  | { readonly kind: "fsync" }
  | { readonly kind: "replicas"; readonly replicas: number }
  | { readonly kind: "log" };

export const FSYNC: Durability = { kind: "fsync" };

const REPLICAS_MAX = 9;

/** Reads `fsync`, `replicas:R` or `log`; undefined for anything else. */
export function parseDurability(text: string): Durability | undefined {
  if (text === "fsync" || text === "log") return { kind: text };
  const replicas = Number(/^replicas:(\d)$/.exec(text)?.[1] ?? 0);
  return 1 <= replicas && replicas <= REPLICAS_MAX ? { kind: "replicas", replicas } : undefined;
}

/** As it is written in the variable. */
export function durabilityText(durability: Durability): string {
  const { kind } = durability;
  return kind === "replicas" ? `${kind}:${durability.replicas}` : kind;
}
