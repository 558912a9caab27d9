/**
 * The three questions a platform asks of a role, on every port that answers them:
 *
 * - `/healthz` only covers the process. If Redis is not reachable, a restarted pod would not reach
 *   it either; so Redis counts for `/readyz` only.
 * - `/readyz` tells whether the role can do its work now.
 * - `/metrics`, where the port is not open to strangers.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Scrape } from "../core/scrape.ts";
import { PROBLEM_TYPE, type Problem, problemFields } from "./problem.ts";

export interface Probed {
  /** Whether the role can do its work now, above all: whether Redis answers. */
  readonly ready: () => boolean | Promise<boolean>;
  /**
   * What a person must put right, for the answer of `/readyz`; undefined: nothing that is known.
   */
  readonly problem?: (() => string | undefined) | undefined;
  /** The answer of a port that says no by its own code; left out: `{"status":"not ready"}`. */
  readonly notReady?: Problem;
  /** What `/metrics` shows; without it there is none. */
  readonly metrics?: Scrape | undefined;
}

export interface ProbeAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** An answer that takes longer than any probe waits is a no. */
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

/** The same on plain node:http. */
export async function answerProbe(
  path: string,
  probed: Probed,
  response: ServerResponse,
): Promise<void> {
  const { status, contentType, body } = await probe(path, probed);
  response.writeHead(status, {
    "content-type": contentType,
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
  });
  response.end(body);
}

/** Probes only look. */
export function mayProbe({ method }: Pick<IncomingMessage, "method">): boolean {
  return method === "GET" || method === "HEAD";
}

function json(status: number, body: object): ProbeAnswer {
  return { status, contentType: "application/json", body: JSON.stringify(body) };
}

/** A check that fails, or that hangs as a Redis connection may, is a no. */
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
