import { findCampaign } from "../campaigns/find.ts";
import { setCampaignRate, setNumberRate } from "../campaigns/rate.ts";
import { findNumber } from "../config/find-number.ts";
import { RATE_MAX, RATE_MIN } from "../core/campaign.ts";
import { accept, type Result } from "../core/refusal.ts";
import { type Command, type CommandSpec, refuseUsage, textOption } from "./command.ts";
import { withPlatform } from "./session.ts";
import { rate as rateWords } from "./words.ts";

export const spec: CommandSpec = {
  name: "rate",
  args: [
    { syntax: "<campaign-or-rate>", description: "id of a campaign; with --number: the rate" },
    { syntax: "[rate]", description: "messages a second (0.01 to 100000), or default" },
  ],
  options: [{ flags: "--number <name>", description: "change a number's rate instead" }],
  usage: "<campaign> <rate> | --number <name> <rate>",
  summary: "change how fast a campaign or a number sends, from now on",
  examples: [
    "dropcast rate main-17 20",
    "dropcast rate --number main 80",
    "dropcast rate main-17 default",
  ],
};

/** `rate ID N`, `rate --number NAME N`: from now on, on all workers; `default` removes it. */
export const run: Command = async (cli, { args, options }) => {
  const number = textOption(options, "number");
  const [first, second] = args;
  if (number !== undefined && second !== undefined) {
    return refuseUsage(
      "A campaign and --number were both given.",
      "Give dropcast rate ID N, or dropcast rate --number NAME N.",
    );
  }
  const wanted = readRate(number === undefined ? second : first);
  if (!wanted.ok) return wanted;
  const perSecond = wanted.value;
  return withPlatform(cli, async (platform) => {
    if (number !== undefined) {
      const known = findNumber(platform.config, number);
      if (!known.ok) return known;
      const { name, ratePerSecond } = known.value;
      const { storeNamed } = await import("../app/platform.ts");
      const set = await setNumberRate(storeNamed(platform, name), perSecond);
      if (!set.ok) return set;
      const words =
        perSecond === null ? `its configured ${rateWords(ratePerSecond)}` : rateWords(perSecond);
      return accept({
        json: set.value,
        text: `Number ${number} sends ${words} from now on, over all workers together.`,
      });
    }
    const found = await findCampaign(platform.stores, first ?? "");
    if (!found.ok) return found;
    const set = await setCampaignRate(found.value, perSecond);
    if (!set.ok) return set;
    const { id } = set.value;
    return accept({
      json: set.value,
      text:
        perSecond === null
          ? `${id} now uses its number's rate.`
          : `${id} sends at most ${rateWords(perSecond)} from now on.`,
    });
  });
};

/** null: `default`, which removes the rate. */
function readRate(text: string | undefined): Result<number | null> {
  if (text === "default") return accept(null);
  const value = text !== undefined && /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= RATE_MIN && value <= RATE_MAX) return accept(value);
  return refuseUsage(
    text === undefined ? "No rate was given." : `"${text}" is not a rate.`,
    `Give messages a second, from ${RATE_MIN} to ${RATE_MAX}, or default.`,
  );
}
