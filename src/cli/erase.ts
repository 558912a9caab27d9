import { audited } from "../campaigns/audited.ts";
import type { Mode } from "../core/mode.ts";
import { accept, type Result } from "../core/refusal.ts";
import type { Erased } from "../privacy/erase.ts";
import type { ActLog } from "../store/index.ts";
import { commandActor } from "./actor.ts";
import { type Cli, type Command, type CommandSpec, textOption } from "./command.ts";
import { withPlatform } from "./session.ts";
import { readCountry, readPhones } from "./suppress.ts";
import { counted } from "./words.ts";

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
    const eraser = await openEraser(platform);
    try {
      const done = await auditedErase(cli, eraser.acts, () => eraser.erase(phones.value[0] ?? ""));
      if (!done.ok) return done;
      const erased = done.value;
      const whole = erased.importing.length === 0 && erased.onTheWire === 0;
      return accept({
        json: { ...erased, complete: whole },
        text: erasedWords(erased),
        exitCode: whole ? 0 : 1,
      });
    } finally {
      await eraser.close();
    }
  });

/** In the audits of both modes, because it erases in both. Nothing there says who was erased. */
function auditedErase(
  cli: Cli,
  acts: Readonly<Record<Mode, ActLog>>,
  erase: () => Promise<Erased>,
): Promise<Result<Erased>> {
  const by = commandActor(cli);
  const noted = (mode: Mode, act: () => Promise<Result<Erased>>) =>
    audited(acts[mode], by, { what: "erase" }, act, ({ rows, lines, importing, onTheWire }) => ({
      details: { rows, lines, complete: importing.length === 0 && onTheWire === 0 },
    }));
  return noted("live", () => noted("sandbox", async () => accept(await erase())));
}

function erasedWords(erased: Erased): string {
  const { rows, campaigns, files, lines, cells, optedOut, importing, onTheWire, history } = erased;
  const where = campaigns.length === 0 ? "" : ` of ${campaigns.join(", ")}`;
  const parts = [
    `Erased: ${counted(rows, "row")}${where}, and ${counted(lines, "line")} in ${counted(files, "file")}. Counts are kept.`,
  ];
  if (cells > 0) parts.push(`${counted(cells, "cell")} of other people's rows named the number.`);
  if (optedOut) parts.push("The opt-out stays as a digest: the person gets no messages.");
  if (history === "refused") {
    parts.push(
      "Redis did not rewrite its append-only file: the number is in its history until it does (BGREWRITEAOF).",
    );
  }
  if (importing.length > 0) {
    parts.push(
      `Being imported: ${importing.join(", ")}. Run the same command again when that is done.`,
    );
  }
  if (onTheWire > 0) {
    parts.push(
      `${counted(onTheWire, "message")} to the person is still being sent. Run the same command again in two minutes.`,
    );
  }
  return parts.join("\n");
}
