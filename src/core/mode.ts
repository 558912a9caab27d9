/** `live`: messages reach real people. `sandbox`: the API is simulated and they reach no one. */
export const MODES = ["live", "sandbox"] as const;
export type Mode = (typeof MODES)[number];

/** The mode in capitals, so that it stands out. */
export function modeName(mode: Mode): string {
  return mode.toUpperCase();
}

/**
 * How advised commands end, so that they mean the same campaign also when its sandbox has ended.
 */
export function modeOption(mode: Mode): string {
  return mode === "sandbox" ? " --sandbox" : "";
}

/**
 * The path below its base URL where the simulated API identifies itself, and its answer there. An
 * API's address proves nothing: a tunnel or a debugging proxy on loopback leads to the real one.
 */
export const SANDBOX_PAGE = "/sandbox/mode";
export const SANDBOX_ANSWER = { api: "dropcast-sandbox" } as const;
