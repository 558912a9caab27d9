/**
 * Which phones of a list have occurred, and in which row first: a hash table in two typed arrays
 * (open addressing, linear probing). A phone has at most 15 digits (E.164), so a double holds it
 * exactly. 12 bytes a slot: 10 million phones take 200 MB where a `Map` takes a gigabyte.
 */
export interface SeenPhones {
  /**
   * The row of this phone's first occurrence; 0 if this is the first, and then `row` is stored.
   * `digits` are at most 15 digits without a leading zero; rows count from 1.
   */
  firstRow(digits: string, row: number): number;
  /** The row of this phone's first occurrence, or 0; stores nothing. */
  rowOf(digits: string): number;
  readonly size: number;
}

export function createSeenPhones(input: { expected: number } = { expected: 1_000 }): SeenPhones {
  let capacity = 1024;
  while (capacity * FULL < input.expected) capacity *= 2;
  let phones = new Float64Array(capacity);
  let rows = new Uint32Array(capacity);
  let size = 0;

  function grow(): void {
    const oldPhones = phones;
    const oldRows = rows;
    capacity *= 2;
    phones = new Float64Array(capacity);
    rows = new Uint32Array(capacity);
    for (let at = 0; at < oldPhones.length; at++) {
      const phone = oldPhones[at] ?? 0;
      if (phone === 0) continue;
      const slot = find(phones, phone);
      phones[slot] = phone;
      rows[slot] = oldRows[at] ?? 0;
    }
  }

  return {
    firstRow(digits, row) {
      const phone = Number(digits);
      const slot = find(phones, phone);
      if (phones[slot] === phone) return rows[slot] ?? 0;
      phones[slot] = phone;
      rows[slot] = row;
      size++;
      if (size > capacity * FULL) grow();
      return 0;
    },
    rowOf(digits) {
      const phone = Number(digits);
      const slot = find(phones, phone);
      return phones[slot] === phone ? (rows[slot] ?? 0) : 0;
    },
    get size() {
      return size;
    },
  };
}

/** Fuller tables make long searches, emptier ones waste memory. */
const FULL = 0.65;

/** The slot that holds `phone`, or the empty one where it belongs. An empty slot holds 0. */
function find(phones: Float64Array, phone: number): number {
  const mask = phones.length - 1;
  let slot = slotOf(phone, mask);
  while (phones[slot] !== 0 && phones[slot] !== phone) slot = (slot + 1) & mask;
  return slot;
}

/**
 * Where a search for `phone` begins. Lists are full of neighbouring numbers, so both halves are
 * mixed well (murmur3's finaliser).
 */
export function slotOf(phone: number, mask: number): number {
  let hash = ((phone % 4294967296) ^ Math.imul(phone / 4294967296, 0x9e3779b1)) | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) & mask;
}
