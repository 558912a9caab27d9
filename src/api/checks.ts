/**
 * Checks of whole lists that a page asks for and then looks at: a million rows take seconds, so the
 * page shows how far it is. Results are remembered for a while; the same request gets the same one.
 */
import type { Logger } from "pino";
import type { ImportResult } from "../producer/report.ts";
import type { ImportProgress } from "../producer/request.ts";
import type { CreateRequest } from "./create-request.ts";
import { CHECK_HOLDS_MS, type Imports } from "./imports.ts";

export type Check =
  | { readonly kind: "running"; readonly progress: ImportProgress | null }
  /** Three others are being worked on. */
  | { readonly kind: "busy" }
  /** Redis or the disk failed. */
  | { readonly kind: "failed" }
  | { readonly kind: "done"; readonly result: ImportResult; readonly atMs: number };

const REMEMBERED_MAX = 50;

export function createChecks(imports: Pick<Imports, "check">, logger: Logger) {
  const checks = new Map<string, Check>();

  function start(request: CreateRequest): Check {
    const key = request.checkDigest;
    const begun: Check = { kind: "running", progress: null };
    checks.delete(key);
    checks.set(key, begun);
    for (const [oldest, { kind }] of checks) {
      if (checks.size <= REMEMBERED_MAX) break;
      if (kind !== "running") checks.delete(oldest);
    }
    const onProgress = (progress: ImportProgress) => {
      checks.set(key, { kind: "running", progress });
    };
    imports.check(request, onProgress).then(
      (result) =>
        checks.set(
          key,
          result === "busy" ? { kind: "busy" } : { kind: "done", result, atMs: Date.now() },
        ),
      (error: unknown) => {
        logger.warn({ err: error }, "a list cannot be checked");
        checks.set(key, { kind: "failed" });
      },
    );
    return begun;
  }

  return {
    /** What is known; a check that is not running and has no fresh result is begun. */
    look(request: CreateRequest): Check {
      const known = checks.get(request.checkDigest);
      if (known === undefined || known.kind === "busy" || known.kind === "failed") {
        const begun = start(request);
        return known ?? begun;
      }
      const isOld = known.kind === "done" && known.atMs + CHECK_HOLDS_MS < Date.now();
      return isOld ? start(request) : known;
    },

    /** Checks it again, if it is not being checked. */
    again(request: CreateRequest): void {
      if (checks.get(request.checkDigest)?.kind !== "running") start(request);
    },
  };
}
