import { createHash, randomBytes } from "node:crypto";
import type { Redis } from "ioredis";
import type { Mode } from "../../core/mode.ts";
import { ALL_NUMBERS, keySpace } from "../keys.ts";
import { createScriptRunner } from "../scripts/runner.ts";

/** How long the answer to an Idempotency-Key is kept. */
export const REQUESTS_KEPT_MS = 24 * 3_600_000;
/** A try that has given no sign for this long counts as dead: another may act. */
const LEASE_MS = 15_000;
/** A larger answer is not kept: the request is then carried out again, which is safe. */
const ANSWER_BYTES_MAX = 16 * 1024;

/** One try of a request with an Idempotency-Key. */
export interface RequestTry {
  /** The campaign that an earlier try began, whose answer was lost; null: none. */
  readonly campaign: string | null;
  /**
   * From now on a later try knows that this campaign is the request's. False: this try gave no
   * sign for too long, and another took over, or began another campaign. It must not go on.
   */
  note(campaign: string): Promise<boolean>;
  /** Keeps the answer; null: the request may be tried again. */
  end(answer: string | null): Promise<void>;
}

export type BegunRequest =
  | { readonly kind: "begun"; readonly request: RequestTry }
  /** What was answered before. */
  | { readonly kind: "answered"; readonly answer: string }
  /** Another try is being carried out. `waitMs`: until it counts as dead. */
  | { readonly kind: "busy"; readonly waitMs: number }
  /** The key was used for something else. */
  | { readonly kind: "other" };

/**
 * Requests of the HTTP API that have an Idempotency-Key: each is carried out once, and answered
 * alike for 24 hours. Each key expires by itself, so they cost nothing later.
 *
 * If the process dies after it acted and before the answer is kept, the next try acts again. Every
 * act bears that: what is reached already changes nothing, and a campaign that was begun is noted
 * here before its first row.
 */
export function createRequests(redis: Redis, mode: Mode) {
  const run = createScriptRunner(redis, keySpace(ALL_NUMBERS, mode));

  return {
    /** `who` and `key` name the request, `body` is the digest of what it asks for. */
    async begin(input: { who: string; key: string; body: string }): Promise<BegunRequest> {
      const { who, key, body } = input;
      const request = createHash("sha256").update(`${who}\n${key}`).digest("hex");
      const token = randomBytes(8).toString("hex");
      const lease = { request, body, token, leaseMs: LEASE_MS, keptMs: REQUESTS_KEPT_MS };
      const [kind, value] = await run("begin-request", lease);
      if (kind === "other") return { kind };
      if (kind === "answered") return { kind, answer: String(value) };
      if (kind === "busy") return { kind, waitMs: Number(value) };
      const alive = setInterval(() => {
        // Without Redis the act fails, too.
        run("begin-request", lease).catch(() => {});
      }, LEASE_MS / 3);
      const write = (campaign: string, answer: string, ends: "1" | "0") =>
        run("end-request", { request, token, campaign, answer, ends });
      return {
        kind: "begun",
        request: {
          campaign: value === "" ? null : String(value),
          async note(campaign) {
            return (await write(campaign, "", "0")) === 1;
          },
          async end(answer) {
            clearInterval(alive);
            const isKept = answer !== null && Buffer.byteLength(answer) <= ANSWER_BYTES_MAX;
            await write("", isKept ? answer : "", "1");
          },
        },
      };
    },
  };
}

export type Requests = ReturnType<typeof createRequests>;
