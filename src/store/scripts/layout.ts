/**
 * Describes packed rows once: TypeScript writes and reads them by name, and the scripts get the
 * same layout as a format of Redis's `struct` library (render-lua.ts). Big-endian, no padding.
 */

/** One byte, an unsigned integer of 2 to 6 bytes, or so many bytes as they are. */
type Width = "B" | "I2" | "I3" | "I4" | "I6" | `c${number}`;

interface Layout<Field extends string> {
  /** For `struct.pack` and `struct.unpack`. */
  readonly format: string;
  readonly bytes: number;
  /** The offset of each field, from 0. */
  readonly at: Readonly<Record<Field, number>>;
  /** Reads a number field of the row at `offset`, by default the start of `source`. */
  get(source: Buffer, field: Field, offset?: number): number;
  /** Writes one row to `target` at `offset`. Throws if a number does not fit its field. */
  write(target: Buffer, offset: number, values: Readonly<Record<Field, number | Buffer>>): void;
}

export function layout<Field extends string>(
  fields: Readonly<Record<Field, Width>>,
): Layout<Field> {
  const places: { field: Field; at: number; bytes: number }[] = [];
  const at = {} as Record<Field, number>;
  let bytes = 0;
  for (const [field, width] of Object.entries(fields) as [Field, Width][]) {
    places.push({ field, at: bytes, bytes: bytesOf(width) });
    at[field] = bytes;
    bytes += bytesOf(width);
  }
  return {
    format: `>${Object.values(fields).join("")}`,
    bytes,
    at,
    get: (source, field, offset = 0) =>
      source.readUIntBE(offset + at[field], bytesOf(fields[field])),
    write(target, offset, values) {
      for (const place of places) {
        const value = values[place.field];
        if (typeof value === "number") {
          target.writeUIntBE(value, offset + place.at, place.bytes);
        } else {
          value.copy(target, offset + place.at, 0, place.bytes);
        }
      }
    },
  };
}

function bytesOf(width: Width): number {
  return width === "B" ? 1 : Number(width.slice(1));
}

/** Members that are stored as numbers: each has its place, from 1. */
export function numbered<const Name extends string>(
  names: readonly Name[],
): Readonly<Record<Name, number>> {
  return Object.fromEntries(names.map((name, at) => [name, at + 1])) as Record<Name, number>;
}

/** Members that are stored as their names. */
export function named<const Name extends string>(
  names: readonly Name[],
): { readonly [one in Name]: one } {
  return Object.fromEntries(names.map((name) => [name, name])) as { [one in Name]: one };
}
