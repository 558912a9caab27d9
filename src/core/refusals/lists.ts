import { catalogue } from "./catalogue.ts";

/** Lists, campaign files and templates. */
export const LISTS = catalogue(422, {
  already_imported: {
    meaning:
      "The same bytes were imported before with the same campaign name and number; the message has the first id. A campaign that was cancelled before any attempt does not count; otherwise the message says how many were attempted.",
    fix: "None needed. To send the rest of a cancelled campaign, send `dropcast export ID --state cancelled` as a list of its own. To send the whole list again: `dropcast send --again`.",
    http: 409,
  },
  campaign_file_invalid: {
    meaning:
      "The campaign file has mistakes, or is not UTF-8: all are listed, with line, column and key.",
    fix: "Correct them and try again.",
  },
  campaign_not_readable: {
    meaning:
      "The campaign file does not exist, is not readable, or is not a file of at most 1 MiB.",
    fix: "Check the path and its permissions; the campaign file comes first, then the list.",
  },
  campaign_recurring: {
    meaning:
      "A campaign file with `recurring` was given with a list, or to `send`. It is sent by a producer, from `recurring/` of the drop folder.",
    fix: "Put it into `recurring/`, without a list. To send one list by it, remove the block `recurring` from a copy.",
  },
  country_missing: {
    meaning: "`recipients.numbers` is `national`, but no country is given.",
    fix: "Give two letters, as in `PL`, in `recipients.country` or `DROPCAST_DEFAULT_COUNTRY`.",
  },
  country_unknown: {
    meaning:
      "The country for national numbers is not an ISO 3166 code of a country with phone numbers.",
    fix: "Give two letters, as in `PL`, in `recipients.country` or `DROPCAST_DEFAULT_COUNTRY`.",
  },
  encoding_unlikely: {
    meaning:
      "The encoding of the list cannot be detected with certainty: several are possible, which are listed with three words each.",
    fix: 'Set the right one with `--encoding` or `recipients.encoding`, or save the list as "CSV UTF-8".',
  },
  header_missing: {
    meaning:
      "The first line of the list is a row, not a header: it contains a phone number, or a number too long for a name.",
    fix: "Add a line with the column names above it.",
  },
  header_name_empty: {
    meaning: "A column of the list has no name and is not an empty one at the end.",
    fix: "Name it or remove it; the first line of the list must be its header.",
  },
  header_name_twice: {
    meaning:
      "Two columns of the list have the same name (ignoring case), and the campaign uses it, or it may be the phone column.",
    fix: "Rename or remove one of them.",
  },
  import_in_progress: {
    meaning:
      "Another process is importing the same list; or one with the same campaign name or template, whose recipients `recipients.skipRepeat` skips.",
    fix: "Wait for it: `dropcast show ID`. Remove an interrupted import with `dropcast cancel ID`.",
    http: 409,
  },
  import_interrupted: {
    meaning:
      "The import was stopped before its end and nothing was sent, or it was left before Redis answered.",
    fix: "Run the same command again to continue with the same id, or `dropcast cancel ID`. After `--again` look at `dropcast list` first: if the list is stored, it would be sent once more.",
    http: 409,
  },
  import_lost: {
    meaning:
      "The campaign was cancelled during its import, or another process took the import over.",
    fix: "See `dropcast show ID`: if it is `importing`, the other process continues it.",
    http: 409,
  },
  redis_memory_short: {
    meaning:
      "Redis had less than a tenth of its `maxmemory` left while a list was imported, or corrected rows were. What was stored of the list is deleted, rows that are not corrected yet stay rejected, and sending goes on.",
    fix: "Raise `maxmemory` (sizing.md says how much a list needs), or keep campaigns for a shorter time; then give the list again.",
    http: 503,
  },
  list_changed: {
    meaning:
      "The list changed while it was being read; or the list or its campaign file changed while `send` was asking. Nothing was sent.",
    fix: "Send it again once it is complete.",
    http: 409,
  },
  list_empty: {
    meaning: "The list has only blank lines.",
    fix: "Give a CSV file with a header line and at least one row.",
  },
  list_field_too_large: {
    meaning: "A cell is larger than 64 KiB.",
    fix: "Check for a missing closing quote at the line in the message, or shorten the cell.",
  },
  list_missing: {
    meaning: "No list was given, and the campaign file names none.",
    fix: "Give the CSV after the campaign file, or set `recipients.file`.",
  },
  list_no_sendable_row: {
    meaning: "The list has no row that can be sent.",
    fix: "See the message and the rejects file; the usual reason is a wrong phone column.",
  },
  list_no_time: {
    meaning: "The campaign's `endBy` leaves no time to send any message.",
    fix: "Set a later `schedule.endBy`, or leave it out.",
  },
  list_not_a_file: {
    meaning: "The list is a folder, a link, a pipe or a device.",
    fix: "Give a CSV file.",
  },
  list_not_csv: {
    meaning: "The list is a workbook, an archive, a PDF or another file that is not text.",
    fix: 'Save it as "CSV UTF-8" in the spreadsheet program, or unpack it.',
  },
  list_not_found: {
    meaning: "There is no file with that name.",
    fix: "Check the path of the list.",
    http: 404,
  },
  list_not_readable: {
    meaning: "This user cannot read the list.",
    fix: "Change its permissions.",
  },
  list_not_utf16: {
    meaning: "The list is UTF-16 with an incomplete character: it was damaged or cut off.",
    fix: "Save or copy it again.",
  },
  list_not_utf8: {
    meaning:
      "The list is UTF-8 by its BOM, by its given encoding or by nearly all of its text, but one line is not; the message names it.",
    fix: "Save the list again as UTF-8 and check that line: parts of it may come from another file.",
  },
  first_of_corrections: {
    meaning: "`--first` was given with a file of corrected rows, which continue their campaign.",
    fix: "Send it without `--first`.",
  },
  list_quote_open: {
    meaning: "A quoted cell is never closed.",
    fix: "Close the quote in the row that the message names, or double it if it is text.",
  },
  list_quote_stray: {
    meaning: "There is text after the closing quote of a cell.",
    fix: "Put the whole cell in quotes, and double the quotes inside it.",
  },
  list_row_too_large: {
    meaning: "A row is larger than 1 MiB.",
    fix: "Check for a quote that is opened there and never closed.",
  },
  list_rows_too_large: {
    meaning: "A hundred rows of the list have more than 16 MiB, even when they are compressed.",
    fix: "Remove the columns that the campaign does not need.",
  },
  list_too_large: {
    meaning: "The list is larger than 4 GiB.",
    fix: "Split it into several files.",
    http: 413,
  },
  list_too_many_columns: {
    meaning: "The list has more than 2,000 columns.",
    fix: "Remove those that the campaign does not need.",
  },
  list_too_many_rejected: {
    meaning:
      "A larger share of the rows is rejected than `recipients.maxRejected` allows: it may be the wrong file.",
    fix: "Correct the rows in the rejects file, or raise `recipients.maxRejected`.",
  },
  list_too_many_rows: {
    meaning: "The list has more than 10,000,000 rows.",
    fix: "Split it into several campaigns.",
  },
  mend_columns_differ: {
    meaning: "A corrected rejects file does not have the columns of its list.",
    fix: "Restore the columns that the message names, in any order.",
  },
  mend_list_refused: {
    meaning:
      "The rejects file belongs to a list that was refused as a whole, so there is no campaign for its rows.",
    fix: "Correct the rows in the list itself, and send the whole list.",
    http: 409,
  },
  mend_of_pool: {
    meaning:
      "The corrected rows belong to one campaign of a pool, and their people may belong to another of its numbers.",
    fix: "Look up each corrected person with `dropcast find PHONE`, and delete the rows of those who are on the pool already: nothing else keeps a second message from them. Then remove the columns `dropcast_campaign` and `dropcast_row`, and send the rest as a new list with the campaign file.",
    http: 409,
  },
  mend_other_campaign: {
    meaning: "The rejects file belongs to a different campaign than the given campaign file.",
    fix: "Use that campaign's file; or remove the columns `dropcast_campaign` and `dropcast_row` to send the rows as a new list.",
    http: 409,
  },
  mend_other_mode: {
    meaning: "The rejects file belongs to a sandbox campaign, but the API is the real one.",
    fix: "Add `--sandbox` to the command.",
    http: 409,
  },
  phone_column_missing: {
    meaning: "No column of the list is named like a phone number, and none contains phone numbers.",
    fix: "Name it in the campaign file: `recipients: { to: phone }`; for `suppress import`: `--column phone`.",
  },
  opt_outs_mixed: {
    meaning:
      "A list of opt-outs has a column (Opt-in, Unsubscribed) that says of some people that they did not opt out: imported as it is, it would keep every message from them as well.",
    fix: "Keep only the rows of people who opted out. If all of them did, remove that column.",
  },
  phone_column_unclear: {
    meaning:
      "Several columns of the list may contain the phone number, or only one whose name suggests something else.",
    fix: "Name the right one in the campaign file: `recipients: { to: phone }`; for `suppress import`: `--column phone`.",
  },
  phone_column_unknown: {
    meaning: "The list does not have the column in `recipients.to` or `--column`.",
    fix: "Correct the name; the message lists the columns.",
  },
  phone_unreadable: {
    meaning: "A phone number on the command line is not valid, or has no country code.",
    fix: 'Write it with its country code and in quotes, as in `"+48 600 700 800"`, or add `--country PL`.',
  },
  repeats_not_known: {
    meaning:
      "`recipients.skipRepeat` skips people who got the same campaign or template recently, which needs Redis. Nothing is sent.",
    fix: "Send it from a machine with access to the workers' Redis, or remove `recipients.skipRepeat`.",
    http: 503,
  },
  start_at_past: {
    meaning:
      "`schedule.startAt` has passed: a mistyped date, or a list that was in the drop folder for too long. Nothing was stored.",
    fix: "Set a later `schedule.startAt`, or leave it out to start at once. An interrupted import continues anyway.",
  },
  template_column_ambiguous: {
    meaning: "The template uses a column name that the list has more than once.",
    fix: "Rename or remove all but one of them.",
  },
  template_column_missing: {
    meaning: "The template uses a column that the list does not have. Nothing was sent.",
    fix: "Correct the name in the campaign file, or add the column. `{{1}}` is only for `template.preview`.",
  },
  template_placeholder_invalid: {
    meaning: "A string of the template has an invalid placeholder, or could be sent empty.",
    fix: "Write `{{column}}` or `{{column|fallback}}`.",
  },
  timezone_column_unknown: {
    meaning: "The list lacks the column that `recipients.timezone` names.",
    fix: "Correct the name; the message lists the columns. Without `recipients.timezone` the phone decides.",
  },
});
