import { get as getHttp } from "node:http";
import { get as getHttps } from "node:https";
import { type Mode, SANDBOX_ANSWER, SANDBOX_PAGE } from "../core/mode.ts";
import { accept, type Result, refuse } from "../core/refusal.ts";

/** A person waits for the answer. On a machine that is very busy it takes seconds. */
const ANSWER_MS_MAX = 10_000;
const BODY_BYTES_MAX = 4_096;
/** The statuses of a proxy that cannot reach its upstream. */
const UPSTREAM_DOWN = [502, 503, 504];

/**
 * Asks an API whether it is the sandbox: only an explicit yes counts. No token is sent. Refuses
 * with `api_mode_unknown` if it does not answer: the mode is never guessed.
 */
export async function askApiMode(apiUrl: string): Promise<Result<Mode>> {
  let said: Said;
  try {
    said = await read(`${apiUrl}${SANDBOX_PAGE}`);
  } catch (error) {
    const { name, code, message } = error as NodeJS.ErrnoException;
    const late = name === "AbortError" || name === "TimeoutError";
    return refuseUnknown(
      apiUrl,
      late ? `nothing came for ${ANSWER_MS_MAX / 1_000} s` : (code ?? message),
    );
  }
  if (UPSTREAM_DOWN.includes(said.status)) return refuseUnknown(apiUrl, `HTTP ${said.status}`);
  return accept(said.status === 200 && isSandbox(said.body) ? "sandbox" : "live");
}

interface Said {
  readonly status: number;
  readonly body: string;
}

/** Does not follow redirects: whatever their target is, this address is not the sandbox. */
function read(url: string): Promise<Said> {
  const get = url.startsWith("https:") ? getHttps : getHttp;
  const signal = AbortSignal.timeout(ANSWER_MS_MAX);
  return new Promise((resolve, reject) => {
    const request = get(url, { signal, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("error", reject);
      response.on("data", (text: string) => {
        body += text;
        // Another server, whose answer may be endless.
        if (body.length > BODY_BYTES_MAX) response.destroy();
      });
      response.on("close", () => resolve({ status: response.statusCode ?? 0, body }));
    });
    request.on("error", reject);
  });
}

function isSandbox(body: string): boolean {
  try {
    const said = JSON.parse(body) as Partial<typeof SANDBOX_ANSWER> | null;
    return said?.api === SANDBOX_ANSWER.api;
  } catch {
    return false;
  }
}

function refuseUnknown(apiUrl: string, why: string): Result<never> {
  return refuse(
    "api_mode_unknown",
    `The API at ${apiUrl} does not answer (${why}), so it is not known whether it is the sandbox or leads to real people.`,
    "Start the server at that address. If you mean the live API in any case, add --live.",
  );
}
