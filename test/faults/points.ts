/** Every point at which something is broken: each step of each role, before and after, in each way. */
import type { When } from "../support/redis-proxy.ts";

/**
 * `kill` the process whose step it is · answer it with an `error`, or reset its connection ·
 * `hang`: its connection goes silent and is reset later · Redis is `gone`: SIGKILL, and started
 * again on its file.
 */
export const WAYS = ["kill", "error", "cut", "hang", "gone"] as const;
export type Way = (typeof WAYS)[number];

/** A step that is a command to Redis. */
export interface RedisPoint {
  readonly kind: "redis";
  readonly role: "worker" | "webhooks" | "send";
  readonly command: string;
  readonly when: When;
  readonly way: Way;
}

/** A step that is bytes to or from the API. */
export interface ApiPoint {
  readonly kind: "api";
  readonly at: (typeof API_STEPS)[number];
  readonly way: Exclude<Way, "error">;
}

export type Point = RedisPoint | ApiPoint;

/** In the order in which a connection meets them. The API acts on a whole request only. */
export const API_STEPS = [
  "connect",
  "first byte of the request",
  "half of the request",
  "answer not begun",
  "half of the answer",
] as const;

const REDIS_STEPS = {
  worker: [
    "dispatch",
    "batches.addStandardJob",
    "batches.moveToActive",
    "hgetall",
    "claim",
    "record",
    "close-batch",
    "batches.moveToFinished",
    "sweep",
    "failed.addStandardJob",
    "zrem",
  ],
  webhooks: ["apply-status", "failed.addStandardJob", "zrem"],
  send: ["import-begin", "import-chunk", "import-finish"],
} as const;

export function allPoints(): Point[] {
  const points: Point[] = [];
  for (const role of ["worker", "webhooks", "send"] as const) {
    for (const command of REDIS_STEPS[role]) {
      for (const when of ["before", "after"] as const) {
        for (const way of WAYS) points.push({ kind: "redis", role, command, when, way });
      }
    }
  }
  for (const at of API_STEPS) {
    for (const way of ["kill", "cut", "hang", "gone"] as const) {
      points.push({ kind: "api", at, way });
    }
  }
  return points;
}

export function nameOf(point: Point): string {
  if (point.kind === "api") return `${point.way} at ${point.at}`;
  return `${point.way} ${point.when} ${point.command} of ${point.role}`;
}

/**
 * Whether a message that the API never had may end as `unknown` here. A worker that is killed
 * leaves claims behind; a request that was begun and cut may or may not have arrived. Nothing else
 * is an excuse.
 */
export function mayDoubt(point: Point): boolean {
  if (point.way === "kill") return point.kind === "api" || point.role === "worker";
  return (
    point.kind === "api" && point.at !== "answer not begun" && point.at !== "half of the answer"
  );
}
