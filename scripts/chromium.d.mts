/** The browser for pages; undefined where there is none. */
export const chromiumPath: string | undefined;
