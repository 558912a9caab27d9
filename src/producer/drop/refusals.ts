import { basename } from "node:path";
import { type Refusal, type Refused, refuse } from "../../core/refusal.ts";
import { SHARED_CAMPAIGN, stemOf } from "./names.ts";

/** What the drop folder says no with. `list` is a file's name. */

/** For which nothing in its folder is a campaign file. */
export function noCampaign(list: string): Refusal {
  const stem = stemOf(list);
  return refuse(
    "drop_no_campaign",
    `${list} has no campaign file: neither ${stem}.yaml nor ${SHARED_CAMPAIGN}.yaml lies beside it.`,
    `Put the list and ${stem}.yaml into the inbox together, or ${SHARED_CAMPAIGN}.yaml into its folder.`,
  ).refusal;
}

export function unclearCampaign(list: string, why: string): Refusal {
  const stem = stemOf(list);
  return refuse(
    "drop_campaign_unclear",
    `It is not clear which campaign file ${list} is to be sent by: ${why}.`,
    `Keep one ${stem}.yaml beside one ${stem}.csv, remove or rename the others, and drop the list again.`,
  ).refusal;
}

/** Something lies there that looks like its own campaign file. */
export function suspectedCampaign(list: string, name: string): Refusal {
  return unclearCampaign(list, `${name} may be meant, and is not called ${stemOf(list)}.yaml`);
}

/** Neither list nor campaign file. */
export function notAList(file: string): Refusal {
  return refuse(
    "drop_not_a_list",
    `${basename(file)} is neither a list (.csv) nor a campaign file (.yaml, .yml or .json).`,
    'If it is a list, save it as "CSV UTF-8" under a name that ends in .csv, and drop that.',
  ).refusal;
}

/** It would go on as another campaign than it was begun as. */
export function otherCampaign(input: {
  dropped: string;
  before: string;
  campaign: string;
}): Refused {
  const { dropped, before, campaign } = input;
  return refuse(
    "drop_other_campaign",
    `${dropped} was begun as ${before}, and would now become ${campaign}: the API or the number is set otherwise since.`,
    `Drop it again, if it is to be sent now; dropcast cancel ${before} drops what was begun.`,
  );
}

/** What it was imported as is not in this Redis. */
export function campaignGone(list: string, id: string): Refusal {
  return refuse(
    "drop_campaign_gone",
    `${list} was imported as ${id}, and there is no such campaign: it is another Redis, one that went back in time, or the number is not configured any more.`,
    "Find out first whether it was sent. Only if it was not, drop it again.",
  ).refusal;
}

export function campaignCancelled(list: string, id: string): Refusal {
  return refuse(
    "drop_cancelled",
    `${list} became ${id}, which was cancelled.`,
    `See dropcast show ${id}; to send the list after all, drop it again.`,
  ).refusal;
}

/** By a predecessor that could not write the report any more. */
export function listRefused(list: string, reason: string): Refusal {
  return refuse(
    "drop_list_refused",
    `${list} was refused: ${reason}`,
    "Correct the list and drop it again.",
  ).refusal;
}

export function killedProducer(list: string, times: number): Refusal {
  return refuse(
    "drop_killed_producer",
    `${list} was being imported when the producer died, ${times} times; nothing of it was sent.`,
    "Look why it died (its memory, its log), then drop the list again; splitting it may help.",
  ).refusal;
}

/** It lies in processing, and nothing says what it was taken with. */
export function campaignLost(list: string): Refusal {
  return refuse(
    "drop_campaign_lost",
    `Which campaign file ${list} was taken with is not known any more; nothing was sent by this try.`,
    "See dropcast list whether it was sent before; if not, drop it again with its campaign file.",
  ).refusal;
}

export function changed(list: string): Refusal {
  return refuse(
    "list_changed",
    `${list} was changed after it had been taken.`,
    "Send it again once it is complete.",
  ).refusal;
}
