import { findCampaign } from "../campaigns/find.ts";
import {
  type CampaignRate,
  resetCampaignRate,
  setCampaignRate,
  setNumberRate,
} from "../campaigns/rate.ts";
import { findNumber } from "../config/find-number.ts";
import { RATE_MAX, RATE_MIN } from "../core/campaign.ts";
import { accept, type Result } from "../core/refusal.ts";
import { commandActor } from "./actor.ts";
import { type Command, type CommandSpec, flagOption, refuseUsage, textOption } from "./command.ts";
import { withPlatform } from "./session.ts";
import { duration, rate as rateWords } from "./words.ts";

export const spec: CommandSpec = {
  name: "rate",
  args: [
    { syntax: "[campaign-or-rate]", description: "id of a campaign; with --number: the rate" },
    { syntax: "[rate]", description: "messages a second (0.01 to 100000), or default" },
  ],
  options: [
    { flags: "--number <name>", description: "change a number's rate instead" },
    { flags: "--reset", description: "back to what the campaign file or the configuration says" },
  ],
  usage: "<campaign> <rate> | --number <name> <rate> | … --reset",
  summary: "change how fast a campaign or a number sends, from now on",
  examples: [
    "dropcast rate main-17 20",
    "dropcast rate main-17 --reset",
    "dropcast rate --number main 80",
    "dropcast rate main-17 default",
  ],
};

/** What was typed. */
interface Asked {
  /** Undefined: the rate of a campaign. */
  readonly number: string | undefined;
  readonly campaign: string;
  readonly rate: Wanted;
}

/** `default`: a campaign has no rate of its own. `reset`: as its file or the configuration says. */
type Wanted = number | "default" | "reset";

/** `rate ID N`, `rate --number NAME N`: from now on, on all workers; `--reset` takes it back. */
export const run: Command = async (cli, { args, options }) => {
  const asked = readAsked(args, textOption(options, "number"), flagOption(options, "reset"));
  if (!asked.ok) return asked;
  const { number, campaign, rate } = asked.value;
  const by = commandActor(cli);
  return withPlatform(cli, async (platform) => {
    if (number !== undefined) {
      const known = findNumber(platform.config, number);
      if (!known.ok) return known;
      const { name, ratePerSecond } = known.value;
      const { storeNamed } = await import("../app/platform.ts");
      const perSecond = typeof rate === "number" ? rate : null;
      const set = await setNumberRate(storeNamed(platform, name), perSecond, by);
      if (!set.ok) return set;
      const words =
        perSecond === null ? `its configured ${rateWords(ratePerSecond)}` : rateWords(perSecond);
      return accept({
        json: set.value,
        text: `Number ${number} sends ${words} from now on, over all workers together.`,
      });
    }
    const found = await findCampaign(platform.stores, campaign);
    if (!found.ok) return found;
    const set =
      rate === "reset"
        ? await resetCampaignRate(found.value, by)
        : await setCampaignRate(found.value, rate === "default" ? null : rate, by);
    if (!set.ok) return set;
    return accept({ json: set.value, text: campaignText(set.value) });
  });
};

function campaignText({ id, ratePerSecond, rampUp }: CampaignRate): string {
  if (rampUp !== null) {
    const { from, to, overMs } = rampUp;
    const full = to === null ? "its full rate" : rateWords(to);
    return `${id} ramps up again, from ${rateWords(from)} to ${full} over ${duration(overMs)}, counted from its first message.`;
  }
  return ratePerSecond === null
    ? `${id} now uses its number's rate.`
    : `${id} sends at most ${rateWords(ratePerSecond)} from now on.`;
}

function readAsked(
  args: readonly (string | undefined)[],
  number: string | undefined,
  isReset: boolean,
): Result<Asked> {
  const given = args.filter((one) => one !== undefined);
  const campaign = number === undefined ? (given.shift() ?? "") : "";
  if (number === undefined && campaign === "") {
    return refuseUsage("Neither a campaign nor --number was given.", EITHER);
  }
  const [text] = given;
  if (given.length > 1) {
    return refuseUsage("A campaign and --number were both given.", EITHER);
  }
  if (isReset && text !== undefined) {
    return refuseUsage("A rate and --reset were both given.", "Give one of the two.");
  }
  const rate = isReset ? accept<Wanted>("reset") : readRate(text);
  return rate.ok ? accept({ number, campaign, rate: rate.value }) : rate;
}

const EITHER = "Give dropcast rate ID N, or dropcast rate --number NAME N.";

function readRate(text: string | undefined): Result<Wanted> {
  if (text === "default") return accept("default");
  const value = text !== undefined && /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= RATE_MIN && value <= RATE_MAX) return accept(value);
  return refuseUsage(
    text === undefined ? "No rate was given." : `"${text}" is not a rate.`,
    `Give messages a second, from ${RATE_MIN} to ${RATE_MAX}, or --reset.`,
  );
}
