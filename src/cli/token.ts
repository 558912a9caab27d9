import { addToken, type MadeToken, removeToken } from "../access/tokens.ts";
import { numbersWords } from "../access/users.ts";
import type { Role } from "../core/access.ts";
import { accept, type Result } from "../core/refusal.ts";
import { tokenJson } from "../export/access-json.ts";
import type { Tokens } from "../store/index.ts";
import { commandActor } from "./actor.ts";
import {
  type Command,
  type CommandResult,
  type CommandSpec,
  namesOption,
  type Options,
  type Report,
  refuseUsage,
  roleOption,
  textOption,
} from "./command.ts";
import { withPlatform } from "./session.ts";
import { dateTime, modeWords, table } from "./words.ts";

const ACTIONS = ["add", "list", "remove"];

export const spec: CommandSpec = {
  name: "token",
  args: [
    { syntax: "<action>", description: "add, list or remove", choices: ACTIONS },
    { syntax: "[name]", description: "of add and remove: the token's name" },
  ],
  options: [
    { flags: "--role <role>", description: "of add: viewer (the default), operator or admin" },
    { flags: "--numbers <names>", description: "of add: these numbers only, as in main,shop" },
    { flags: "--expires <days>", description: "of add: as in 90d; default: it does not expire" },
  ],
  summary: "tokens for the HTTP API of the dashboard",
  examples: ["dropcast token add crm --role operator --expires 90d", "dropcast token list"],
};

/** `token add|list|remove`: who may use the HTTP API, besides the dashboard's password. */
export const run: Command = async (cli, { args: [action = "", name], options }) => {
  if (!ACTIONS.includes(action)) {
    return refuseUsage(`Unknown action "${action}".`, `Give ${ACTIONS.join(", ")}.`);
  }
  if ((action === "list") !== (name === undefined)) {
    return refuseUsage(
      action === "list" ? "list takes no name." : `${action} needs a name.`,
      "dropcast token --help shows its usage.",
    );
  }
  const wanted = readWanted(action, options);
  if (!wanted.ok) return wanted;
  return withPlatform(cli, async ({ redis, config, actsOf }) => {
    const { createTokens, isTokenName } = await import("../store/index.ts");
    const tokens = createTokens(redis, config.mode);
    if (name === undefined) return list(tokens);
    const numbers = Object.keys(config.numbers);
    const deps = { tokens, acts: actsOf(config.mode), numbers };
    if (action === "remove") {
      const removed = await removeToken(deps, name, commandActor(cli));
      return removed.ok
        ? accept({
            json: { name, removed: true },
            text: `Token "${name}" is removed: it opens nothing from now on.`,
          })
        : removed;
    }
    if (!isTokenName(name)) {
      return refuseUsage(
        "That is not a name for a token.",
        "Give up to 64 letters, digits, -, _ and ., beginning with a letter or a digit.",
      );
    }
    const made = await addToken(deps, { name, ...wanted.value }, commandActor(cli));
    return made.ok ? accept(madeReport(made.value, modeWords(config.mode))) : made;
  });
};

interface Wanted {
  readonly role: Role;
  readonly numbers: readonly string[] | null;
  readonly lastsMs: number | null;
}

const DAY_MS = 24 * 3_600_000;

function readWanted(action: string, options: Options): Result<Wanted> {
  const typed = { role: textOption(options, "role"), expires: textOption(options, "expires") };
  const numbers = namesOption(options, "numbers");
  if (action !== "add" && (typed.role ?? typed.expires ?? numbers) != null) {
    return refuseUsage("--role, --numbers and --expires are options of add.", "Leave them out.");
  }
  const given = roleOption(options);
  if (!given.ok) return given;
  const role = given.value;
  if (typed.expires === undefined) return accept({ role, numbers, lastsMs: null });
  const days = Number(/^([1-9]\d{0,3})d$/.exec(typed.expires)?.[1] ?? Number.NaN);
  return days >= 1
    ? accept({ role, numbers, lastsMs: days * DAY_MS })
    : refuseUsage(`"${typed.expires}" is not a number of days.`, "Give 1d to 9999d, as in 90d.");
}

function madeReport(made: MadeToken, mode: string): Report {
  const { name, role, numbers, expiresAt, token } = made;
  const of = numbers === null ? "" : `, ${numbersWords(numbers)} only`;
  const until = expiresAt === null ? "" : `, until ${dateTime(expiresAt)}`;
  return {
    json: { ...tokenJson(made), token },
    text: `${token}\nThis is token "${name}" (${role}${of}${until}; ${mode}). It is shown only now: store it in a safe place.`,
  };
}

async function list(tokens: Tokens): Promise<CommandResult> {
  const all = await tokens.list();
  const now = Date.now();
  const rows = all.map(({ name, role, numbers, expiresAt, lastUsedAt, createdAt }) => [
    ...[name, role, numbersWords(numbers), dateTime(createdAt)],
    lastUsedAt === null ? "never" : dateTime(lastUsedAt),
    expiresAt === null ? "never" : `${dateTime(expiresAt)}${expiresAt <= now ? " (expired)" : ""}`,
  ]);
  return accept({
    json: all.map(tokenJson),
    text:
      all.length === 0
        ? "No tokens. Make one: dropcast token add NAME --role operator"
        : table([["NAME", "ROLE", "NUMBERS", "CREATED", "LAST USED", "EXPIRES"], ...rows]),
  });
}
