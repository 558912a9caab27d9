/** A request to the HTTP API. */
export interface ApiRequest {
  readonly path: string;
  /** Default: POST with a body, else GET. */
  readonly method?: "GET" | "POST";
  readonly body?: unknown;
  /** Sent as `Idempotency-Key`: a repeated request gets the first answer. */
  readonly key?: string;
}

/** What the API answered, or its refusal: a stable code, and words for people. */
export type ApiAnswer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: string; readonly words: string };

export type AskApi = (request: ApiRequest) => Promise<ApiAnswer>;

const ANSWER_MS_MAX = 60_000;

/** Asks the HTTP API with a token. Resolves always: `api_away` if it cannot be reached. */
export function createApiClient({
  url,
  token,
}: {
  readonly url: URL;
  readonly token: string;
}): AskApi {
  return async ({ path, body, method = body === undefined ? "GET" : "POST", key }) => {
    const headers = {
      ...{ authorization: `Bearer ${token}`, accept: "application/json" },
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(key === undefined ? {} : { "idempotency-key": key }),
    };
    try {
      const answer = await fetch(new URL(path, url), {
        ...{ method, headers },
        // Else the token would go wherever the answer points to.
        redirect: "error",
        signal: AbortSignal.timeout(ANSWER_MS_MAX),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const value = (await answer.json()) as unknown;
      return answer.ok ? { ok: true, value } : refusal(value);
    } catch {
      return {
        ok: false,
        code: "api_away",
        words: `The HTTP API at ${url.origin} did not answer. Whether the request was carried out is not known: look before you repeat it. Is the dashboard running there, and --url right?`,
      };
    }
  };
}

/** From the problem body of the API (src/http/problem.ts). */
function refusal(body: unknown): ApiAnswer {
  const { code, detail, fix } = (body ?? {}) as Readonly<Record<string, unknown>>;
  const words = [detail, fix].filter((text) => typeof text === "string").join(" ");
  return { ok: false, code: typeof code === "string" ? code : "api_refused", words };
}

/** The answer of the API as the result of a tool. */
export function asResult(answer: ApiAnswer) {
  return answer.ok ? textResult(answer.value) : errorResult(answer);
}

export function textResult(value: unknown) {
  return { content: [{ type: "text" as const, text: JSON.stringify(value, null, 1) }] };
}

export function errorResult({ code, words }: { readonly code: string; readonly words: string }) {
  return { content: [{ type: "text" as const, text: `${code}: ${words}` }], isError: true };
}
