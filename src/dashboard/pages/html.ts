import type { html } from "hono/html";

/** The result of a tagged template of `hono/html`. Values in it are escaped. */
export type Html = ReturnType<typeof html>;
