import { catalogue } from "./catalogue.ts";

/** Commands on campaigns. */
export const CAMPAIGNS = catalogue(409, {
  action_filter_empty: {
    meaning: "A bulk action names no messages, so nothing was begun.",
    fix: "Name codes, reasons, an age or rows; `all: true` means every message for which it may help.",
    http: 422,
  },
  action_not_confirmed: {
    meaning:
      "Unknown messages were to be sent again, and the number of people who may get a second one was not confirmed, or is another by now. Nothing was begun.",
    fix: "Look at the preview again, and confirm the number that it shows.",
  },
  action_nothing_matches: {
    meaning: "No message matches what a bulk action asks for, so nothing was begun.",
    fix: "Look at the campaign again: outcomes may have arrived since.",
  },
  actions_too_many: {
    meaning: "Too many bulk actions of the number are running: 50 is the most.",
    fix: "Wait until one has finished, or stop one: `dropcast actions stop ID`.",
  },
  approval_needed: {
    meaning: "The campaign waits for the approval of a second person, so it cannot be resumed.",
    fix: "Another user with the role operator approves it on its page (docs/access.md).",
  },
  approval_needs_user: {
    meaning: "A token or the dashboard's password cannot approve a campaign: it may be anybody's.",
    fix: "Sign in as a user (`dropcast user add`) or by single sign-on.",
    http: 403,
  },
  approval_not_needed: {
    meaning: "The campaign does not wait for an approval.",
    fix: "Resume it if it is paused.",
  },
  approval_other_count: {
    meaning: "Another number of messages waits than the one that was approved (`expect`).",
    fix: "Look at the campaign again, and approve what it shows now.",
  },
  approval_same_person: {
    meaning: "Who started a campaign cannot be the second person who approves it.",
    fix: "Another user with the role operator approves it.",
    http: 403,
  },
  campaign_closed: {
    meaning:
      "The campaign was cancelled or rejected, or its `endBy` has passed: it sends nothing more.",
    fix: "Send the rows as a new campaign: `dropcast export ID --state failed`.",
  },
  campaign_other_mode: {
    meaning:
      "The campaign belongs to the sandbox and the command was for live campaigns, or the other way round.",
    fix: "If you mean this campaign, add `--sandbox` or `--live`.",
    http: 404,
  },
  cannot_cancel: {
    meaning: "The campaign is over, so there is nothing to cancel.",
    fix: "None: sent messages cannot be recalled.",
  },
  pool_each: {
    meaning: "This is decided for each number of a campaign over several numbers by itself.",
    fix: "Name the campaign of one number; `dropcast show ID` lists them.",
  },
  move_not_possible: {
    meaning:
      "`move` is for a campaign over several numbers, from one of its numbers to another, both of which it has.",
    fix: "`dropcast show ID` lists its numbers.",
  },
  move_not_paused: {
    meaning: "The campaign whose rows are to be moved may still send them.",
    fix: "Pause it, and try again.",
  },
  move_nothing: {
    meaning: "No row of the number waits that was never tried; others are never moved.",
    fix: "Nothing needs to be done: see `dropcast show ID`.",
  },
  first_of_pool: {
    meaning: "`--first` was given for a campaign with several numbers.",
    fix: "Send it without `--first`; a canary tries each number first.",
  },
  pool_incomplete: {
    meaning: "A campaign over several numbers has one that cannot be reached from here.",
    fix: "Configure all numbers of the pool, or name the campaign of one number.",
  },
  cannot_pause: {
    meaning: "The campaign is neither running nor scheduled.",
    fix: "While it is being imported, wait until its list is stored, or `dropcast cancel ID`. A finished campaign needs no pause.",
  },
  cannot_resume: {
    meaning: "The campaign is not paused.",
    fix: "See `dropcast show ID`.",
  },
  confirmation_needed: {
    meaning:
      "`send`, `cancel`, `retry`, a live `test` or a live `up --send` needs a confirmation but has no terminal; the message says what it would do. Nothing was stored or sent. Exit code 2.",
    fix: "Add `--yes` (`--json` implies it).",
    exitCode: 2,
  },
  failed_job_missing: {
    meaning:
      "The job of a failed message is gone: it was retried already, or is not among the latest 10,000.",
    fix: "Use `dropcast retry ID`, which finds every failed message.",
    http: 404,
  },
  failed_job_unreadable: {
    meaning: "A job in a failed queue was not written by Dropcast, or is damaged.",
    fix: "Use `dropcast retry ID`, which does not need the job.",
    http: 422,
  },
  message_not_failed: {
    meaning:
      "Retry was pressed on a message that is no longer failed, or that has failed again since. Nothing was changed.",
    fix: "See its state in `dropcast export ID`.",
  },
  probe_before_start: {
    meaning:
      "`resume --probe` of a campaign with `schedule.delegate`, before its `startAt`: the API delivers nothing earlier, so a probe could not pass. The campaign stays paused.",
    fix: "Resume with `--probe` after `startAt`. Without `--probe` the API gets all the rest at once, and that cannot be called back.",
  },
  probe_not_possible: {
    meaning: "`resume --probe` found no waiting message that could be tried first.",
    fix: "Try again, or resume without `--probe`.",
  },
  no_such_action: {
    meaning: "There is no bulk action with that id: they are kept for 90 days.",
    fix: "`dropcast actions list` shows them all.",
    http: 404,
  },
  no_such_campaign: {
    meaning: "There is no campaign with that id.",
    fix: "See `dropcast list` for all campaigns and their ids.",
    http: 404,
  },
  no_such_row: {
    meaning: "The campaign has no row with that number.",
    fix: "Use the row number in `dropcast export`: from 1, without the header.",
    http: 404,
  },
  not_confirmed: {
    meaning:
      "The question of `send`, `test`, `cancel` or `retry` was not answered with yes; or more messages failed while `retry` was asking. Nothing was stored, sent or cancelled.",
    fix: "Answer `y`, or add `--yes`.",
  },
  retry_incomplete: {
    meaning:
      "Retry all was pressed, but some messages stay failed: their campaign is closed, the recipient opted out (131050, or since), another message to the same person has no outcome yet, or WhatsApp refused to deliver less than 24 hours ago (131049). The others will be sent again.",
    fix: "None needed. Messages of a closed campaign can be sent as a new one: `dropcast export ID --state failed`.",
  },
  retry_open_attempt: {
    meaning:
      "Another message to the same person has no outcome yet, so this one stays failed for now.",
    fix: "Press Retry once that message has its outcome: two hours later at most.",
  },
  retry_opted_out: {
    meaning: "The recipients opted out, with 131050 or since: their messages are not sent again.",
    fix: "None. If the person wants marketing again, run `dropcast suppress remove`; they then get the next campaign.",
  },
  retry_too_early: {
    meaning:
      "WhatsApp refused less than 24 hours ago to deliver this message (131049); an early retry prolongs that.",
    fix: "Press Retry once 24 hours have passed.",
  },
  retry_unknown_reason: {
    meaning: "`retry --reason` names no reason for which a message fails without a code.",
    fix: "Give a reason as `dropcast export` shows it, such as `not_sent_connect`; use `--code` for failures with a code.",
    http: 400,
    exitCode: 2,
  },
  row_not_unknown: {
    meaning:
      "The row is not `unknown`, or no longer, so there is nothing to decide; late evidence may have arrived.",
    fix: "See `dropcast export ID --state unknown` for rows that are.",
  },
  rows_deleted: {
    meaning: "The rows of the campaign were older than `DROPCAST_RETENTION_DAYS` and were deleted.",
    fix: "The counters are kept: `dropcast show ID`.",
    http: 410,
  },
  search_nothing_found: {
    meaning: "No phone number, message, row or campaign is known by what was searched for.",
    fix: "Write a phone with its country code; a message's id is known for 40 days.",
    http: 404,
  },
  test_number_stopped: {
    meaning:
      "`test` sends nothing while its number is suspended, or waits after a rollback of Redis.",
    fix: "Do what the message says; `dropcast doctor` shows the state of every number.",
  },
  test_opted_out: {
    meaning:
      "The phone number of `--to` is on the suppression list, so `test` sends nothing to it.",
    fix: "Test with another number; or `dropcast suppress remove`, if its owner agrees.",
  },
  test_row_missing: {
    meaning: "The list has no row with the number that `test --row` names.",
    fix: "Rows count from 1, without the header and blank lines.",
    http: 404,
  },
  test_row_rejected: {
    meaning: "The row whose values `test` was to send cannot be sent; the message says why.",
    fix: "Correct the row, or name another one with `--row`.",
    http: 422,
  },
});
