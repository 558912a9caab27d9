import { basename, dirname, extname, join } from "node:path";
import { campaignOfRejects } from "./peek.ts";

/**
 * Where the rejected rows of a list go: beside it, `X.rejects.csv`, `X-2.rejects.csv` ... Never
 * over a file that belongs to a campaign: it may be being corrected.
 */
export async function freeRejectsPath(csvPath: string): Promise<string> {
  const stem = basename(csvPath, extname(csvPath));
  for (let nth = 1; ; nth++) {
    const path = join(dirname(csvPath), `${numberedStem(stem, nth)}.rejects.csv`);
    if ((await campaignOfRejects(path, { links: "follow" })) === null) return path;
  }
}

/** `X`, `X-2`, `X-3` ... */
export function numberedStem(stem: string, nth: number): string {
  return nth === 1 ? stem : `${stem}-${nth}`;
}
