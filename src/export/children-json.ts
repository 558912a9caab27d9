import type { Campaign } from "../store/index.ts";

/** The campaigns of a pool, one for each of its numbers; nothing for other campaigns. */
export function childrenJson({
  children,
}: {
  readonly children?: readonly { readonly campaign: Campaign }[];
}) {
  if (children === undefined) return {};
  return {
    children: children.map(({ campaign: { id, number, status, reason, rows, counts } }) => ({
      ...{ id, number, status, reason, rows, counts },
    })),
  };
}
