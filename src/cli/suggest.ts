import { nearest } from "../core/nearest.ts";
import type { CommandSpec, OptionSpec } from "./command.ts";

/**
 * What was probably meant by a mistyped command or option; null when nothing is near, or when what
 * is would send, confirm or delete: a shell may repeat a line that was corrected without a look.
 */
export function suggestion(
  typed: string,
  known: readonly (CommandSpec | OptionSpec)[],
): string | null {
  // Of two that are equally near, the one that acts is taken to be meant.
  const acting = known.filter(({ harmless }) => harmless === undefined).map(nameOf);
  const harmless = known.filter((one) => one.harmless === true).map(nameOf);
  const meant = nearest(typed, [...acting, ...harmless]);
  return meant !== null && harmless.includes(meant) ? meant : null;
}

function nameOf(spec: CommandSpec | OptionSpec): string {
  return "flags" in spec ? (/--[a-z0-9-]+/.exec(spec.flags)?.[0] ?? spec.flags) : spec.name;
}
