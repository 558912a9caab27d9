import { NEWS, type NewsKind } from "../../core/news.ts";
import type { RunScript } from "../scripts/runner.ts";

export interface News {
  readonly kind: NewsKind;
  readonly campaign: string;
  /** By Redis TIME, ms. */
  readonly at: number;
  /** The pause reason (core/pause-reason.ts) of `paused` and `suspended`; or as NEWS says. */
  readonly reason: string;
}

export interface TakenNews {
  /** In order. No other worker gets them. */
  readonly news: readonly News[];
  /** A minute began with this call, for this worker only. */
  readonly isNewMinute: boolean;
  readonly running: number;
  /** Events of the last minute that were counted but not logged. */
  readonly untold: Readonly<Partial<Record<NewsKind, number>>>;
}

/** Takes events for the log: each one once over all workers, and a limited number a minute. */
export function createNews(run: RunScript) {
  return async function take(input: {
    takenMax: number;
    linesMax: number;
    minuteMs: number;
  }): Promise<TakenNews> {
    const answer = (await run("take-news", input)) as [number, number, string, ...string[]];
    const [isNewMinute, running, untold, ...lines] = answer;
    return {
      news: lines.flatMap((line) => parseNews(line) ?? []),
      isNewMinute: isNewMinute === 1,
      running,
      untold: parseUntold(untold),
    };
  };
}

/** Undefined for an event of another version. */
function parseNews(line: string): News | undefined {
  const [campaign = "", what, at, reason = ""] = line.split("|");
  const kind = NEWS.find((one) => one === what);
  return kind === undefined ? undefined : { kind, campaign, at: Number(at), reason };
}

function parseUntold(text: string): Partial<Record<NewsKind, number>> {
  const pairs = [...text.matchAll(/(\w+) (\d+)/g)];
  return Object.fromEntries(pairs.map(([, kind, count]) => [kind, Number(count)]));
}
