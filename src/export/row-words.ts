/** `main-41:7`, and where a person finds it in the list if that numbers its rows otherwise. */
export function rowWords(
  { id }: { readonly id: string },
  { row, listRow }: { readonly row: number; readonly listRow?: number | null | undefined },
): string {
  return listRow == null ? `${id}:${row}` : `${id}:${row} (row ${listRow} of the list)`;
}
