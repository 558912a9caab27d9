import { catalogue } from "./catalogue.ts";

/** The dashboard and Bull Board. */
export const DASHBOARD = catalogue(409, {
  board_write_refused: {
    meaning: "The queues are read-only, except for Retry of failed messages.",
    fix: "Use dropcast pause, resume, cancel, rate or retry: the ledger decides what is sent, not the queue.",
    http: 403,
  },
  dashboard_body_invalid: {
    meaning: "The body of a request is not what its address takes; the message names the part.",
    fix: "The page `/api/docs` of the dashboard, and `/api/openapi.json`, say what each address takes.",
    http: 400,
  },
  dashboard_body_too_large: {
    meaning: "The body of the request is larger than 64 KiB.",
    fix: "Upload lists by `PUT /api/lists`, or send them by dropcast send or the drop folder.",
    http: 413,
  },
  dashboard_cannot_listen: {
    meaning: "The dashboard's port cannot be opened (in use, or not an address of this host).",
    fix: "Set `DROPCAST_DASHBOARD_PORT` to a free port and `DROPCAST_HTTP_HOST` to an address of this host.",
    http: 500,
  },
  dashboard_cross_site: {
    meaning: "The request came from a page of another site, so nothing was changed.",
    fix: "Use the dashboard's own pages; a script sends a token. A proxy must forward the Host header.",
    http: 403,
  },
  dashboard_failed: {
    meaning: "The dashboard could not answer the request.",
    fix: "Please report it with the error in the log.",
    http: 500,
  },
  dashboard_host_unknown: {
    meaning: "The dashboard only serves this machine, but the request names another host.",
    fix: "Open it as http://127.0.0.1 or http://localhost, or configure the proxy to use that host name.",
    http: 421,
  },
  dashboard_login_needed: {
    meaning: "The dashboard needs a user's name and password, its own password, or a token.",
    fix: "Sign in at /sign-in: with your name and password, or with any name and the password in DROPCAST_DASHBOARD_PASSWORD or in the file dashboard-password in the data folder; a script sends a token of dropcast token add.",
    http: 401,
  },
  dashboard_not_found: {
    meaning: "There is nothing at this address for this method.",
    fix: "The campaigns are at /, the queues at /queues, the API at /api/docs.",
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
      "The dashboard would be reachable from other machines, but its password has fewer than 12 characters.",
    fix: "Set a longer one, for example with `openssl rand -base64 24`.",
    http: 500,
  },
  dashboard_password_unusable: {
    meaning:
      "The file with the dashboard's generated password is empty, or cannot be read or written.",
    fix: "Make it readable and writable for this user, delete it to get a new one, or set `DROPCAST_DASHBOARD_PASSWORD`.",
    http: 500,
  },
  dashboard_query_invalid: {
    meaning: "The query of a request is not valid; the message names the part.",
    fix: "The page `/api/docs` of the dashboard, and `/api/openapi.json`, say what each address takes.",
    http: 400,
  },
  dashboard_store_unavailable: {
    meaning: "Redis does not answer, so nothing can be shown or changed.",
    fix: "Nothing is lost. Check Redis with dropcast doctor, then try again.",
    http: 503,
  },
  session_unknown: {
    meaning: "There is no session with this id: it ended meanwhile.",
    fix: "None needed.",
    http: 404,
  },
  sign_in_busy: {
    meaning: "Too many passwords are being compared, so this one was not looked at.",
    fix: "Try again after the time in Retry-After. Sessions, tokens and the dashboard's own password go on working.",
    http: 503,
  },
  sign_in_cookie_missing: {
    meaning: "The browser did not keep the cookie of the sign-in.",
    fix: "Open the dashboard by https or as http://localhost, and allow cookies; or let the browser ask for the password (`/sign-in/basic`).",
    http: 400,
  },
  sign_in_wrong: {
    meaning: "The name or the password is wrong.",
    fix: "Check both. An admin can set a new password: `dropcast user password NAME`.",
    http: 401,
  },
  sso_answer_invalid: {
    meaning:
      "The answer of the sign-in provider does not belong to a sign-in that this browser began, was used before, or cannot be trusted (signature, issuer, audience, time).",
    fix: "Sign in again. If it stays so, compare `access.oidc` with the provider's settings.",
    http: 400,
  },
  sso_no_role: {
    meaning: "The person is known to the provider, but none of their groups has a role here.",
    fix: "Add one of the person's groups to `access.oidc.roles`.",
    http: 403,
  },
  sso_refused: {
    meaning: "The sign-in provider did not sign the person in.",
    fix: "Try again, or ask who manages accounts at the provider.",
    http: 403,
  },
  sso_unreachable: {
    meaning: "The sign-in provider does not answer as it should.",
    fix: "Try again in a minute, or sign in with a name and password. An admin checks `access.oidc.issuer`.",
    http: 502,
  },
  user_name_invalid: {
    meaning: "The name of a user is not up to 64 lower-case letters, digits and `. _ - @`.",
    fix: "Choose another name.",
    http: 422,
  },
  user_name_taken: {
    meaning: "A user with this name exists.",
    fix: "Choose another name, or change that user.",
  },
  user_password_invalid: {
    meaning: "The new password has fewer than 12 characters, or more than 1,024 bytes.",
    fix: "Choose another one, for example by `openssl rand -base64 18`.",
    http: 422,
  },
  user_unknown: {
    meaning: "There is no user with this name.",
    fix: "`dropcast user list`, and the page Access, show all names.",
    http: 404,
  },
  users_too_many: {
    meaning: "There are 1,000 users, which is the most.",
    fix: "Remove those that are no longer needed.",
  },
  dashboard_throttled: {
    meaning: "There were too many wrong passwords or tokens from this address, or for this user.",
    fix: "Wait for the time in Retry-After, then enter the right one.",
    http: 429,
  },
});
