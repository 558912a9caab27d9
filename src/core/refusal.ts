import type { RefusalCode } from "./refusals.ts";

/**
 * An expected failure (a bad file, an unknown id, a campaign that is already cancelled). It is a
 * value, never an exception; exceptions are for bugs and broken infrastructure. refusals.ts has
 * every code, and what it means.
 */
export interface Refusal {
  /** Stable, for scripts. */
  readonly code: RefusalCode;
  /**
   * What happened and where (file, line, column, field), as a sentence. Never a phone number or a
   * secret.
   */
  readonly message: string;
  /** What to do about it. */
  readonly fix: string;
  /** Its parts, if it has several. They may quote a list's content, so they are never logged. */
  readonly problems?: readonly RefusalProblem[];
}

interface RefusalProblem {
  /** What it is about: a variable, an encoding. The message continues from it. */
  readonly name: string;
  readonly message: string;
  readonly fix: string;
}

/** A value, or why there is none. */
export type Result<T> = { readonly ok: true; readonly value: T } | Refused;

/** The failure case of {@link Result}. */
export interface Refused {
  readonly ok: false;
  readonly refusal: Refusal;
}

export function accept<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

/** A refusal with the details of this case; see also `refusePlainly`. */
export function refuse(code: RefusalCode, message: string, fix: string): Refused {
  return { ok: false, refusal: { code, message, fix } };
}
