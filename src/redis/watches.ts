import type { Redis } from "ioredis";
import type { Refusal, Result } from "../core/refusal.ts";
import type { Connections, Endpoint } from "./endpoints.ts";
import { type OutageTeller, type OutageWatch, watchOutage } from "./outage.ts";
import type { RedisSafety } from "./safety.ts";
import { type SafetyWatch, watchSafety } from "./safety-watch.ts";

/** Whether the Redis of each key space can be reached, and is safe. */
export interface Watches {
  /** That of a key space, whichever node has it. */
  safetyOf(space: string): Pick<SafetyWatch, "isSafe" | "problem">;
  /** Of all key spaces that this process has. */
  readonly safety: Pick<SafetyWatch, "isSafe" | "problem">;
  readonly outage: Pick<OutageWatch, "now" | "tell">;
  /** Whether that of a key space is known to be away. */
  isAway(space: string): boolean;
}

/**
 * Watches each endpoint until it is given up. Call it when those of `spaces` are connected and were
 * found safe. `onChange` gets the new problem, or undefined once it is safe again.
 */
export function watchEndpoints(input: {
  connections: Connections;
  /** Those that this process has now: numbers come and go. */
  spaces: () => readonly string[];
  check: (redis: Redis) => Promise<Result<RedisSafety>>;
  /** What keeps an endpoint from being used although it is safe: its replicas are behind. */
  found: ReadonlyMap<Endpoint, Refusal>;
  onChange: (problem: Refusal | undefined, endpoint: Endpoint) => void;
  onFailure: (error: unknown, endpoint: Endpoint) => void;
}): Watches {
  const { connections, spaces, check, onChange, onFailure } = input;
  const watched = new Map<Endpoint, { safety: SafetyWatch; outage: OutageWatch }>();
  const tellers: OutageTeller[] = [];
  const used = (): Endpoint[] => [...new Set(spaces().map((space) => connections.endpoint(space)))];
  const isChecked = new Set(used());

  /** Of a node that has none of these key spaces, a person need not hear. */
  function toldIfUsed(endpoint: Endpoint): OutageTeller {
    const tell = (act: (teller: OutageTeller) => void): void => {
      if (used().includes(endpoint)) for (const teller of tellers) act(teller);
    };
    return {
      away: (outage) => tell((teller) => teller.away(outage)),
      stillAway: (outage, forMs) => tell((teller) => teller.stillAway(outage, forMs)),
      back: (outage, forMs) => tell((teller) => teller.back(outage, forMs)),
    };
  }

  connections.eachEndpoint((endpoint) => {
    const { ledger } = endpoint;
    const several = () => connections.endpoints().length > 1;
    const outage = watchOutage(ledger, () => (several() ? endpoint.where() : ""));
    outage.tell(toldIfUsed(endpoint));
    const safety = watchSafety({
      ...{ redis: ledger, check: () => check(ledger), isChecked: isChecked.has(endpoint) },
      found: input.found.get(endpoint),
      onChange: (problem) => onChange(problem, endpoint),
      onFailure: (error) => onFailure(error, endpoint),
    });
    watched.set(endpoint, { safety, outage });
    return () => {
      safety.stop();
      outage.stop();
      watched.delete(endpoint);
    };
  });

  const safetyAt = (endpoint: Endpoint) => watched.get(endpoint)?.safety;
  return {
    safetyOf: (space) => ({
      isSafe: () => safetyAt(connections.endpoint(space))?.isSafe() ?? false,
      problem: () => safetyAt(connections.endpoint(space))?.problem(),
    }),
    safety: {
      isSafe: () => used().every((endpoint) => safetyAt(endpoint)?.isSafe() ?? false),
      problem: () => used().flatMap((endpoint) => safetyAt(endpoint)?.problem() ?? [])[0],
    },
    outage: {
      now: () => used().flatMap((endpoint) => watched.get(endpoint)?.outage.now() ?? [])[0],
      tell: (teller) => void tellers.push(teller),
    },
    isAway: (space) => watched.get(connections.endpoint(space))?.outage.now() !== undefined,
  };
}
