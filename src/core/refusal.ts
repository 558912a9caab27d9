/**
 * How Dropcast says no. An expected failure (a bad file, an unknown id, a campaign that is
 * already cancelled) is a value, never an exception; exceptions are for bugs and dead
 * infrastructure. Every code is listed in docs/errors.md, and a test holds the two equal.
 */
export interface Refusal {
  /** Stable, for scripts: `lower_snake_case`. */
  readonly code: string;
  /** What happened and where (file, line, column, field). Never a phone number or a secret. */
  readonly message: string;
  /** What to do about it. */
  readonly fix: string;
  /** Its parts, where it has several. They may show what a list holds, and are never logged. */
  readonly problems?: readonly RefusalProblem[];
}

export interface RefusalProblem {
  /** Whose it is: a variable, an encoding. The message goes on from it. */
  readonly name: string;
  readonly message: string;
  readonly fix: string;
}

/** A value, or the reason why there is none. */
export type Result<T> = { readonly ok: true; readonly value: T } | Refused;

/** The losing arm of {@link Result}. */
export interface Refused {
  readonly ok: false;
  readonly refusal: Refusal;
}

export function accept<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

export function refuse(code: string, message: string, fix: string): Refused {
  return { ok: false, refusal: { code, message, fix } };
}
