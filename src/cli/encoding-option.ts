import { ENCODINGS, type Encoding, encodingHint, encodingNamed } from "../core/encoding.ts";
import { accept, type Result } from "../core/refusal.ts";
import { type OptionSpec, type Options, refuseUsage, textOption } from "./command.ts";

/** For commands that read a list. */
export const ENCODING_OPTION: OptionSpec = {
  flags: "--encoding <name>",
  description: `encoding of the list, if it does not say so itself: ${ENCODINGS.join(", ")}`,
  harmless: true,
};

/** The encoding that was given; null for none. */
export function encodingOption(options: Options): Result<Encoding | null> {
  const typed = textOption(options, "encoding");
  if (typed === undefined) return accept(null);
  const encoding = encodingNamed(typed);
  if (encoding !== null) return accept(encoding);
  return refuseUsage(
    `--encoding ${typed} is not supported${encodingHint(typed) || "."}`,
    `Known: ${ENCODINGS.join(", ")}.`,
  );
}
