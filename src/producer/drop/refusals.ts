import { basename } from "node:path";
import { type Refusal, type Refused, refuse } from "../../core/refusal.ts";
import { SHARED_CAMPAIGN, stemOf } from "./names.ts";

/** The refusals of the drop folder. `list` is a file's name. */

/** No file in its folder is a campaign file. */
export function noCampaign(list: string): Refusal {
  const stem = stemOf(list);
  return refuse(
    "drop_no_campaign",
    `${list} has no campaign file: neither ${stem}.yaml nor ${SHARED_CAMPAIGN}.yaml is beside it.`,
    `Put the list and ${stem}.yaml into the inbox together, or ${SHARED_CAMPAIGN}.yaml into its folder.`,
  ).refusal;
}

export function unclearCampaign(list: string, why: string): Refusal {
  const stem = stemOf(list);
  return refuse(
    "drop_campaign_unclear",
    `It is not clear which campaign file belongs to ${list}: ${why}.`,
    `Keep one ${stem}.yaml beside one ${stem}.csv, remove or rename the others, and drop the list again.`,
  ).refusal;
}

/** There is a file that looks like its own campaign file. */
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

/** Resuming it would create another campaign. */
export function otherCampaign(input: {
  dropped: string;
  before: string;
  campaign: string;
}): Refused {
  const { dropped, before, campaign } = input;
  return refuse(
    "drop_other_campaign",
    `${dropped} was started as ${before}, and would now become ${campaign}: the configured API or number has changed.`,
    `To send it now, drop it again; dropcast cancel ${before} cancels what was started.`,
  );
}

/** The campaign it was imported as is not in this Redis. */
export function campaignGone(list: string, id: string): Refusal {
  return refuse(
    "drop_campaign_gone",
    `${list} was imported as ${id}, which does not exist here: this is another Redis, Redis has lost data, or the number is no longer configured.`,
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

/** Refused by a process that died before it wrote the report. */
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
    "Find out why it died (its memory, its log), then drop the list again; splitting it may help.",
  ).refusal;
}

/** It lies in processing without a record of what it was taken with. */
export function campaignLost(list: string): Refusal {
  return refuse(
    "drop_campaign_lost",
    `The campaign file that ${list} was taken with is no longer known; this try sent nothing.`,
    "Check with dropcast list whether it was sent before; if not, drop it again with its campaign file.",
  ).refusal;
}

export function changed(list: string): Refusal {
  return refuse(
    "list_changed",
    `${list} was changed after it had been taken.`,
    "Send it again once it is complete.",
  ).refusal;
}
