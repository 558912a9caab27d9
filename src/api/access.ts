import type { Context } from "hono";
import { limitStores, type Stores } from "../campaigns/find.ts";
import { includesRole, type Role } from "../core/access.ts";
import type { Actor } from "../core/act.ts";
import { type Refused, refuse } from "../core/refusal.ts";

/** Who makes a request, as the login of the port has found out. */
export interface Access {
  /** `password`, or `user:`, `oidc:` or `token:` and a name. */
  readonly who: string;
  /** The holder of the dashboard's password is an admin. */
  readonly role: Role;
  /** The names of the numbers whose campaigns are visible and may be acted on; null: all. */
  readonly numbers: ReadonlySet<string> | null;
  /** The client's address. */
  readonly from: string;
  /** The id of the session of a browser; absent: the request brought its own credentials. */
  readonly session?: string;
}

/** What the login leaves in the context of every request. */
export interface ApiEnv {
  readonly Variables: {
    access: Access;
    /**
     * Looks the credentials of the request up again: false once they open nothing, or open other
     * roles or numbers. What is busy for a moment ends no right.
     */
    stillHas: () => Promise<boolean>;
  };
}

/** How long a stream of events outlives the right to it. */
export const RIGHTS_EVERY_MS = 5_000;

export type ApiContext = Context<ApiEnv>;

/** Null if the role suffices, else the refusal `api_role_too_low`. */
export function refuseRole({ role }: Access, needed: Role): Refused | null {
  if (includesRole(role, needed)) return null;
  return refuse(
    "api_role_too_low",
    `You have the role ${role}; this needs ${needed}.`,
    `Ask an admin, or use a token of that role: dropcast token add NAME --role ${needed}.`,
  );
}

/** Who may do something. */
export interface Right {
  readonly role: Role;
  /** It concerns every number, so it is for those only who may see all. */
  readonly everyNumber?: true;
}

/** What concerns people and not a campaign: addresses and pages ask here alike. */
export const RIGHTS = {
  listOptOuts: { role: "viewer", everyNumber: true },
  findOptOut: { role: "viewer" },
  addOptOuts: { role: "operator" },
  importOptOuts: { role: "admin", everyNumber: true },
  /** It lets every number write to the person. */
  removeOptOuts: { role: "operator", everyNumber: true },
  erase: { role: "admin", everyNumber: true },
} as const satisfies Record<string, Right>;

/** Null if an access has the right, else `api_role_too_low` or `api_numbers_limited`. */
export function refuseRight(access: Access, { role, everyNumber }: Right): Refused | null {
  return refuseRole(access, role) ?? (everyNumber ? refuseLimited(access) : null);
}

/** What an access may do and see, as one text. */
export function rightsOf({ role, numbers }: Pick<Access, "role" | "numbers">): string {
  return JSON.stringify({ role, numbers: numbers === null ? null : [...numbers].sort() });
}

/** Whether a number, and all campaigns of it, are there for this access. */
export function seesNumber({ numbers }: Pick<Access, "numbers">, number: string): boolean {
  return numbers === null || numbers.has(number);
}

/**
 * The stores of the numbers that an access may see. Every page and address looks things up in
 * these only, so a campaign of another number answers exactly as one that does not exist.
 */
export function visibleStores(stores: Stores, access: Pick<Access, "numbers">): Stores {
  if (access.numbers === null) return stores;
  return limitStores(stores, (name) => seesNumber(access, name));
}

/** A list belongs to no number until it is used: who is limited to some sees only their own. */
export function maySeeUpload({ numbers, who }: Access, { by }: { readonly by: string }): boolean {
  return numbers === null || by === who;
}

/**
 * For what belongs to no single number (opt-outs of everybody, queues, the audit): null if the
 * access is for all numbers, else the refusal `api_numbers_limited`.
 */
export function refuseLimited({ numbers }: Pick<Access, "numbers">): Refused | null {
  if (numbers === null) return null;
  return refuse(
    "api_numbers_limited",
    `This concerns every number; this access is limited to ${[...numbers].sort().join(", ")}.`,
    "Ask an admin, or use a user or token for all numbers.",
  );
}

/** Who acts by a request. One password has many users, so it names none of them. */
export function actorOf({ who, from, session }: Access, via?: "Bull Board"): Actor {
  const byPassword = who === "password";
  const by = byPassword || session !== undefined ? "dashboard" : "HTTP API";
  return { who: byPassword ? "dashboard" : who, via: via ?? by, from };
}
