export function crawl(
  read: (path: string) => Promise<{ status: number; type: string; text: string }>,
): Promise<{ path: string; status: number }[]>;
