import { createHash } from "node:crypto";
import { isIP } from "node:net";
import { resolve } from "node:path";
import { z } from "zod";
import { didYouMean } from "../core/nearest.ts";
import { EVENT_TYPES, type EventType } from "../core/notice.ts";
import { type ShapeProblem, shapeProblems } from "../core/shape.ts";
import { isLoopback } from "./addresses.ts";
import { checkWebhookSecrets } from "./credentials.ts";
import { type Findings, readSecretFile } from "./environment.ts";
import { isPublicAddress } from "./public-address.ts";

/** Where the operator is told of events. */
export interface WebhookEndpoint {
  /** A digest of its URL: the same after every restart. */
  readonly id: string;
  /** Its host and the start of the id: the URL may be a secret. */
  readonly name: string;
  readonly url: string;
  /** Base64 without `whsec_`: each of them signs. None for Slack, which takes no signature. */
  readonly secrets: readonly string[];
  readonly format: "standard" | "slack";
  readonly events: ReadonlySet<EventType>;
  /** Null: all numbers. */
  readonly numbers: ReadonlySet<string> | null;
  /** It may be at an address of a private network. */
  readonly allowPrivate: boolean;
}

const ENDPOINTS_MAX = 20;

const text = z.string().trim().min(1);

const endpointShape = z.strictObject({
  url: text.nullish(),
  urlFile: text.nullish(),
  secret: text.nullish(),
  secretFile: text.nullish(),
  events: z.array(z.enum(EVENT_TYPES)).min(1).nullish(),
  format: z.enum(["standard", "slack"]).nullish(),
  numbers: z.array(text).min(1).nullish(),
  allowPrivate: z.boolean().nullish(),
});

type GivenEndpoint = z.output<typeof endpointShape>;

/**
 * Reads `webhooksOut`: one endpoint, or a list of them. Mistakes of its shape go to `complain`,
 * with their place in the file; those of URLs and secrets to `findings`. None repeats a URL, which
 * may be a secret.
 */
export function readWebhooksOut(
  given: unknown,
  input: {
    readonly findings: Findings;
    /** Files are relative to the file that names them. */
    readonly folder: string;
    readonly numbers: readonly string[];
    readonly complain: (problems: readonly ShapeProblem[]) => void;
    /** What a finding about a key's value is named by: file, line and key. */
    readonly nameOf: (path: ShapeProblem["path"]) => string;
  },
): readonly WebhookEndpoint[] {
  if (given == null) return [];
  const list = Array.isArray(given) ? given : [given];
  const problems: ShapeProblem[] = [];
  const endpoints = new Map<string, WebhookEndpoint>();
  if (list.length > ENDPOINTS_MAX) {
    problems.push({
      path: ["webhooksOut"],
      message: `must be ${ENDPOINTS_MAX} endpoints or fewer`,
    });
  }
  for (const [index, one] of list.slice(0, ENDPOINTS_MAX).entries()) {
    const at = Array.isArray(given) ? ["webhooksOut", index] : ["webhooksOut"];
    const parsed = endpointShape.safeParse(one, { reportInput: true });
    if (!parsed.success) {
      for (const { path, message } of shapeProblems(parsed.error, () => ENDPOINT_KEYS)) {
        problems.push({ path: [...at, ...path], message });
      }
      continue;
    }
    const wrong = mistakesOf(parsed.data, input.numbers);
    problems.push(...wrong.map(({ path, message }) => ({ path: [...at, ...path], message })));
    if (wrong.length > 0) continue;
    const endpoint = toEndpoint(parsed.data, {
      ...input,
      name: (key) => input.nameOf([...at, key]),
    });
    if (endpoint === null) continue;
    if (endpoints.has(endpoint.id)) {
      problems.push({ path: [...at, "url"], message: "is given twice: remove one of the two" });
    }
    endpoints.set(endpoint.id, endpoint);
  }
  input.complain(problems);
  return [...endpoints.values()];
}

export const ENDPOINT_KEYS = Object.keys(endpointShape.shape);

/** What is wrong with keys that are right by themselves. */
function mistakesOf(given: GivenEndpoint, known: readonly string[]): ShapeProblem[] {
  const { url, urlFile, secret, secretFile, format, numbers } = given;
  const problems: ShapeProblem[] = [];
  const add = (key: string, message: string) => void problems.push({ path: [key], message });
  const isSlack = format === "slack";
  if (!url && !urlFile) add("url", "is missing: it must be an https URL");
  if (url && urlFile) add("url", "is given twice, also as urlFile: remove one of the two");
  if (secret && secretFile)
    add("secret", "is given twice, also as secretFile: remove one of the two");
  if (!isSlack && !secret && !secretFile) {
    add("secret", "is missing: it must be whsec_ and Base64 of 24 to 64 random bytes");
  }
  if (isSlack && (secret || secretFile)) {
    add("secret", "is not used with format slack, whose URL is the secret: remove it");
  }
  for (const name of numbers ?? []) {
    if (known.includes(name)) continue;
    add("numbers", `names a number that is not configured${didYouMean(name, known)}`);
  }
  return problems;
}

function toEndpoint(
  given: GivenEndpoint,
  input: { findings: Findings; folder: string; name: (key: string) => string },
): WebhookEndpoint | null {
  const { findings, folder, name } = input;
  const fromFile = (key: string, path: string) =>
    readSecretFile(name(key), resolve(folder, path), findings);
  const text = given.url ?? fromFile("urlFile", given.urlFile ?? "");
  const secret =
    given.secret ?? (given.secretFile ? fromFile("secretFile", given.secretFile) : null);
  const secrets =
    secret === null
      ? []
      : checkWebhookSecrets(name(given.secret ? "secret" : "secretFile"), secret, findings);
  const allowPrivate = given.allowPrivate ?? false;
  const url =
    text === null
      ? null
      : checkUrl(name(given.url ? "url" : "urlFile"), text.trim(), { allowPrivate, findings });
  if (url === null) return null;
  const id = createHash("sha256").update(url.href).digest("hex").slice(0, 12);
  return {
    ...{ id, name: `${url.host} #${id.slice(0, 6)}`, url: url.href, secrets, allowPrivate },
    format: given.format ?? "standard",
    events: new Set(given.events ?? EVENT_TYPES),
    numbers: given.numbers == null ? null : new Set(given.numbers),
  };
}

/** An https URL, or http to this machine; the address it leads to is checked at each connection. */
function checkUrl(
  name: string,
  text: string,
  { allowPrivate, findings }: { allowPrivate: boolean; findings: Findings },
): URL | null {
  const refuse = (message: string, fix: string): null => {
    findings.add(name, message, fix);
    return null;
  };
  if (!URL.canParse(text)) return refuse("is not a URL", "Give an https URL.");
  const url = new URL(text);
  const isLocal = isLoopback(url.hostname);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isLocal)) {
    return refuse("is not an https URL", "Give an https URL, or http: with 127.0.0.1.");
  }
  if (url.username !== "" || url.password !== "") {
    return refuse("holds a user or a password", "Remove it: the signature proves the sender.");
  }
  const address = url.hostname.replace(/^\[|\]$/g, "");
  if (isIP(address) !== 0 && !isLocal && !allowPrivate && !isPublicAddress(address)) {
    return refuse(
      "is an address of a private network",
      "If it is yours, add allowPrivate: true to the endpoint.",
    );
  }
  url.hash = "";
  return url;
}
