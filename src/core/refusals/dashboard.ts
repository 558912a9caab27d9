import { catalogue } from "./catalogue.ts";

/** The dashboard and Bull Board. */
export const DASHBOARD = catalogue(409, {
  board_write_refused: {
    meaning: "The queues are for reading: only Retry of failed messages works here.",
    fix: "Use dropcast pause, resume, cancel, rate or retry: the ledger decides what is sent, not the queue.",
    http: 403,
  },
  dashboard_body_invalid: {
    meaning: "The body of `POST …/retry` does not say which failed messages to send again.",
    fix: 'Send `{"codes": [131026]}` as JSON, or no body for all of them.',
    http: 400,
  },
  dashboard_body_too_large: {
    meaning: "The body of the request is larger than 64 KiB.",
    fix: "Nothing here takes a file: lists are sent by dropcast send, or the drop folder.",
    http: 413,
  },
  dashboard_cannot_listen: {
    meaning: "The dashboard's port cannot be opened (taken, or not an address of this host).",
    fix: "Set `DROPCAST_DASHBOARD_PORT` to a free port and `DROPCAST_HTTP_HOST` to an address of this host.",
    http: 500,
  },
  dashboard_cross_site: {
    meaning: "The request was made by a page of another site, so nothing was changed.",
    fix: "Use the dashboard's own pages. Behind a proxy: let it pass the Host header on.",
    http: 403,
  },
  dashboard_failed: {
    meaning: "The dashboard could not answer this.",
    fix: "The log says why; please report it.",
    http: 500,
  },
  dashboard_host_unknown: {
    meaning: "The dashboard listens on this machine only, and the request names another host.",
    fix: "Open it as http://127.0.0.1 or http://localhost, or let the proxy in front ask for that name.",
    http: 421,
  },
  dashboard_login_needed: {
    meaning: "The dashboard needs its password.",
    fix: "Give any user name and the password of DROPCAST_DASHBOARD_PASSWORD, or of the file dashboard-password in the data folder.",
    http: 401,
  },
  dashboard_not_found: {
    meaning: "Nothing is served at this address with this method.",
    fix: "The campaigns are at /, the queues at /queues, the API at /api/campaigns.",
    http: 404,
  },
  dashboard_password_missing: {
    meaning:
      "The dashboard would be reachable from other machines without a password, so it does not start.",
    fix: "Set `DROPCAST_DASHBOARD_PASSWORD` (or `_FILE`), or `DROPCAST_HTTP_HOST` to 127.0.0.1.",
    http: 500,
  },
  dashboard_password_short: {
    meaning:
      "The dashboard would be reachable from other machines, and its password has fewer than 12 characters.",
    fix: "Set a longer one, as `openssl rand -base64 24` makes it.",
    http: 500,
  },
  dashboard_password_unusable: {
    meaning:
      "The file with the password that was made for the dashboard is empty, or cannot be read or written.",
    fix: "Let this user read and write it, remove it to get a new one, or set `DROPCAST_DASHBOARD_PASSWORD`.",
    http: 500,
  },
  dashboard_query_invalid: {
    meaning: "The query of `…/messages` is not understood; the message names the part.",
    fix: "Give `state`, `after` (a row) and `limit` (up to 1000).",
    http: 400,
  },
  dashboard_store_unavailable: {
    meaning: "Redis does not answer, so nothing can be shown or changed.",
    fix: "Nothing is lost. dropcast doctor looks at it; then try again.",
    http: 503,
  },
  dashboard_throttled: {
    meaning: "Too many wrong passwords came from this address.",
    fix: "Wait for the time in Retry-After, then give the right one.",
    http: 429,
  },
});
