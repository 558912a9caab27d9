import type { MiddlewareHandler } from "hono";

/** Nothing from other hosts, nothing inline. */
const POLICY = [
  "default-src 'self'",
  "base-uri 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "object-src 'none'",
];

/** Bull Board sets styles from its script and in its first paint; scripts stay our own files. */
const BOARD_POLICY = [...POLICY, "style-src 'self' 'unsafe-inline'", "img-src 'self' data:"];

const HEADERS = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  // With no-referrer a browser would hide the Origin of our own forms, which origin.ts checks.
  "referrer-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

/** On every answer. No cache stores data; a cacheable asset sets its own header. */
export const securityHeaders: MiddlewareHandler = async (context, next) => {
  await next();
  const { headers } = context.res;
  const policy = /^\/queues(\/|$)/.test(context.req.path) ? BOARD_POLICY : POLICY;
  headers.set("content-security-policy", policy.join("; "));
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  if (!headers.has("cache-control")) headers.set("cache-control", "no-store");
};
