import type { IncomingMessage, ServerResponse } from "node:http";
import { SANDBOX_ANSWER, SANDBOX_PAGE } from "../core/mode.ts";
import { type Refusal, refuse } from "../core/refusal.ts";
import { parseKnobs } from "./knobs.ts";
import type { Handler } from "./listener.ts";
import {
  FIXED_OPTIONS,
  type SandboxOptions,
  type SandboxSettings,
  settingsFault,
  withOptions,
} from "./options.ts";

interface PagesDeps {
  readonly settings: () => SandboxSettings;
  readonly stats: () => object;
  readonly change: (options: SandboxOptions) => void;
}

/**
 * Pages that only the sandbox has: `GET /sandbox/mode`, which identifies it; `GET /sandbox/stats`;
 * and `POST /sandbox/knobs` with `{"option": "text as typed"}`, which changes a running sandbox.
 */
export function createPages(deps: PagesDeps): Handler {
  return (request, response, body) => {
    const route = `${request.method} ${request.url?.split("?")[0]}`;
    if (route === `GET ${SANDBOX_PAGE}`) {
      answer(response, 200, SANDBOX_ANSWER);
    } else if (route === "GET /sandbox/stats") {
      answer(response, 200, deps.stats());
    } else if (route === "POST /sandbox/knobs") {
      const refusal = changeKnobs(deps, request, body);
      answer(response, refusal === null ? 200 : 400, refusal === null ? {} : { error: refusal });
    } else {
      answer(response, 404, { error: "Try GET /sandbox/stats or POST /sandbox/knobs." });
    }
  };
}

function changeKnobs(deps: PagesDeps, request: IncomingMessage, body: Buffer): Refusal | null {
  const values = readTexts(body);
  // Requiring this content type stops other websites from changing knobs through a browser.
  if (request.headers["content-type"] !== "application/json" || values === null) {
    return refuse(
      "sandbox_knob_invalid",
      "The body is not a JSON object with option names and texts.",
      'Send content-type application/json and a body such as {"reject429":"0.1"}.',
    ).refusal;
  }
  const fixed = FIXED_OPTIONS.find((name) => name in values);
  if (fixed !== undefined) {
    return refuse(
      "sandbox_knob_fixed",
      `${fixed} cannot be changed while the sandbox runs.`,
      "Stop the sandbox and start it with the value you want.",
    ).refusal;
  }
  const parsed = parseKnobs(values);
  if (!parsed.ok) return parsed.refusal;
  const fault = settingsFault(withOptions(deps.settings(), parsed.value));
  if (fault === null) deps.change(parsed.value);
  return fault?.refusal ?? null;
}

function readTexts(body: Buffer): Record<string, string> | null {
  try {
    const parsed: unknown = JSON.parse(body.toString("utf8"));
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)
      ? Object.fromEntries(Object.entries(parsed).map(([name, value]) => [name, String(value)]))
      : null;
  } catch {
    return null;
  }
}

function answer(response: ServerResponse, httpStatus: number, body: object): void {
  response.writeHead(httpStatus, { "content-type": "application/json; charset=utf-8" });
  response.end(`${JSON.stringify(body)}\n`);
}
