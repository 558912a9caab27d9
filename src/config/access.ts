import { z } from "zod";
import { ROLES, type Role } from "../core/access.ts";
import { didYouMean } from "../core/nearest.ts";
import type { ShapeProblem } from "../core/shape.ts";
import { isLoopback } from "./addresses.ts";

/** The provider that people may sign in at (OpenID Connect). */
export interface OidcConfig {
  readonly issuer: string;
  readonly clientId: string;
  /** Null: a public client. */
  readonly clientSecret: string | null;
  /** The dashboard's own address, as browsers see it; null: only on loopback, as requested. */
  readonly url: string | null;
  /** With spaces. */
  readonly scopes: string;
  readonly groupsClaim: string;
  /** Names the person, also in the audit. */
  readonly nameClaim: string;
  /** What the members of a group may do. */
  readonly roles: ReadonlyMap<string, GroupAccess>;
}

export interface GroupAccess {
  readonly role: Role;
  /** Null: all. */
  readonly numbers: ReadonlySet<string> | null;
}

/** The block `access` of the configuration file. */
export interface AccessConfig {
  readonly oidc: OidcConfig | null;
  /** A campaign of more messages waits for the approval of a second person; null: none does. */
  readonly secondPersonAbove: number | null;
  /** How a browser without a session is asked: by our page, or by its own dialog (HTTP Basic). */
  readonly askBy: AskBy;
}

/** A dashboard that is reached over plain http can keep no session: `dialog` is for that. */
const ASK_BY = ["page", "dialog"] as const;
export type AskBy = (typeof ASK_BY)[number];

const text = z.string().trim().min(1);
const role = z.enum(ROLES);
const GROUP_WORDS = `must be ${ROLES.join(", ")}, or { role: ..., numbers: [...] }`;

const oidcShape = z.strictObject({
  issuer: text,
  clientId: text,
  url: text.nullish(),
  scopes: text.nullish(),
  groupsClaim: text.nullish(),
  nameClaim: text.nullish(),
  roles: z.record(
    z.string(),
    z.union([role, z.strictObject({ role, numbers: z.array(text).min(1) })], GROUP_WORDS),
  ),
});

export const accessShape = z.strictObject({
  oidc: oidcShape.nullish(),
  secondPersonAbove: z.int().nonnegative().nullish(),
  askBy: z.enum(ASK_BY).nullish(),
});

type GivenAccess = z.output<typeof accessShape>;

export function accessKeysAt(path: readonly (string | number)[]): string[] {
  return Object.keys(path[1] === "oidc" ? oidcShape.shape : accessShape.shape);
}

/** What is wrong with values that are right by themselves. */
export function accessProblems(
  given: GivenAccess | null | undefined,
  numbers: readonly string[],
): ShapeProblem[] {
  const oidc = given?.oidc;
  if (oidc == null) return [];
  const problems: ShapeProblem[] = [];
  const add = (key: string, message: string) =>
    void problems.push({ path: ["access", "oidc", key], message });
  if (!isSafeUrl(oidc.issuer)) {
    add("issuer", "must be an https URL without a ? or a # (http: on loopback only)");
  }
  if (oidc.url != null && !isSafeUrl(oidc.url, "origin")) {
    add("url", "must be the dashboard's https address without a path (http: on loopback only)");
  }
  if (oidc.scopes != null && !/(?:^| )openid(?: |$)/.test(oidc.scopes)) {
    add("scopes", "must name openid, as in openid profile groups");
  }
  const groups = Object.entries(oidc.roles);
  if (groups.length === 0) add("roles", "must name at least one group, or no person could sign in");
  for (const [group, access] of groups) {
    const named = typeof access === "string" ? [] : access.numbers;
    for (const name of named.filter((one) => !numbers.includes(one))) {
      add(
        "roles",
        `names for ${group} the number "${name}", which is not configured${didYouMean(name, numbers)}`,
      );
    }
  }
  return problems;
}

export function toAccess(
  given: GivenAccess | null | undefined,
  clientSecret: string | null,
): AccessConfig {
  const { oidc, secondPersonAbove, askBy } = given ?? {};
  return {
    oidc: oidc == null ? null : toOidc(oidc, clientSecret),
    secondPersonAbove: secondPersonAbove ?? null,
    askBy: askBy ?? "page",
  };
}

function toOidc(given: z.output<typeof oidcShape>, clientSecret: string | null): OidcConfig {
  const { issuer, clientId, url, scopes, groupsClaim, nameClaim, roles } = given;
  return {
    ...{ issuer, clientId, clientSecret, url: url == null ? null : originOf(url) },
    scopes: scopes ?? "openid profile",
    groupsClaim: groupsClaim ?? "groups",
    // The one claim that no provider lets people choose, or gives to another person later.
    nameClaim: nameClaim ?? "sub",
    roles: new Map(
      Object.entries(roles).map(([group, access]) => [
        group,
        typeof access === "string"
          ? { role: access, numbers: null }
          : { role: access.role, numbers: new Set(access.numbers) },
      ]),
    ),
  };
}

function isSafeUrl(given: string, shape: "any" | "origin" = "any"): boolean {
  if (!URL.canParse(given)) return false;
  const { protocol, hostname, username, password, search, hash, pathname } = new URL(given);
  const isSafe = protocol === "https:" || (protocol === "http:" && isLoopback(hostname));
  const isBare = username === "" && password === "" && search === "" && hash === "";
  return isSafe && isBare && (shape === "any" || pathname === "/");
}

function originOf(given: string): string | null {
  return URL.canParse(given) ? new URL(given).origin : null;
}
