import type { ActLine } from "../core/act.ts";
import { isoTime } from "../core/format.ts";

/** Lines of the audit, for people and as JSON. */

/** What was done: `pause main-17 (status paused)`. */
export function actWords({ what, campaigns, details }: ActLine): string {
  const facts = Object.entries(details).map(([name, value]) => `${spaced(name)} ${String(value)}`);
  const about = campaigns.length === 0 ? "" : ` ${campaigns.join(", ")}`;
  return `${what}${about}${facts.length === 0 ? "" : ` (${facts.join("; ")})`}`;
}

/** `done`, `refused: cannot_pause`, or that the result is not known. */
export function actResultWords({ result, code }: ActLine): string {
  if (result === "begun") return "begun, result not noted";
  return code === null ? result : `${result}: ${code}`;
}

/** `host-1 (command line)`. */
export function actFromWords({ from, via }: ActLine): string {
  return `${from} (${via})`;
}

export function actJson({ at, who, via, from, what, campaigns, details, result, code }: ActLine) {
  return {
    at: isoTime(at),
    who,
    via,
    from,
    what,
    campaigns: [...campaigns],
    details,
    result,
    code,
  };
}

/** `ratePerSecond` -> `rate per second`. Kept lines say `haltLifted` for a lifted suspension. */
function spaced(name: string): string {
  if (name === "haltLifted") return "suspension lifted";
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
