import type { Context } from "hono";
import { includesRole, type Role } from "../core/access.ts";
import type { Actor } from "../core/act.ts";
import { type Refused, refuse } from "../core/refusal.ts";

/** Who makes a request, as the login of the port has found out. */
export interface Access {
  /** `password`, or `token:` and the token's name. */
  readonly who: string;
  /** The holder of the password is an admin. */
  readonly role: Role;
  /** The client's address. */
  readonly from: string;
}

/** What the login leaves in the context of every request. */
export interface ApiEnv {
  readonly Variables: { access: Access };
}

export type ApiContext = Context<ApiEnv>;

/** Null if the role suffices, else the refusal `api_role_too_low`. */
export function refuseRole({ role }: Access, needed: Role): Refused | null {
  if (includesRole(role, needed)) return null;
  return refuse(
    "api_role_too_low",
    `This token has the role ${role}; this needs ${needed}.`,
    `Use a token of that role: dropcast token add NAME --role ${needed}.`,
  );
}

/** Who acts by a request. One password has many users, so it names none of them. */
export function actorOf({ who, from }: Access, via?: "Bull Board"): Actor {
  const byPassword = who === "password";
  const by = byPassword ? "dashboard" : "HTTP API";
  return { who: byPassword ? "dashboard" : who, via: via ?? by, from };
}
