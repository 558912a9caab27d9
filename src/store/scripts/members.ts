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
