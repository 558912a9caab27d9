import { type Refused, refuse } from "../core/refusal.ts";

/** Refusals about a campaign that several places share. */

/** `fix`: what to do if the id was not typed by a person. */
export function refuseNoCampaign(
  id: string,
  fix = "`dropcast list` and the dashboard show every campaign with its id.",
): Refused {
  return refuse("no_such_campaign", `There is no campaign "${id.slice(0, 64)}".`, fix);
}

/** `fix`: what to do, if not a new campaign of the failed rows. */
export function refuseClosed(
  id: string,
  fix = `Send the failed ones as a new campaign: dropcast export ${id} --state failed.`,
): Refused {
  return refuse(
    "campaign_closed",
    `${id} was cancelled or rejected, or its end has passed: it sends nothing more.`,
    fix,
  );
}

/** What is decided for each number of a pool by itself. */
export function refuseOfPool(
  {
    campaign,
    children = [],
  }: {
    readonly campaign: { readonly id: string };
    readonly children?: readonly { readonly campaign: { readonly id: string } }[];
  },
  what: string,
): Refused {
  const ids = children.map((child) => child.campaign.id).join(", ");
  return refuse(
    "pool_each",
    `${what} is decided for each number of ${campaign.id} by itself.`,
    `Name the campaign of one number: ${ids}.`,
  );
}

export function refuseNoRow(
  { id, rows }: { readonly id: string; readonly rows: number },
  row?: number,
): Refused {
  const counted = `${rows.toLocaleString("en-US")} row${rows === 1 ? "" : "s"}`;
  return refuse(
    "no_such_row",
    `${id} has ${counted}, so there is no ${row === undefined ? "such row" : `row ${row}`}.`,
    "Rows are counted from 1, without the header, as dropcast export prints them.",
  );
}

/** What was asked for sends again, which waits until it is known that Redis lacks nothing. */
export function refuseUnconfirmedRedis(what: string): Refused {
  return refuse(
    "redis_unconfirmed",
    `${what}: Redis went back in time, or was started and no worker has confirmed yet that it lacks nothing. A message that was sent in the lost time could go out twice.`,
    "`dropcast doctor` says which. If it asks, decide (dropcast doctor --accept-rollback, or --nothing-lost); else start a worker and try again after some seconds.",
  );
}

/** A second person has to let it start. */
export function refuseUnapproved(id: string): Refused {
  return refuse(
    "approval_needed",
    `${id} waits for the approval of a second person, so it cannot be resumed.`,
    "Another user with the role operator approves it on its page.",
  );
}

export function refuseDeletedRows(id: string): Refused {
  return refuse(
    "rows_deleted",
    `The rows of ${id} were deleted: they were older than DROPCAST_RETENTION_DAYS.`,
    `The counts are kept: dropcast show ${id}.`,
  );
}
