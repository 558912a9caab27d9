/** Refusals that are not a conflict with the state of things. */
const STATUSES: Readonly<Record<string, number>> = {
  no_such_campaign: 404,
  campaign_other_mode: 404,
  rows_deleted: 410,
  failed_job_missing: 404,
  failed_job_unreadable: 422,
  dashboard_query_invalid: 400,
  dashboard_body_invalid: 400,
};

/** The HTTP status that says a refusal; 409 for all that another state would allow. */
export function statusOf(code: string): number {
  return STATUSES[code] ?? 409;
}
