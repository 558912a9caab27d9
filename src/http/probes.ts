/**
 * The three probes of a role, on every port that answers them:
 *
 * - `/healthz` reports on the process alone. Restarting a pod does not bring Redis back, so Redis
 *   counts only for `/readyz`.
 * - `/readyz` reports whether the role can work now.
 * - `/metrics`, if the port is not public.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Scrape } from "../core/scrape.ts";
import { answerProblem } from "./answer-problem.ts";
import { PROBLEM_TYPE, type Problem, problemFields } from "./problem.ts";

export interface Probed {
  /** Whether the role can work now, mainly: whether Redis answers. */
  readonly ready: () => boolean | Promise<boolean>;
  /** A problem to fix, shown by `/readyz`; undefined: none is known. */
  readonly problem?: (() => string | undefined) | undefined;
  /** The body if not ready, for a port with its own code; default: `{"status":"not ready"}`. */
  readonly notReady?: Problem;
  /** The contents of `/metrics`; without it there is no `/metrics`. */
  readonly metrics?: Scrape | undefined;
}

export interface ProbeAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** A check that takes longer than any probe waits counts as failed. */
const READY_TIMEOUT_MS = 2_000;

/** Whether a path, without its query, is one of the probes. */
export function isProbe(path: string, { metrics }: Pick<Probed, "metrics">): boolean {
  return (
    path === "/healthz" || path === "/readyz" || (path === "/metrics" && metrics !== undefined)
  );
}

/** The answer to a GET of a path that {@link isProbe}. */
export async function probe(path: string, probed: Probed): Promise<ProbeAnswer> {
  if (path === "/metrics" && probed.metrics !== undefined) {
    const { contentType } = probed.metrics;
    return { status: 200, contentType, body: await probed.metrics.text() };
  }
  if (path !== "/readyz") return json(200, { status: "ok" });
  const { notReady } = probed;
  const ready = await askReady(probed.ready);
  if (!ready && notReady !== undefined) {
    return { ...json(503, problemFields(notReady)), contentType: PROBLEM_TYPE };
  }
  return json(ready ? 200 : 503, {
    status: ready ? "ready" : "not ready",
    problem: probed.problem?.(),
  });
}

/** What a port answers to a request that none of its addresses takes. */
export interface PortProblems {
  readonly notFound: Problem;
  readonly methodNotAllowed: Problem;
}

/**
 * The same on plain node:http, for every request that no other address of the port takes: what is
 * not a probe, or would change something, is refused.
 */
export async function answerProbe(
  { path, request, response }: { path: string; request: IncomingMessage; response: ServerResponse },
  probed: Probed,
  problems: PortProblems,
): Promise<void> {
  if (!isProbe(path, probed)) return answerProblem(request, response, problems.notFound);
  if (request.method !== "GET" && request.method !== "HEAD") {
    return answerProblem(request, response, problems.methodNotAllowed, { allow: "GET, HEAD" });
  }
  const { status, contentType, body } = await probe(path, probed);
  response.writeHead(status, {
    "content-type": contentType,
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
  });
  response.end(body);
}

function json(status: number, body: object): ProbeAnswer {
  return { status, contentType: "application/json", body: JSON.stringify(body) };
}

/** A check that fails, or hangs as a Redis connection may, counts as not ready. */
async function askReady(ready: Probed["ready"]): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), READY_TIMEOUT_MS);
  });
  try {
    return await Promise.race([ready(), tooLong]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}
