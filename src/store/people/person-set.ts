/**
 * A set of persons by their digests: open addressing in one typed array, 12 bytes a person where a
 * `Set` of strings takes 80. A million people take 16 MB.
 */
interface PersonSet {
  /** Whether the person was added just now; false: they were in the set. */
  add(person: Buffer): boolean;
}

/** Fuller tables make long searches, emptier ones waste memory. */
const FULL = 0.65;

export function createPersonSet(): PersonSet {
  let table = new BigUint64Array(1_024);
  let size = 0;

  function slotOf(digest: bigint): number {
    const mask = table.length - 1;
    let slot = Number(BigInt.asUintN(32, digest)) & mask;
    while (table[slot] !== 0n && table[slot] !== digest) slot = (slot + 1) & mask;
    return slot;
  }

  function grow(): void {
    const old = table;
    table = new BigUint64Array(old.length * 2);
    for (const digest of old) if (digest !== 0n) table[slotOf(digest)] = digest;
  }

  return {
    add(person) {
      // 0 marks an empty slot. A digest is 0 with a chance of 2^-64.
      const digest = person.readBigUInt64LE() || 1n;
      const slot = slotOf(digest);
      if (table[slot] === digest) return false;
      table[slot] = digest;
      size++;
      if (size > table.length * FULL) grow();
      return true;
    },
  };
}
