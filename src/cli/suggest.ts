import { nearest } from "../core/nearest.ts";
import type { CommandSpec, OptionSpec } from "./command.ts";

/**
 * The likely meaning of a mistyped command or option; null if nothing is near, or if the nearest
 * would send, confirm or delete: a person may run the suggestion without reading it.
 */
export function suggestion(
  typed: string,
  known: readonly (CommandSpec | OptionSpec)[],
): string | null {
  // Of two equally near ones, assume the one that acts.
  const acting = known.filter(({ harmless }) => harmless === undefined).map(nameOf);
  const harmless = known.filter((one) => one.harmless === true).map(nameOf);
  const meant = nearest(typed, [...acting, ...harmless]);
  return meant !== null && harmless.includes(meant) ? meant : null;
}

function nameOf(spec: CommandSpec | OptionSpec): string {
  return "flags" in spec ? (/--[a-z0-9-]+/.exec(spec.flags)?.[0] ?? spec.flags) : spec.name;
}
