import { includesRole, type Role } from "../core/access.ts";
import { type Refused, refuse } from "../core/refusal.ts";

/** Who makes a request, as the login of the port has found out. */
export interface Access {
  /** `password`, or `token:` and the token's name. */
  readonly who: string;
  /** The holder of the password is an admin. */
  readonly role: Role;
}

/** What the login leaves in the context of every request. */
export interface ApiEnv {
  readonly Variables: { access: Access };
}

/** Null if the role suffices, else the refusal `api_role_too_low`. */
export function refuseRole({ role }: Access, needed: Role): Refused | null {
  if (includesRole(role, needed)) return null;
  return refuse(
    "api_role_too_low",
    `This token has the role ${role}; this needs ${needed}.`,
    `Use a token of that role: dropcast token add NAME --role ${needed}.`,
  );
}
