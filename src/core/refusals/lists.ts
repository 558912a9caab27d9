import { catalogue } from "./catalogue.ts";

/** Lists, campaign files and templates. */
export const LISTS = catalogue(422, {
  already_imported: {
    meaning:
      "The same bytes were imported before under the same campaign name and number; the message has the first id. A campaign that was cancelled before anything of it was tried does not count; of another one the message says how much was tried.",
    fix: "Nothing. The rest of a cancelled campaign: `dropcast export ID --state cancelled`, as a list of its own. To send the list once more to everybody: `dropcast send --again`.",
    http: 409,
  },
  campaign_file_invalid: {
    meaning:
      "The campaign file has mistakes, or is not UTF-8: all are listed, with line, column and key.",
    fix: "Correct them and try again. Keys whose feature is not built yet have to be left out.",
  },
  campaign_not_readable: {
    meaning: "The campaign file does not exist, may not be read, or is no file of up to 1 MiB.",
    fix: "Check the path and its permissions; the campaign file comes first, then the list.",
  },
  country_missing: {
    meaning: "`recipients.numbers: national`, and nothing says of which country the numbers are.",
    fix: "Give two letters, as in `PL`, in `recipients.country` or `DROPCAST_DEFAULT_COUNTRY`.",
  },
  country_unknown: {
    meaning: "The country for national numbers is no ISO 3166 code with phone numbers.",
    fix: "Give two letters, as in `PL`, in `recipients.country` or `DROPCAST_DEFAULT_COUNTRY`.",
  },
  encoding_unlikely: {
    meaning:
      "The list does not say how its letters are encoded, and they fit no encoding surely: it reads as several, which are told with three words each.",
    fix: 'Name the right one by `--encoding` or `recipients.encoding`, or save the list as "CSV UTF-8".',
  },
  header_missing: {
    meaning:
      "The first line of the list is a row, not a header: it holds a phone number, or a number too long for a name.",
    fix: "Put a line with the names of the columns above it.",
  },
  header_name_empty: {
    meaning: "A column of the list has no name, and is not an empty one at the end.",
    fix: "Name it or remove it; the first line of the list must be its header.",
  },
  header_name_twice: {
    meaning:
      "Two columns of the list have the same name (case does not count), and the campaign uses it, or phones may be there.",
    fix: "Rename or remove one of them.",
  },
  import_in_progress: {
    meaning:
      "Another process is importing the same list now; or a list of the same campaign name or template, whose people `recipients.skipRepeat` leaves out.",
    fix: "Wait for it: `dropcast show ID`. An import that was interrupted is dropped by `dropcast cancel ID`.",
    http: 409,
  },
  import_interrupted: {
    meaning: "The import was stopped before its end. Nothing of it was sent.",
    fix: "Give the same command again to go on under the same id, or `dropcast cancel ID`.",
    http: 409,
  },
  import_lost: {
    meaning:
      "The campaign was cancelled while it was imported, or another process took the import over.",
    fix: "See `dropcast show ID`: at `importing`, the other process goes on with it.",
    http: 409,
  },
  list_changed: {
    meaning:
      "The list was changed while it was being read; or it, or its campaign file, between the question of `send` and its start. Nothing was sent.",
    fix: "Send it again once it is complete.",
    http: 409,
  },
  list_empty: {
    meaning: "The list holds nothing but blank lines.",
    fix: "Give a CSV file with a header line and at least one row.",
  },
  list_field_too_large: {
    meaning: "A cell is larger than 64 KiB.",
    fix: "Look for a missing closing quote at the line in the message, or shorten the cell.",
  },
  list_missing: {
    meaning: "No list was given, and the campaign file names none.",
    fix: "Give the CSV after the campaign file, or name it there as `recipients.file`.",
  },
  list_no_sendable_row: {
    meaning: "The list has no row that can be sent.",
    fix: "The message and the rejects file say why; a wrong phone column is the usual reason.",
  },
  list_no_time: {
    meaning: "No message of the list can be sent before the campaign's `endBy`.",
    fix: "Set a later `schedule.endBy`, or leave it out.",
  },
  list_not_a_file: {
    meaning: "The list is a folder, a link, a pipe or a device.",
    fix: "Give a CSV file.",
  },
  list_not_csv: {
    meaning: "The list is a workbook, an archive, a PDF or something else that is no text.",
    fix: 'Save it as "CSV UTF-8" in the spreadsheet program, or unpack it.',
  },
  list_not_found: {
    meaning: "There is no file of that name.",
    fix: "Check the path of the list.",
    http: 404,
  },
  list_not_readable: {
    meaning: "The list may not be read by this user.",
    fix: "Change its permissions.",
  },
  list_not_utf16: {
    meaning: "The list is in UTF-16 and holds half a character: it was damaged or cut off.",
    fix: "Save or copy it again.",
  },
  list_not_utf8: {
    meaning:
      "The list is UTF-8 by its mark, by what was given or by nearly all of its text, and one line is not; the message names it.",
    fix: "Save the list again as UTF-8 and look at that line: parts of it may come from another file.",
  },
  list_quote_open: {
    meaning: "A quoted cell is never closed.",
    fix: "Close the quote in the row that the message names, or double it where it is text.",
  },
  list_quote_stray: {
    meaning: "Text stands behind the closing quote of a cell.",
    fix: "Put the whole cell in quotes, and double the quotes inside it.",
  },
  list_row_too_large: {
    meaning: "A row is larger than 1 MiB.",
    fix: "Look for a quote that is opened there and never closed.",
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
      "A larger share of the rows is bad than `recipients.maxRejected` allows: it may be the wrong file.",
    fix: "Correct the rows (they are in the rejects file), or raise `recipients.maxRejected`.",
  },
  list_too_many_rows: {
    meaning: "The list has more than 10,000,000 rows.",
    fix: "Split it into several campaigns.",
  },
  mend_columns_differ: {
    meaning: "A rejects file that was dropped again has other columns than the list had.",
    fix: "Give it the columns that the message names; they may be in any order.",
  },
  mend_list_refused: {
    meaning:
      "The rejects file is of a list that was refused as a whole, so there is no campaign to take its rows.",
    fix: "Put the corrected rows into the list itself, and send the whole list.",
    http: 409,
  },
  mend_other_campaign: {
    meaning: "The rejects file belongs to another campaign than the campaign file that was given.",
    fix: "Give that campaign's file; or remove the columns `dropcast_campaign` and `dropcast_row` to send the rows as a list of its own.",
    http: 409,
  },
  mend_other_mode: {
    meaning: "The rejects file is of a campaign of the sandbox, and the API is the real one.",
    fix: "Give the command with `--sandbox`.",
    http: 409,
  },
  phone_column_missing: {
    meaning: "No column of the list is called like a phone number, and none holds phones.",
    fix: "Name it in the campaign file: `recipients: { to: phone }`; for `suppress import`: `--column phone`.",
  },
  phone_column_unclear: {
    meaning:
      "Several columns of the list may hold the phone, or only one whose name says that it holds something else.",
    fix: "Name the right one in the campaign file: `recipients: { to: phone }`; for `suppress import`: `--column phone`.",
  },
  phone_column_unknown: {
    meaning: "The list lacks the column that `recipients.to` or `--column` names.",
    fix: "Correct the name; the message lists the columns.",
  },
  phone_unreadable: {
    meaning: "A phone number on the command line is none, or has no country code.",
    fix: 'Write it with its country code and in quotes, as in `"+48 600 700 800"`, or add `--country PL`.',
  },
  repeats_not_known: {
    meaning:
      "`recipients.skipRepeat` leaves out who got the same campaign or template lately, and without Redis nobody can tell who that is. Nothing is sent.",
    fix: "Send it where the Redis of the workers is reached, or take `recipients.skipRepeat` out.",
    http: 503,
  },
  start_at_past: {
    meaning:
      "`schedule.startAt` has passed: a mistyped date, or a list that lay in the drop folder for too long. Nothing was stored.",
    fix: "Set a later `schedule.startAt`, or leave it out to start at once. An interrupted import goes on all the same.",
  },
  template_column_ambiguous: {
    meaning: "The template uses a column whose name the list has more than once.",
    fix: "Rename or remove all but one of them.",
  },
  template_column_missing: {
    meaning: "The template uses a column that the list does not have. Nothing was sent.",
    fix: "Correct the name in the campaign file, or add the column. `{{1}}` belongs in `template.preview` only.",
  },
  template_placeholder_invalid: {
    meaning:
      "A string of the template has a placeholder that cannot be read, or would be sent empty.",
    fix: "Write `{{column}}` or `{{column|fallback}}`.",
  },
  timezone_column_unknown: {
    meaning: "The list lacks the column that `recipients.timezone` names.",
    fix: "Correct the name; the message lists the columns. Without `recipients.timezone` the phone decides.",
  },
});
