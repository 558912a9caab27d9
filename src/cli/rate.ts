import { findNumber } from "../config.ts";
import { RATE_MAX, RATE_MIN } from "../core/campaign.ts";
import { accept, type Result } from "../core/refusal.ts";
import { type Command, refuseUsage, textOption } from "./command.ts";
import { findCampaign, withPlatform } from "./session.ts";
import { rate as rateWords } from "./words.ts";

/** `rate ID N`, `rate --number NAME N`: from now on, on all pods; `default` takes it back. */
export const rate: Command = async (cli, { args, options }) => {
  const number = textOption(options, "number");
  const [first, second] = args;
  if (number !== undefined && second !== undefined) {
    return refuseUsage(
      "a campaign and --number were both given.",
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
      await platform.stores[number]?.pace.setNumberRate(perSecond);
      const { ratePerSecond } = known.value;
      const words =
        perSecond === null ? `its configured ${rateWords(ratePerSecond)}` : rateWords(perSecond);
      return accept({
        json: { number, ratePerSecond: perSecond },
        text: `Number ${number} sends ${words} from now on, over all workers together.`,
      });
    }
    const id = first ?? "";
    const found = await findCampaign(platform, id);
    if (!found.ok) return found;
    await found.value.store.pace.setCampaignRate(id, perSecond);
    return accept({
      json: { id, ratePerSecond: perSecond },
      text:
        perSecond === null
          ? `${id} has no rate of its own any more: its number's counts.`
          : `${id} sends at most ${rateWords(perSecond)} from now on.`,
    });
  });
};

/** null: `default`, the rate is taken back. */
function readRate(text: string | undefined): Result<number | null> {
  if (text === "default") return accept(null);
  const value = text !== undefined && /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= RATE_MIN && value <= RATE_MAX) return accept(value);
  return refuseUsage(
    text === undefined ? "no rate was given." : `"${text}" is not a rate.`,
    `Give messages a second, from ${RATE_MIN} to ${RATE_MAX}, or default.`,
  );
}
