/**
 * Randomness without a sequence. A decision is a pure function of seed, number, recipient, the
 * recipient's count of POSTs, and purpose. So neither concurrency nor the order of requests affects
 * it, and changing one knob does not shift the draws of another.
 */

const GOLDEN_RATIO_32 = 0x9e3779b9;

/** The state for all draws of one POST: an unsigned 32-bit number. */
export function randomStateOf(seed: number, number: string, to: string, nth: number): number {
  let hash = mix(seed);
  hash = addText(hash, number);
  hash = addText(mix(hash), to);
  return mix(hash ^ Math.imul(nth, GOLDEN_RATIO_32));
}

/** A number in [0, 1) that depends only on state and purpose. */
export function draw(state: number, purpose: number): number {
  return mix(state + Math.imul(purpose + 1, GOLDEN_RATIO_32)) / 0x1_0000_0000;
}

/** A number in `range`. */
export function drawWithin(
  range: readonly [number, number],
  state: number,
  purpose: number,
): number {
  return range[0] === range[1] ? range[0] : range[0] + (range[1] - range[0]) * draw(state, purpose);
}

/** FNV-1a over the UTF-16 units. */
function addText(start: number, text: string): number {
  let hash = start;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}

/** The finaliser of MurmurHash3: every input bit changes every output bit. */
function mix(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
