import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { RequestEntry } from "../../src/sandbox/json-log.ts";
import { SANDBOX_DEFAULTS } from "../../src/sandbox/options.ts";
import type { Stage } from "./processes.ts";

/**
 * What the logs of a stage's processes say of people, messages and secrets (O10): an empty list
 * when they are silent about them. A find is named by its kind, so that a failing test does not
 * spread it.
 */
export function loudLogs(stage: Stage, posts: readonly RequestEntry[]): string[] {
  const secret = SANDBOX_DEFAULTS.webhookSecret.replace("whsec_", "");
  // As whole numbers, with and without the country code: a part of an instant may look like one.
  const phones = new Set(posts.flatMap(({ to }) => (to === null ? [] : [to, to.slice(2)])));
  const wamids = new Set(posts.flatMap(({ wamid }) => wamid?.replace("wamid.", "") ?? []));
  const finds: string[] = [];
  for (const name of readdirSync(stage.logsDir)) {
    const text = readFileSync(join(stage.logsDir, name), "utf8");
    if (text.includes("wamid.")) finds.push(`${name}: a wamid`);
    if (text.includes(SANDBOX_DEFAULTS.token)) finds.push(`${name}: the token`);
    if (text.includes(secret)) finds.push(`${name}: the webhook secret`);
    if (text.match(/\d+/g)?.some((digits) => phones.has(digits))) finds.push(`${name}: a phone`);
    const words = text.match(/[\w+/=-]{16,}/g);
    if (words?.some((word) => wamids.has(word))) finds.push(`${name}: the text of a wamid`);
  }
  return finds;
}
