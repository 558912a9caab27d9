import { NUMBER_NAME } from "../core/campaign.ts";
import type { Mode } from "../core/mode.ts";

const CAMPAIGN_ID = new RegExp(`^(${NUMBER_NAME.source.slice(1, -1)})-[1-9][0-9]{0,9}$`);

/** The number's name inside a campaign id (`main-17` -> `main`), or undefined. */
export function numberOfCampaign(campaign: string): string | undefined {
  return CAMPAIGN_ID.exec(campaign)?.[1];
}

/** The serial inside a campaign id (`main-17` -> 17): a later import has a higher one. */
export function serialOfCampaign(campaign: string): number {
  return Number(campaign.slice(campaign.lastIndexOf("-") + 1));
}

/**
 * How a returned file names its campaign. A sandbox campaign is `main.sandbox-17`, so that it is
 * never taken for the live campaign with the same id.
 */
export function campaignMark(campaign: string, mode: Mode): string {
  return mode === "live" ? campaign : campaign.replace(/-(\d+)$/, ".sandbox-$1");
}

/** The campaign that a mark names, and whether the mark is for the sandbox. */
export function readCampaignMark(mark: string): { campaign: string; ofSandbox: boolean } {
  const campaign = mark.replace(/\.sandbox-(\d+)$/, "-$1");
  return { campaign, ofSandbox: campaign !== mark };
}
