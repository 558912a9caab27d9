import { audited } from "../campaigns/audited.ts";
import type { Actor } from "../core/act.ts";
import { accept, type Result, refuse } from "../core/refusal.ts";
import type { ActLog, Sessions } from "../store/index.ts";

export interface SessionDeps {
  readonly sessions: Pick<Sessions, "list" | "end">;
  readonly acts: Pick<ActLog, "begin" | "end">;
}

/** Ends a session, perhaps one's own. Refusal: `session_unknown`. */
export async function endSession(
  { sessions, acts }: SessionDeps,
  id: string,
  by: Actor,
): Promise<Result<{ readonly id: string }>> {
  const session = (await sessions.list()).find((one) => one.id === id);
  if (session === undefined) return refuseUnknown();
  const details = { of: session.who };
  return audited(acts, by, { what: "end session", details }, async () =>
    (await sessions.end(id)) ? accept({ id }) : refuseUnknown(),
  );
}

function refuseUnknown() {
  return refuse(
    "session_unknown",
    "There is no session with this id: it ended meanwhile.",
    "None needed.",
  );
}
