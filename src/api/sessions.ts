import { z } from "@hono/zod-openapi";
import { endSession, type SessionDeps } from "../access/sessions.ts";
import { isoTime } from "../core/format.ts";
import { accept } from "../core/refusal.ts";
import type { Router } from "./route.ts";
import { time } from "./schemas.ts";

const TAG = "Access";

const session = z.object({
  ...{ id: z.string(), who: z.string(), from: z.string(), createdAt: time, lastUsedAt: time },
});

/** Browsers that are signed in. */
export function addSessions({ route }: Router, deps: SessionDeps): void {
  route(
    {
      ...{ method: "get", path: "/api/sessions", name: "listSessions", tag: TAG },
      ...{ summary: "Browsers that are signed in", role: "admin", everyNumber: true },
      ...{ problems: [], answer: z.object({ sessions: z.array(session) }) },
    },
    async () => {
      const all = await deps.sessions.list();
      return accept({
        sessions: all.map(({ id, who, from, createdAt, usedAt }) => ({
          ...{ id, who, from, createdAt: isoTime(createdAt), lastUsedAt: isoTime(usedAt) },
        })),
      });
    },
  );

  route(
    {
      ...{ method: "delete", path: "/api/sessions/{id}", name: "endSession", tag: TAG },
      ...{ summary: "Ends a session", role: "admin", everyNumber: true },
      ...{ problems: ["session_unknown"], answer: z.object({ id: z.string() }) },
    },
    ({ by, part }) => endSession(deps, part("id"), by),
  );
}
