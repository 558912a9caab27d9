/** Longer cells are hardly ever the same twice. */
const KNOWN_BYTES_MAX = 16;
const KNOWN_CELLS = 1_024;

/**
 * Reads cells as UTF-8. Most cells of a list are in other rows too (cities, languages, first
 * names), so the last thousand short ones are kept by their bytes: to find one takes a fifth of
 * the time of making it, and a row that waits for its batch holds less memory.
 */
export function createCellTexts(): (bytes: Buffer, length: number) => string {
  const known = new Uint8Array(KNOWN_CELLS * KNOWN_BYTES_MAX);
  const lengths = new Uint8Array(KNOWN_CELLS);
  const texts = new Array<string>(KNOWN_CELLS).fill("");
  return (bytes, length) => {
    if (length === 0) return "";
    if (length > KNOWN_BYTES_MAX) return bytes.toString("utf8", 0, length);
    let hash = length;
    for (let at = 0; at < length; at++) hash = (Math.imul(hash, 31) + (bytes[at] ?? 0)) | 0;
    const slot = (hash ^ (hash >>> 10)) & (KNOWN_CELLS - 1);
    const from = slot * KNOWN_BYTES_MAX;
    if (lengths[slot] === length) {
      let at = 0;
      while (at < length && known[from + at] === bytes[at]) at++;
      if (at === length) return texts[slot] ?? "";
    }
    const text = bytes.toString("utf8", 0, length);
    for (let at = 0; at < length; at++) known[from + at] = bytes[at] ?? 0;
    lengths[slot] = length;
    texts[slot] = text;
    return text;
  };
}
