import { z } from "@hono/zod-openapi";
import { addToken, removeToken, type TokenDeps } from "../access/tokens.ts";
import { accept } from "../core/refusal.ts";
import { tokenJson } from "../export/access-json.ts";
import type { Router } from "./route.ts";
import { time } from "./schemas.ts";
import { numbersBody, role } from "./users.ts";

const TAG = "Access";
const DAY_MS = 24 * 3_600_000;

const token = z
  .object({
    ...{ name: z.string(), role, numbers: numbersBody },
    ...{ createdAt: time, expiresAt: time.nullable(), lastUsedAt: time.nullable() },
  })
  .openapi("Token");

const addBody = z.strictObject({
  ...{ name: z.string().max(64), role, numbers: numbersBody },
  expiresDays: z.int().min(1).max(9_999).nullable().default(null).openapi({
    description: "Null: it does not expire.",
  }),
});

const made = token.extend({
  token: z.string().openapi({ description: "Shown in this answer only." }),
});

/** Keys for scripts. */
export function addTokens({ route }: Router, deps: TokenDeps): void {
  route(
    {
      ...{ method: "get", path: "/api/tokens", name: "listTokens", tag: TAG, everyNumber: true },
      ...{ summary: "Tokens, without their text", role: "admin" },
      ...{ problems: [], answer: z.object({ tokens: z.array(token) }) },
    },
    async () => accept({ tokens: (await deps.tokens.list()).map(tokenJson) }),
  );

  route(
    {
      ...{
        method: "post",
        path: "/api/tokens",
        name: "addToken",
        tag: TAG,
        everyNumber: true,
        status: 201,
      },
      ...{ summary: "Makes a token, whose text is shown once", role: "admin" },
      secret: true,
      ...{ body: addBody, answer: made },
      problems: [
        ...(["dashboard_body_invalid", "token_name_invalid", "token_name_taken"] as const),
        ...(["tokens_too_many", "access_numbers_invalid"] as const),
      ],
    },
    async ({ by, body: { expiresDays, ...wanted } }) => {
      const lastsMs = expiresDays === null ? null : expiresDays * DAY_MS;
      const added = await addToken(deps, { ...wanted, lastsMs }, by);
      if (!added.ok) return added;
      return accept({ ...tokenJson(added.value), token: added.value.token });
    },
  );

  route(
    {
      ...{
        method: "delete",
        path: "/api/tokens/{name}",
        name: "removeToken",
        tag: TAG,
        everyNumber: true,
      },
      ...{ summary: "Removes a token: it opens nothing from now on", role: "admin" },
      ...{ answer: z.object({ name: z.string() }) },
      problems: ["token_unknown"],
    },
    ({ by, part }) => removeToken(deps, part("name"), by),
  );
}
