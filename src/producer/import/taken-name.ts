/** `X`, `X-2`, `X-3` ... */
export function numberedStem(stem: string, nth: number): string {
  return nth === 1 ? stem : `${stem}-${nth}`;
}
