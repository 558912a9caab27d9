/**
 * Sign-in at a provider (OpenID Connect): authorization code with PKCE, state and nonce.
 *
 * What a sign-in needs at its end (state, nonce, verifier) is in a cookie of the browser that began
 * it, so an answer that another browser brings is refused, and strangers who only begin sign-ins
 * fill no memory. The provider takes a code once; that an answer begins one session only is noted
 * in Redis besides (begin-session).
 */
import { createHash } from "node:crypto";
import * as oauth from "oauth4webapi";
import type { GroupAccess, OidcConfig } from "../config/access.ts";
import { includesRole, type Role } from "../core/access.ts";
import { accept, type Refused, type Result, refuse } from "../core/refusal.ts";
import type { Identity } from "../store/index.ts";

/** What the browser keeps between the two halves of a sign-in. */
export interface PendingSignIn {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  /** Where the browser wanted to go: a path of ours. */
  readonly to: string;
}

const ANSWER_MS = 5_000;
const DISCOVERED_MS = 10 * 60_000;
const CLOCK_TOLERANCE_S = 60;
const NAME_LENGTH_MAX = 100;

export function createOidc(config: OidcConfig) {
  const client: oauth.Client = {
    client_id: config.clientId,
    [oauth.clockTolerance]: CLOCK_TOLERANCE_S,
  };
  const issuer = new URL(config.issuer);
  // The configuration lets http: through on loopback only.
  const insecure = { [oauth.allowInsecureRequests]: issuer.protocol === "http:" };
  let discovered: { server: oauth.AuthorizationServer; untilMs: number } | undefined;

  const limits = () => ({ signal: AbortSignal.timeout(ANSWER_MS), ...insecure });

  async function discover(): Promise<oauth.AuthorizationServer> {
    if (discovered !== undefined && discovered.untilMs > performance.now()) {
      return discovered.server;
    }
    const answer = await oauth.discoveryRequest(issuer, { algorithm: "oidc", ...limits() });
    const server = await oauth.processDiscoveryResponse(issuer, answer);
    discovered = { server, untilMs: performance.now() + DISCOVERED_MS };
    return server;
  }

  /** A public client has no secret; not every provider takes one in the header. */
  function authOf(server: oauth.AuthorizationServer): oauth.ClientAuth {
    if (config.clientSecret === null) return oauth.None();
    const methods = server.token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
    return methods.includes("client_secret_basic")
      ? oauth.ClientSecretBasic(config.clientSecret)
      : oauth.ClientSecretPost(config.clientSecret);
  }

  return {
    /** Changes with everything that decides what a person may do: older sessions are over. */
    mark: markOf(config),

    /** Where to send the browser. Refusal: `sso_unreachable`. */
    async begin(
      redirectUri: string,
      to: string,
    ): Promise<Result<{ readonly url: string; readonly pending: PendingSignIn }>> {
      try {
        const { authorization_endpoint: endpoint } = await discover();
        if (endpoint === undefined) return refuseUnreachable();
        const url = new URL(endpoint);
        const pending = {
          ...{ state: oauth.generateRandomState(), nonce: oauth.generateRandomNonce(), to },
          verifier: oauth.generateRandomCodeVerifier(),
        };
        const asked = {
          ...{ client_id: config.clientId, redirect_uri: redirectUri, response_type: "code" },
          ...{ scope: config.scopes, state: pending.state, nonce: pending.nonce },
          code_challenge: await oauth.calculatePKCECodeChallenge(pending.verifier),
          code_challenge_method: "S256",
        };
        for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
        return accept({ url: url.href, pending });
      } catch {
        return refuseUnreachable();
      }
    },

    /**
     * Who came back from the provider. `query`: of the address that it sent the browser to.
     * Refusals: `sso_refused`, `sso_answer_invalid`, `sso_unreachable`, `sso_no_role`. None says
     * what the provider sent.
     */
    async finish(
      query: URLSearchParams,
      pending: PendingSignIn,
      redirectUri: string,
    ): Promise<Result<Identity>> {
      try {
        const server = await discover();
        const asked = oauth.validateAuthResponse(server, client, query, pending.state);
        const answer = await oauth.authorizationCodeGrantRequest(
          ...([server, client, authOf(server), asked, redirectUri, pending.verifier] as const),
          limits(),
        );
        const tokens = await oauth.processAuthorizationCodeResponse(server, client, answer, {
          ...{ expectedNonce: pending.nonce, requireIdToken: true },
        });
        await oauth.validateApplicationLevelSignature(server, answer, limits());
        const claims = oauth.getValidatedIdTokenClaims(tokens);
        return claims === undefined ? refuseAnswer() : identityOf(claims);
      } catch (error) {
        return refusedBecause(error);
      }
    },
  };

  function identityOf(claims: oauth.IDToken): Result<Identity> {
    const name = claimOf(claims, config.nameClaim);
    if (typeof name !== "string" || !isPlain(name)) return refuseAnswer();
    const given = claimOf(claims, config.groupsClaim);
    const groups = typeof given === "string" ? [given] : Array.isArray(given) ? given : [];
    const access = accessOf(groups.flatMap((group) => config.roles.get(String(group)) ?? []));
    if (access === null) return refuseNoRole(config.groupsClaim);
    return accept({ who: `oidc:${name}`, ...access, mark: null });
  }
}

