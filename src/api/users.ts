import { z } from "@hono/zod-openapi";
import { addUser, changeUser, removeUser, type UserDeps } from "../access/users.ts";
import { ROLES } from "../core/access.ts";
import { accept } from "../core/refusal.ts";
import { userJson } from "../export/access-json.ts";
import type { Router } from "./route.ts";
import { time } from "./schemas.ts";

const TAG = "Access";

export const role = z.enum(ROLES);
export const numbersBody = z.array(z.string().max(64)).max(1_000).nullable().openapi({
  description: "The names of the numbers that may be seen; null: all.",
});

const user = z
  .object({
    ...{ name: z.string(), role, numbers: numbersBody, disabled: z.boolean() },
    ...{ createdAt: time, lastUsedAt: time.nullable() },
  })
  .openapi("User");

const password = z.string().max(1_024).openapi({ description: "At least 12 characters." });

const addBody = z.strictObject({
  ...{ name: z.string().max(64), password, role, numbers: numbersBody },
});

const changeBody = z
  .strictObject({
    password: password.optional(),
    access: z.strictObject({ role, numbers: numbersBody }).optional(),
    disabled: z.boolean().optional(),
  })
  .refine((body) => Object.keys(body).length > 0);

/** People who may sign in by a name and a password of their own. */
export function addUsers({ route }: Router, deps: UserDeps): void {
  route(
    {
      ...{ method: "get", path: "/api/users", name: "listUsers", tag: TAG, everyNumber: true },
      ...{ summary: "People who may sign in", role: "admin", problems: [] },
      answer: z.object({ users: z.array(user) }),
    },
    async () => accept({ users: (await deps.users.list()).map(userJson) }),
  );

  route(
    {
      ...{
        method: "post",
        path: "/api/users",
        name: "addUser",
        tag: TAG,
        everyNumber: true,
        status: 201,
      },
      ...{ summary: "Adds a person", role: "admin", body: addBody, answer: user },
      secret: true,
      problems: [
        ...(["dashboard_body_invalid", "user_name_invalid", "user_name_taken"] as const),
        ...(["user_password_invalid", "users_too_many", "access_numbers_invalid"] as const),
      ],
    },
    async ({ by, body }) => {
      const added = await addUser(deps, body, by);
      return added.ok ? accept(userJson(added.value)) : added;
    },
  );

  route(
    {
      ...{
        method: "post",
        path: "/api/users/{name}",
        name: "changeUser",
        tag: TAG,
        everyNumber: true,
      },
      ...{ summary: "Changes a person, and ends their sessions", role: "admin" },
      ...{ body: changeBody, answer: user, secret: true },
      problems: [
        ...(["dashboard_body_invalid", "user_unknown", "user_password_invalid"] as const),
        ...(["access_numbers_invalid"] as const),
      ],
    },
    async ({ by, part, body }) => {
      const changed = await changeUser(deps, part("name"), body, by);
      return changed.ok ? accept(userJson(changed.value)) : changed;
    },
  );

  route(
    {
      ...{
        method: "delete",
        path: "/api/users/{name}",
        name: "removeUser",
        tag: TAG,
        everyNumber: true,
      },
      ...{ summary: "Removes a person, and ends their sessions", role: "admin" },
      ...{ answer: z.object({ name: z.string() }) },
      problems: ["user_unknown"],
    },
    ({ by, part }) => removeUser(deps, part("name"), by),
  );
}
