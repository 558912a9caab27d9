import type { Findings } from "./environment.ts";

const TOKEN_FIX =
  "Give the value that the Developer Console shows as Base64 Encoded Token, or make it: " +
  "printf %s 'ACCOUNT_ID:PAT' | base64 -w0";

/**
 * Checks an API token: the Base64 of `account_id:PAT` (LiveChat, "Personal Access Tokens"). A token
 * that cannot work is a problem; one that only looks wrong is a warning, because LiveChat may
 * change its content. Returns the token, or `null` if there is a problem.
 */
export function checkToken(name: string, given: string, findings: Findings): string | null {
  // Spaces around it come from copying; inside it, from a second value.
  const token = given.trim();
  const problem = tokenProblem(token);
  if (problem !== null) {
    findings.add(name, problem.message, problem.fix);
    return null;
  }
  const warning = tokenWarning(token);
  if (warning !== null) findings.warn(`${name} ${warning} ${TOKEN_FIX}`);
  return token;
}

function tokenProblem(token: string): { message: string; fix: string } | null {
  if (/^\s*basic\s/i.test(token)) {
    const fix = "Remove the word Basic and the space: they are added automatically.";
    return { message: "begins with `Basic `: only the token belongs here", fix };
  }
  if (/^\s*bearer\s/i.test(token)) {
    return { message: "begins with `Bearer `: the API takes a Base64 token only", fix: TOKEN_FIX };
  }
  if (token.includes(":")) {
    const message =
      "holds a colon, so it is account_id:PAT, or a raw PAT, that was not encoded as Base64";
    return { message, fix: TOKEN_FIX };
  }
  if (/\s/.test(token)) {
    return { message: "holds a space or a line break", fix: "Give the token on one line." };
  }
  if (!/^[A-Za-z0-9+/=_-]+$/.test(token)) {
    const message = "holds a character that no token has (allowed: letters, digits, + / = _ -)";
    return { message, fix: TOKEN_FIX };
  }
  return null;
}

function tokenWarning(token: string): string | null {
  const decoded = decodeBase64(token)?.toString("latin1");
  if (decoded === undefined || !/^[\x20-\x7e]+$/.test(decoded)) {
    return "looks like a raw PAT: it is not the Base64 of account_id:PAT.";
  }
  const [account, ...rest] = decoded.split(":");
  // LiveChat's PATs themselves begin with the region, as in `dal:…`.
  if (rest.length === 0 || (rest.length === 1 && /^(dal|fra)$/.test(account ?? ""))) {
    return "looks like the Base64 of the PAT alone: the account id and a colon are missing.";
  }
  if (account === "" || rest.join(":") === "") {
    return "looks like the Base64 of half of account_id:PAT: one half is empty.";
  }
  return null;
}

/** Standard Webhooks 1.0: a symmetric secret is the Base64 of 24 to 64 random bytes. */
const SECRET_BYTES_MIN = 24;

/**
 * Splits a list of webhook secrets (several during a rotation) and checks each. Returns them padded
 * and without `whsec_`; messages name wrong ones by position, never by value. An empty secret would
 * accept forged webhooks, so it cannot be given.
 */
export function checkWebhookSecrets(name: string, given: string, findings: Findings): string[] {
  const secrets = new Set<string>();
  const words = given.trim().split(/\s+/);
  words.forEach((word, index) => {
    const which = words.length === 1 ? "" : `secret ${index + 1} `;
    if (/^wh[sp]k_/.test(word)) {
      const fix = "Ask for a symmetric secret; it begins with whsec_.";
      findings.add(name, `${which}is a key for asymmetric signatures (${word.slice(0, 5)})`, fix);
      return;
    }
    const bytes = decodeBase64(word.replace(/^whsec_/, ""));
    if (bytes === null) {
      const fix = "Give it as LiveChat sent it: whsec_ and Base64; several, with a space between.";
      findings.add(name, `${which}is not Base64`, fix);
    } else if (bytes.length < SECRET_BYTES_MIN) {
      const message = `${which}is ${bytes.length} bytes long; a secret has ${SECRET_BYTES_MIN} or more`;
      findings.add(name, message, "Check that the whole secret was copied.");
    } else secrets.add(bytes.toString("base64"));
  });
  return [...secrets];
}

/** Strict: Node's own decoder skips unknown characters. */
function decodeBase64(text: string): Buffer | null {
  const body = text.replace(/={1,2}$/, "");
  if (!/^[A-Za-z0-9+/]*$/.test(body) || body.length % 4 === 1) return null;
  if (text.length !== body.length && text.length % 4 !== 0) return null;
  return Buffer.from(body, "base64");
}
