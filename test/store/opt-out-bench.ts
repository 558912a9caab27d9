import type { ClaimResult } from "../../src/store/ledger/ledger.ts";
import {
  createOptOutList,
  type NewOptOut,
  type OptOut,
} from "../../src/store/people/opt-out-list.ts";
import { openPersonDigest } from "../../src/store/people/person-digest.ts";
import { openTestStore } from "../support/campaigns.ts";
import { type OwnRedis, startOwnRedis } from "../support/redis.ts";

/** The list is the whole deployment's, so each test that opens it has a Redis of its own. */
export async function openBench(redis?: OwnRedis) {
  const server = redis ?? (await startOwnRedis());
  const client = server.connect();
  const bench = await openTestStore({}, client);
  const list = createOptOutList({ redis: client, person: await openPersonDigest(client) });
  const all = async (): Promise<OptOut[]> => {
    const found: OptOut[] = [];
    for await (const page of list.all()) found.push(...page);
    return found;
  };
  return { ...bench, server, list, all };
}

export function optOut(phone: string, changes: Partial<NewOptOut> = {}): NewOptOut {
  return { phone, scope: "all", source: "phone call", atMs: null, ...changes };
}

export function kinds(result: ClaimResult): string[] {
  return result.kind === "gate" ? [result.gate] : result.verdicts.map(({ kind }) => kind);
}
