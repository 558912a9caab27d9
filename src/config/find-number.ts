import { accept, type Result, refuse } from "../core/refusal.ts";
import { refuseUnknownNumber } from "../core/unknown-number.ts";
import type { Config, NumberConfig, SendingNumber } from "./config.ts";

/**
 * The configured number of that name; refuses an unknown one (`number_unknown`) and suggests the
 * nearest name.
 */
export function findNumber(
  config: Pick<Config, "numbers"> & Partial<Pick<Config, "otherNumbers">>,
  name: string,
): Result<NumberConfig> {
  const number = Object.hasOwn(config.numbers, name) ? config.numbers[name] : undefined;
  if (number !== undefined) return accept(number);
  const names = Object.keys(config.numbers);
  if (config.otherNumbers?.includes(name)) {
    return refuse(
      "number_unknown",
      `The number "${name}" is configured, but DROPCAST_NUMBERS has only ${names.join(", ")} here.`,
      "Add it to DROPCAST_NUMBERS, or do this where that number is served.",
    );
  }
  return refuseUnknownNumber(name, names);
}

/** For roles that send; refuses a number without id or token (`number_incomplete`). */
export function requireSendingNumber(number: NumberConfig): Result<SendingNumber> {
  const { id, token, name } = number;
  if (id !== null && token !== null) return accept({ ...number, id, token });
  const missing = [id === null ? "id" : null, token === null ? "token" : null];
  const place =
    name === "main"
      ? "Set DROPCAST_NUMBER_ID and DROPCAST_API_TOKEN (or DROPCAST_API_TOKEN_FILE)"
      : `Set id and token (or tokenFile) of numbers.${name} in the file that DROPCAST_CONFIG names`;
  return refuse(
    "number_incomplete",
    `The number "${name}" cannot send: it has no ${missing.filter(Boolean).join(" and no ")}.`,
    `${place}; docs/getting-started.md says where to get them. To try without them: dropcast up --sandbox`,
  );
}

/** The numbers' country, if all have the same: for phones that are given without a number. */
export function commonCountry({ numbers }: Pick<Config, "numbers">): string | null {
  const countries = new Set(Object.values(numbers).map(({ country }) => country));
  const [only = null] = countries;
  return countries.size === 1 ? only : null;
}
