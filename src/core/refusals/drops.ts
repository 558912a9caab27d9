import { catalogue } from "./catalogue.ts";

/** The drop folder. */
export const DROPS = catalogue(409, {
  drop_campaign_gone: {
    meaning:
      "A dropped list had been imported as a campaign that this Redis does not know: it is another Redis, one that went back in time, or the number is not configured any more.",
    fix: "Find out first whether the list was sent. Only if it was not, drop it again.",
  },
  drop_campaign_lost: {
    meaning:
      "A list lies in `processing/`, and which campaign file it was taken with is not known: somebody put it there, or removed what lay beside it.",
    fix: "See `dropcast list` whether it was sent before; if not, drop it again with its campaign file.",
  },
  drop_campaign_unclear: {
    meaning:
      "More than one campaign file may be meant for a dropped list, or something that looks like its own is not called `X.yaml` (a copy, a backup, an upload that has not ended). Nothing was sent.",
    fix: "Keep one `X.yaml` beside one `X.csv`, remove or rename the others, and drop the list again.",
    http: 422,
  },
  drop_cancelled: {
    meaning:
      "The campaign that a dropped list became was cancelled before the list had been moved on.",
    fix: "To send the list after all, drop it again.",
  },
  drop_killed_producer: {
    meaning: "Three producers died while they imported this list. Nothing of it was sent.",
    fix: "Look why they died (their memory, their logs), then drop the list again; splitting it may help.",
  },
  drop_list_refused: {
    meaning:
      "A dropped list was refused, by a producer that died before it could write the report; the reason is in the message.",
    fix: "Correct the list and drop it again.",
    http: 422,
  },
  drop_no_campaign: {
    meaning: "A list was dropped, and no campaign file came with it.",
    fix: "Drop `X.csv` and `X.yaml` together, or keep a `campaign.yaml` in that folder of the inbox.",
    http: 422,
  },
  drop_not_a_list: {
    meaning:
      "What was dropped is neither a list (`.csv`) nor a campaign file (`.yaml`, `.yml`, `.json`).",
    fix: 'If it is a list, save it as "CSV UTF-8" under a name that ends in `.csv`, and drop that.',
    http: 422,
  },
  drop_not_regular: {
    meaning: "What was dropped is a link, a pipe, or a second name of another file.",
    fix: "Copy the file itself into the inbox.",
    http: 422,
  },
  drop_other_campaign: {
    meaning:
      "The import of a dropped list was interrupted, and would go on as another campaign: the API or the number is set otherwise since.",
    fix: "Drop the list again, if it is to be sent now; `dropcast cancel ID` drops what was begun.",
  },
  drops_not_one_filesystem: {
    meaning:
      "Files cannot be renamed between `inbox`, `processing`, `done` and `failed`: they are on several file systems, or mounted one by one.",
    fix: "Mount the folder that holds all four.",
    http: 500,
  },
  drops_not_writable: {
    meaning: "The drop folder cannot be made or written to.",
    fix: "Give this user permission, or set `DROPCAST_DROPS_DIR` to another folder.",
    http: 500,
  },
});
