import { catalogue } from "./catalogue.ts";

/** What people ask of a campaign. */
export const CAMPAIGNS = catalogue(409, {
  campaign_closed: {
    meaning: "The campaign was cancelled, or its `endBy` has passed: nothing more of it is sent.",
    fix: "Send the rows as a new campaign: `dropcast export ID --state failed`.",
  },
  campaign_other_mode: {
    meaning:
      "The campaign is one of the sandbox and the command was for what is live, or the other way round.",
    fix: "If you mean it, add `--sandbox` or `--live`.",
    http: 404,
  },
  cannot_cancel: {
    meaning: "The campaign is over, so there is nothing to cancel.",
    fix: "Nothing: messages that were sent cannot be called back.",
  },
  cannot_pause: {
    meaning: "The campaign neither runs nor is scheduled.",
    fix: "While it is imported: wait until its list is stored, or `dropcast cancel ID` to drop it. Of one that is over nothing has to be paused.",
  },
  cannot_resume: {
    meaning: "The campaign is not paused.",
    fix: "See `dropcast show ID`.",
  },
  confirmation_needed: {
    meaning:
      "`send`, `cancel`, `retry` or a live `up --send` has no terminal to ask at; the message says what it would do. Nothing was stored or sent. Exit code 2.",
    fix: "Add `--yes` (`--json` means it, too).",
  },
  failed_job_missing: {
    meaning:
      "The job of a failed message is gone: it was taken up already, or is older than the newest 10,000.",
    fix: "`dropcast retry ID` knows every failed message.",
    http: 404,
  },
  failed_job_unreadable: {
    meaning:
      "The data of a job in a failed queue is not that of a failed message: something else wrote it.",
    fix: "`dropcast retry ID` works without the job.",
    http: 422,
  },
  message_not_failed: {
    meaning:
      "Retry was pressed on a message that is not failed any more, or that failed again since. Nothing was asked for.",
    fix: "`dropcast export ID` says where it stands.",
  },
  no_such_campaign: {
    meaning: "There is no campaign of that id.",
    fix: "`dropcast list` shows every campaign with its id.",
    http: 404,
  },
  no_such_row: {
    meaning: "The campaign has no row of that number.",
    fix: "Give the row as `dropcast export` prints it: from 1, without the header.",
    http: 404,
  },
  not_confirmed: {
    meaning:
      "`send`, `cancel` or `retry` asked at the terminal, and the answer was not yes; or more messages failed while the question of `retry` stood. Nothing was stored, sent or cancelled.",
    fix: "Answer `y`, or give `--yes`.",
  },
  retry_incomplete: {
    meaning:
      "Retry all was pressed, and some messages stay failed: of a closed campaign, of a person who has stopped marketing (131050), or held back by WhatsApp less than 24 hours ago (131049). The others will be sent again.",
    fix: "Nothing has to be done. Those of a closed campaign can be sent as a new one: `dropcast export ID --state failed`.",
  },
  retry_opted_out: {
    meaning:
      "Messages that failed with 131050 are not sent again: their recipients opted out of marketing messages.",
    fix: "None. If the person wants marketing again, run `dropcast suppress remove`; they then get the next campaign.",
  },
  retry_too_early: {
    meaning:
      "WhatsApp refused less than 24 hours ago to deliver this message (131049); an early retry prolongs that.",
    fix: "Press Retry once 24 hours have passed.",
  },
  row_not_unknown: {
    meaning:
      "The row is not `unknown` (any more), so there is nothing to decide; late evidence may have come.",
    fix: "`dropcast export ID --state unknown` lists those that are.",
  },
  rows_deleted: {
    meaning: "The rows of the campaign were older than `DROPCAST_RETENTION_DAYS` and were deleted.",
    fix: "What was counted is kept: `dropcast show ID`.",
    http: 410,
  },
});
