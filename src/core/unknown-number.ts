import { didYouMean } from "./nearest.ts";
import { type Refused, refuse } from "./refusal.ts";

/**
 * `number_unknown`, with the nearest of the `known` names: those that may be named where it was
 * asked for. `place`: the file that names it.
 */
export function refuseUnknownNumber(
  name: string,
  known: readonly string[],
  place?: string,
): Refused {
  const what =
    place === undefined
      ? `There is no number "${name}"`
      : `${place} is for the number "${name}", which is not configured`;
  return refuse(
    "number_unknown",
    `${what}${didYouMean(name, known) || "."}${known.length === 0 ? "" : ` Configured: ${known.join(", ")}.`}`,
    "Name a configured number, or add it to the file that DROPCAST_CONFIG names; where DROPCAST_NUMBERS is set, there too.",
  );
}