export type Oidc = ReturnType<typeof createOidc>;

/** The highest role, with the numbers of all groups that give it: never more than one of them. */
function accessOf(groups: readonly GroupAccess[]): GroupAccess | null {
  const [first] = groups;
  if (first === undefined) return null;
  const role = groups.reduce<Role>(
    (held, group) => (includesRole(group.role, held) ? group.role : held),
    first.role,
  );
  const giving = groups.filter((group) => group.role === role);
  const isAll = giving.some(({ numbers }) => numbers === null);
  return {
    role,
    numbers: isAll ? null : new Set(giving.flatMap(({ numbers }) => [...(numbers ?? [])])),
  };
}

function markOf({ issuer, clientId, groupsClaim, nameClaim, roles }: OidcConfig): string {
  const groups = [...roles].map(([group, { role, numbers }]) => [
    group,
    role,
    [...(numbers ?? ["*"])],
  ]);
  const text = JSON.stringify([issuer, clientId, groupsClaim, nameClaim, groups]);
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

function claimOf(claims: oauth.IDToken, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}

/** It becomes part of audit lines and pages. */
function isPlain(name: string): boolean {
  return name.length > 0 && name.length <= NAME_LENGTH_MAX && !/[\p{C}\p{Zl}\p{Zp}]/u.test(name);
}

function refusedBecause(error: unknown): Refused {
  if (error instanceof oauth.AuthorizationResponseError) {
    return refuse(
      "sso_refused",
      "The provider did not sign you in.",
      "Try again, or ask who manages accounts at the provider.",
    );
  }
  // The messages of these two are those of fetch: they never hold what the provider sent.
  const isAway =
    error instanceof TypeError ||
    (error instanceof oauth.OperationProcessingError && isFailure(error.cause)) ||
    (error instanceof DOMException && ["TimeoutError", "AbortError"].includes(error.name));
  return isAway ? refuseUnreachable() : refuseAnswer();
}

/** A response of 5xx. Not by its class: the server's package replaces the global `Response`. */
function isFailure(cause: unknown): boolean {
  const { status } = (cause ?? {}) as { readonly status?: unknown };
  return typeof status === "number" && status >= 500;
}

function refuseAnswer(): Refused {
  return refuse(
    "sso_answer_invalid",
    "The answer of the provider does not belong to this sign-in, or cannot be trusted.",
    "Sign in again. If it stays so, an admin compares access.oidc with the provider's settings.",
  );
}

function refuseUnreachable(): Refused {
  return refuse(
    "sso_unreachable",
    "The provider of the sign-in does not answer as it should.",
    "Try again in a minute, or sign in with a name and password.",
  );
}

function refuseNoRole(claim: string): Refused {
  return refuse(
    "sso_no_role",
    `You are signed in at the provider, but none of your groups (claim ${claim}) has a role here.`,
    "Ask an admin to add one of your groups to access.oidc.roles.",
  );
}
