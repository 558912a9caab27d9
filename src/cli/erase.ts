import { accept } from "../core/refusal.ts";
import { commandActor } from "./actor.ts";
import { type Command, type CommandSpec, textOption } from "./command.ts";
import { withPlatform } from "./session.ts";
import { readCountry, readPhones } from "./suppress.ts";

export const spec: CommandSpec = {
  name: "erase",
  bothModes: true,
  args: [{ syntax: "<number>", description: "a person's phone number, in any spelling" }],
  options: [{ flags: "--country <code>", description: "country of a number without its code" }],
  summary: "erase one person everywhere; counts stay",
  examples: ['dropcast erase "+48 600 700 800"'],
};

/** `erase NUMBER`: erases one person everywhere; counts stay. */
export const run: Command = (cli, { args, options }) =>
  withPlatform(cli, async (platform) => {
    const country = await readCountry(textOption(options, "country"), platform.config);
    if (!country.ok) return country;
    const phones = await readPhones(args, country.value);
    if (!phones.ok) return phones;
    const { openEraser } = await import("../app/lists.ts");
    const opened = await openEraser(platform);
    if (!opened.ok) return opened;
    const eraser = opened.value;
    try {
      const { eraseAsAsked, erasedWords, isComplete } = await import("../privacy/erase-act.ts");
      const done = await eraseAsAsked(eraser, commandActor(cli), phones.value[0] ?? "");
      if (!done.ok) return done;
      const complete = isComplete(done.value);
      return accept({
        json: { ...done.value, complete },
        text: erasedWords(done.value).join("\n"),
        exitCode: complete ? 0 : 1,
      });
    } finally {
      await eraser.close();
    }
  });
