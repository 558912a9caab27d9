import { catalogue } from "./catalogue.ts";

/** The drop folder. */
export const DROPS = catalogue(409, {
  drop_campaign_gone: {
    meaning:
      "A dropped list was imported as a campaign that this Redis does not have: it is another Redis, it was rolled back, or the number is no longer configured.",
    fix: "Find out whether the list was sent. Only if it was not, drop it again.",
  },
  drop_campaign_lost: {
    meaning:
      "The campaign file of a list in `processing/` is not known: the list was put there by hand, or its claim was removed.",
    fix: "Check with `dropcast list` whether it was sent; if not, drop it again with its campaign file.",
  },
  drop_campaign_unclear: {
    meaning:
      "Several campaign files may belong to a dropped list, or one that looks like it is not called `X.yaml` (a copy, a backup, an unfinished upload). Nothing was sent.",
    fix: "Keep one `X.yaml` next to one `X.csv`, remove or rename the others, and drop the list again.",
    http: 422,
  },
  drop_cancelled: {
    meaning: "The campaign of a dropped list was cancelled before the list was moved to `done/`.",
    fix: "To send the list after all, drop it again.",
  },
  drop_killed_producer: {
    meaning: "Three producers died while they imported this list. Nothing of it was sent.",
    fix: "Find out why they died (memory, logs), then drop the list again; splitting it may help.",
  },
  drop_list_refused: {
    meaning:
      "A dropped list was refused by a producer that died before it wrote the report; the message has the reason.",
    fix: "Correct the list and drop it again.",
    http: 422,
  },
  drop_no_campaign: {
    meaning: "A list was dropped without a campaign file.",
    fix: "Drop `X.csv` and `X.yaml` together, or keep a `campaign.yaml` in that folder of the inbox.",
    http: 422,
  },
  drop_not_a_list: {
    meaning:
      "A dropped file is neither a list (`.csv`) nor a campaign file (`.yaml`, `.yml`, `.json`).",
    fix: 'If it is a list, save it as "CSV UTF-8" with the ending `.csv`, and drop that.',
    http: 422,
  },
  drop_not_regular: {
    meaning: "A dropped file is a link, a pipe or a second name of another file.",
    fix: "Copy the file itself into the inbox.",
    http: 422,
  },
  drop_other_campaign: {
    meaning:
      "The interrupted import of a dropped list would continue as another campaign: the API or the number has changed since.",
    fix: "To send the list now, drop it again; remove the interrupted campaign with `dropcast cancel ID`.",
  },
  recurring_missing: {
    meaning: "A campaign file in `recurring/` has no block `recurring`. It is not run.",
    fix: "Add `recurring` with a folder or url, a cron and a timezone, or move the file to the inbox.",
    http: 422,
  },
  recurring_name_twice: {
    meaning:
      "Two campaign files in `recurring/` have the same name without their endings. Neither is run.",
    fix: "Keep one of them, or rename one.",
    http: 422,
  },
  drops_not_one_filesystem: {
    meaning:
      "Files cannot be renamed between `inbox`, `processing`, `done` and `failed`: they are on different file systems, or mounted separately.",
    fix: "Mount the folder that contains all four.",
    http: 500,
  },
  drops_not_writable: {
    meaning: "The drop folder cannot be created or written to.",
    fix: "Give this user permission, or set `DROPCAST_DROPS_DIR` to another folder.",
    http: 500,
  },
});
