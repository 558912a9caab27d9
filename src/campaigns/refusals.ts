import { type Refused, refuse } from "../core/refusal.ts";

/** What is refused of a campaign in more than one place, in the same words everywhere. */

/** `fix`: what to do where the id was not typed by a person. */
export function refuseNoCampaign(
  id: string,
  fix = "`dropcast list` and the dashboard show every campaign with its id.",
): Refused {
  return refuse("no_such_campaign", `There is no campaign "${id.slice(0, 64)}".`, fix);
}

/** `fix`: what can still be done, where a new campaign of the failed rows is not it. */
export function refuseClosed(
  id: string,
  fix = `Send the failed ones as a new campaign: dropcast export ${id} --state failed.`,
): Refused {
  return refuse(
    "campaign_closed",
    `${id} was cancelled, or its end has passed: nothing more of it is sent.`,
    fix,
  );
}

export function refuseDeletedRows(id: string): Refused {
  return refuse(
    "rows_deleted",
    `The rows of ${id} were deleted: they were older than DROPCAST_RETENTION_DAYS.`,
    `What was counted is kept: dropcast show ${id}.`,
  );
}
