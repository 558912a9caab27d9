import { type FileHandle, mkdir, open, readFile, rm } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { accept, refuse } from "../core/refusal.ts";
import type { Command, CommandSpec } from "./command.ts";
import { CONFIG_SAMPLE, EMAIL } from "./init-texts.ts";
import { counted } from "./words.ts";

export const spec: CommandSpec = {
  name: "init",
  args: [{ syntax: "[folder]", description: "where to write; default: the working folder" }],
  options: [],
  summary: "write a commented configuration, a sample campaign, and the e-mail to LiveChat",
  examples: ["dropcast init", "dropcast init my-campaigns"],
};

/** Below the program's own folder, also as it is installed. */
const packaged = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), "utf8");

/** The header and ten rows; its numbers are set aside for fiction (scripts/make-examples.mjs). */
const firstRows = (list: string): string => `${list.split("\n").slice(0, 11).join("\n")}\n`;

interface Sample {
  readonly name: string;
  readonly what: string;
  readonly text: () => string | Promise<string>;
  /** Only for the user if it is to hold secrets. */
  readonly mode: 0o600 | 0o644;
}

const SAMPLES: readonly Sample[] = [
  {
    name: ".env",
    what: "settings: fill in the first part",
    text: () => packaged(".env.example"),
    mode: 0o600,
  },
  {
    name: "dropcast.yaml",
    what: "for several numbers, portfolios and webhooks out; not in use yet",
    text: () => CONFIG_SAMPLE,
    mode: 0o600,
  },
  {
    name: "campaign.yaml",
    what: "a campaign",
    text: () => packaged("examples/spring-sale.yaml"),
    mode: 0o644,
  },
  {
    name: "recipients.csv",
    what: "its list: ten people at numbers that no one has",
    text: async () => firstRows(await packaged("examples/recipients.csv")),
    mode: 0o644,
  },
  {
    name: "email-to-livechat.txt",
    what: "asks for the number's id and for webhooks",
    text: () => EMAIL,
    mode: 0o644,
  },
];

/**
 * `init`: writes the samples into a folder, and never changes a file that is there: one that exists
 * is kept as it is, whatever it holds.
 */
export const run: Command = async (cli, { args: [given = "."] }) => {
  const folder = resolve(cli.cwd, given);
  const files: { name: string; written: boolean; what: string }[] = [];
  try {
    await mkdir(folder, { recursive: true });
    for (const { name, what, text, mode } of SAMPLES) {
      files.push({ name, what, written: await writeNew(join(folder, name), await text(), mode) });
    }
  } catch (error) {
    const { code = "unknown error" } = error as NodeJS.ErrnoException;
    return refuse(
      "init_not_writable",
      `The folder ${folder} cannot be written to (${code}).`,
      code === "ENOSPC" || code === "EDQUOT"
        ? "Free some space on its disk, then run it again."
        : "Give a folder of yours: dropcast init FOLDER.",
    );
  }
  const kept = files.filter(({ written }) => !written).length;
  const lines = files.map(
    ({ name, what, written }) => `  ${written ? "wrote" : "kept "}  ${name.padEnd(22)}${what}`,
  );
  const inside = relative(cli.cwd, folder);
  const next = [
    ...(kept === 0
      ? []
      : [`${counted(kept, "file")} existed and ${kept === 1 ? "is" : "are"} as before.`]),
    `Try it without an account: ${inside === "" ? "" : `cd ${inside} && `}dropcast up --sandbox --send campaign.yaml`,
    "Then send email-to-livechat.txt, fill in .env, and run dropcast doctor.",
  ];
  return accept({
    json: { folder, files: files.map(({ name, written }) => ({ name, written })) },
    text: [...lines, "", ...next].join("\n"),
  });
};

/** Whether it was written; false if there is something of that name, also a link. */
async function writeNew(path: string, text: string, mode: number): Promise<boolean> {
  const file = await openNew(path, mode);
  if (file === null) return false;
  try {
    await file.writeFile(text);
  } catch (error) {
    // The next `init` would keep the part as if it were a person's.
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  return true;
}

async function openNew(path: string, mode: number): Promise<FileHandle | null> {
  try {
    return await open(path, "wx", mode);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return null;
    throw error;
  }
}
