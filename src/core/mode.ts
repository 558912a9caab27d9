/** Whom messages reach: real people, or nobody, because the API is the simulated one. */
export const MODES = ["live", "sandbox"] as const;
export type Mode = (typeof MODES)[number];

/** The mode in a word that no eye passes over. */
export function modeName(mode: Mode): string {
  return mode.toUpperCase();
}

/**
 * Where the simulated API says that it is one, below its base URL, and what it says there. Where an
 * API listens proves nothing: a tunnel or a debugging proxy on loopback leads to the real one.
 */
export const SANDBOX_PAGE = "/sandbox/mode";
export const SANDBOX_ANSWER = { api: "dropcast-sandbox" } as const;
