/** macOS refuses names that are not UTF-8. */
export const ANY_NAME = process.platform !== "darwin";

/** A path with `?` for a byte that is no letter in UTF-8, as an archive of Windows leaves it. */
export function bytePath(path: string): Buffer {
  return Buffer.from(path.replaceAll("?", "\u00e4"), "latin1");
}
