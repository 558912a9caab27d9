import type { ActKind, ActLine } from "../core/act.ts";
import { type ActLog, type ActPage, numberOfCampaign } from "../store/index.ts";

/** What a person looks for in the audit. Null: all. */
export interface AuditFilter {
  readonly campaign: string | null;
  /** Part of a name, in any case. */
  readonly who: string | null;
  readonly what: ActKind | null;
  /** Ms since 1970. */
  readonly sinceMs: number;
  readonly untilMs?: number;
  /** `next` of the page before. */
  readonly before?: string;
}

/** Lines that one request looks at, so that a page costs the same however long the audit is. */
const LOOKED_AT_MAX = 5_000;

/**
 * A page of the audit. `numbers`: of which lines may be seen; null: all. Who is limited to some
 * numbers sees what was done with campaigns of these.
 */
export function readAudit(
  acts: Pick<ActLog, "read">,
  filter: AuditFilter,
  { limit, numbers }: { readonly limit: number; readonly numbers: ReadonlySet<string> | null },
): Promise<ActPage> {
  const { campaign, sinceMs, untilMs, before } = filter;
  return acts.read({
    ...{ campaign, sinceMs, limit, lookedAtMax: LOOKED_AT_MAX },
    ...(untilMs === undefined ? {} : { untilMs }),
    ...(before === undefined ? {} : { before }),
    matches: (line) => isWanted(line, filter) && isVisible(line, numbers),
  });
}

/** The newest `limit` matching lines, however many others stand between them. */
export async function newestActs(
  acts: Pick<ActLog, "read">,
  filter: AuditFilter,
  limit: number,
): Promise<Pick<ActPage, "lines" | "isCut">> {
  const found: ActLine[] = [];
  for (let asked = filter; ; ) {
    const room = { limit: limit - found.length, numbers: null };
    const { lines, next } = await readAudit(acts, asked, room);
    found.push(...lines);
    if (next === null || found.length === limit) return { lines: found, isCut: next !== null };
    asked = { ...asked, before: next };
  }
}

/** Every matching line, page by page, for a file: only for what a person asks for. */
export async function* auditLines(
  acts: Pick<ActLog, "read">,
  filter: AuditFilter,
  numbers: ReadonlySet<string> | null,
): AsyncGenerator<readonly ActLine[]> {
  for (let asked = filter; ; ) {
    const { lines, next } = await readAudit(acts, asked, { limit: LOOKED_AT_MAX, numbers });
    yield lines;
    if (next === null) return;
    asked = { ...asked, before: next };
  }
}

function isWanted(line: ActLine, { who, what }: AuditFilter): boolean {
  if (what !== null && line.what !== what) return false;
  return who === null || line.who.toLowerCase().includes(who.toLowerCase());
}

function isVisible({ campaigns }: ActLine, numbers: ReadonlySet<string> | null): boolean {
  if (numbers === null) return true;
  return campaigns.length > 0 && campaigns.every((id) => numbers.has(numberOfCampaign(id) ?? ""));
}
