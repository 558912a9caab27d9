import { createHash, generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

const CLIENT_ID = "dropcast";
const SECRET = "client secret: ż";

/** What the next sign-in at the provider is about; left out: as it should be. */
export interface Answers {
  readonly groups?: unknown;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly algorithm?: "RS256" | "none" | "HS256";
  /** Signs with a key that is not published. */
  readonly strangeKey?: boolean;
}

/**
 * A small OpenID provider on loopback: discovery, a code for whoever is sent to it, tokens for a
 * code with its verifier and the client's secret, and keys.
 */
export async function openProvider() {
  const keys = generateKeyPairSync("rsa", { modulusLength: 2_048 });
  const stranger = generateKeyPairSync("rsa", { modulusLength: 2_048 });
  const codes = new Map<string, { challenge: string; nonce: string; redirect: string }>();
  let answers: Answers = {};
  let isDown = false;
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", issuer);
    const json = (value: unknown, status = 200) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(value));
    };
    if (isDown) return json({ error: "server_error" }, 500);
    switch (url.pathname) {
      case "/.well-known/openid-configuration":
        return json({
          issuer,
          authorization_endpoint: `${issuer}/authorize`,
          token_endpoint: `${issuer}/token`,
          jwks_uri: `${issuer}/keys`,
          response_types_supported: ["code"],
          subject_types_supported: ["public"],
          id_token_signing_alg_values_supported: ["RS256", "none", "HS256"],
        });
      case "/keys":
        return json({
          keys: [
            { ...keys.publicKey.export({ format: "jwk" }), kid: "1", alg: "RS256", use: "sig" },
          ],
        });
      case "/token": {
        let body = "";
        for await (const chunk of request) body += chunk;
        const given = new URLSearchParams(body);
        const code = codes.get(given.get("code") ?? "");
        codes.delete(given.get("code") ?? "");
        const challenge = createHash("sha256")
          .update(given.get("code_verifier") ?? "")
          .digest("base64url");
        const isRight =
          code?.challenge === challenge &&
          code.redirect === given.get("redirect_uri") &&
          request.headers.authorization ===
            `Basic ${btoa(`${CLIENT_ID}:${new URLSearchParams({ s: SECRET }).toString().slice(2)}`)}`;
        if (!isRight) return json({ error: "invalid_grant" }, 400);
        return json({ access_token: "a", token_type: "Bearer", id_token: idToken(code.nonce) });
      }
      default:
        return json({}, 404);
    }
  }
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  function idToken(nonce: string): string {
    const now = Math.floor(Date.now() / 1_000);
    const {
      algorithm = "RS256",
      groups = ["marketing"],
      claims = {},
      strangeKey = false,
    } = answers;
    const usual = {
      iss: issuer,
      aud: CLIENT_ID,
      sub: "anna-1",
      iat: now,
      exp: now + 300,
      nonce,
      groups,
    };
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const text = `${part({ alg: algorithm, kid: "1" })}.${part({ ...usual, ...claims })}`;
    if (algorithm !== "RS256") return `${text}.`;
    const { privateKey } = strangeKey ? stranger : keys;
    return `${text}.${sign("RSA-SHA256", Buffer.from(text), privateKey).toString("base64url")}`;
  }

  return {
    issuer,
    config: {
      ...{ issuer, clientId: CLIENT_ID, clientSecret: SECRET, url: null },
      ...{ scopes: "openid", groupsClaim: "groups", nameClaim: "sub" },
      roles: new Map([
        ["marketing", { role: "operator", numbers: null }],
        ["support", { role: "viewer", numbers: new Set(["main"]) }],
      ] as const),
    },
    answerWith(next: Answers): void {
      answers = next;
    },
    fail(): void {
      isDown = true;
    },

    /** The person is signed in there: where the provider sends the browser. */
    visit(address: string): string {
      const asked = new URL(address).searchParams;
      const code = randomUUID();
      const redirect = asked.get("redirect_uri") ?? "";
      codes.set(code, {
        ...{
          challenge: asked.get("code_challenge") ?? "",
          nonce: asked.get("nonce") ?? "",
          redirect,
        },
      });
      const back = new URL(redirect);
      back.searchParams.set("code", code);
      back.searchParams.set("state", asked.get("state") ?? "");
      return back.href;
    },
  };
}
