import { type CampaignStatus, hasEnded } from "../../core/campaign.ts";
import { numberOfCampaign } from "../campaign-id.ts";
import type { RunScript } from "../scripts/runner.ts";
import { type Campaign, timeOrNull, toCounts } from "./campaign.ts";

type Shown = "id" | "number" | "name" | "status" | "reason" | "mode" | "isTest" | "closed";
type Measured = "counts" | "createdAt" | "pausedAt" | "budgetAtMs";

/**
 * What lists, banners and checks need of each campaign that has not ended. There may be a thousand
 * of them, read once a second while a page is open: so it is a part of a {@link Campaign}, and one
 * script reads a hundred.
 */
export interface LiveCampaign extends Pick<Campaign, Shown | Measured> {
  /** Of a running campaign with hours; absent of any other. */
  readonly next?: {
    /** In how many ms a batch has work; null: no batch waits. */
    readonly inMs: number | null;
    /** Failed messages of it may wait for a further try by themselves. */
    readonly sendsAgain: boolean;
  };
}

/** Campaigns that one script reads: less than a millisecond of Redis. */
const READ_AT_ONCE = 100;

/** Reads campaigns by their ids; without those that have ended meanwhile. */
export async function readLive(run: RunScript, ids: readonly string[]): Promise<LiveCampaign[]> {
  const parts = Array.from({ length: Math.ceil(ids.length / READ_AT_ONCE) }, (_, at) =>
    ids.slice(at * READ_AT_ONCE, (at + 1) * READ_AT_ONCE),
  );
  const found = await Promise.all(
    parts.map((part) =>
      run(
        "read-live",
        {},
        part.map((campaign) => ({ campaign })),
      ),
    ),
  );
  return (found as (string | number)[][][]).flat().map(toLive).filter(isLive);
}

export function isLive({ status }: Pick<Campaign, "status">): boolean {
  return !hasEnded(status);
}

function toLive(row: readonly (string | number)[]): LiveCampaign {
  const [id, name, status, reason, mode, test, closed, purgedAt, ...rest] = row.map(String);
  const [createdAt, pausedAt, budgetAt, again, nextInMs, ...counts] = rest;
  const fields: Record<string, string> = {};
  for (let at = 0; at < counts.length; at += 2) fields[counts[at] ?? ""] = counts[at + 1] ?? "";
  return {
    ...{ id: id ?? "", number: numberOfCampaign(id ?? "") ?? "", name: name ?? "" },
    ...{ status: status as CampaignStatus, reason: reason ?? "" },
    mode: mode === "live" ? "live" : "sandbox",
    ...{ isTest: test !== "", closed: closed !== "" || purgedAt !== "" },
    ...{ counts: toCounts(fields), createdAt: Number(createdAt) },
    ...{
      pausedAt: timeOrNull(pausedAt || undefined),
      budgetAtMs: timeOrNull(budgetAt || undefined),
    },
    ...(nextInMs === "" ? {} : { next: nextOf(nextInMs ?? "", again ?? "") }),
  };
}

function nextOf(inMs: string, again: string): LiveCampaign["next"] & object {
  return { inMs: inMs === "-1" ? null : Number(inMs), sendsAgain: again !== "" };
}
