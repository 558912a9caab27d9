import { audited } from "../campaigns/audited.ts";
import { ROLES, type Role } from "../core/access.ts";
import { accept, type Result, refuse } from "../core/refusal.ts";
import type { ApiToken, Tokens } from "../store/index.ts";
import { commandActor } from "./actor.ts";
import {
  type Command,
  type CommandResult,
  type CommandSpec,
  type Options,
  refuseUsage,
  textOption,
} from "./command.ts";
import { withPlatform } from "./session.ts";
import { dateTime, isoTime, modeWords, table } from "./words.ts";

const ACTIONS = ["add", "list", "remove"];

export const spec: CommandSpec = {
  name: "token",
  args: [
    { syntax: "<action>", description: "add, list or remove", choices: ACTIONS },
    { syntax: "[name]", description: "of add and remove: the token's name" },
  ],
  options: [
    { flags: "--role <role>", description: "of add: viewer (the default), operator or admin" },
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
    // A secret may have been pasted as the name, so only a name that was right is noted.
    const noted = (what: "token add" | "token remove", act: () => Promise<CommandResult>) =>
      audited(actsOf(config.mode), commandActor(cli), { what }, act, () => ({
        details: { name, ...(what === "token add" ? { role: wanted.value.role } : {}) },
      }));
    if (action === "remove") return noted("token remove", () => remove(tokens, name));
    if (!isTokenName(name)) {
      return refuseUsage(
        "That is not a name for a token.",
        "Give up to 64 letters, digits, -, _ and ., beginning with a letter or a digit.",
      );
    }
    return noted("token add", () => add(tokens, { name, ...wanted.value }, modeWords(config.mode)));
  });
};

interface Wanted {
  readonly role: Role;
  readonly lastsMs: number | null;
}

const DAY_MS = 24 * 3_600_000;

function readWanted(action: string, options: Options): Result<Wanted> {
  const typed = { role: textOption(options, "role"), expires: textOption(options, "expires") };
  if (action !== "add" && (typed.role ?? typed.expires) !== undefined) {
    return refuseUsage("--role and --expires are options of add.", "Leave them out.");
  }
  const role = ROLES.find((one) => one === (typed.role ?? "viewer"));
  if (role === undefined) {
    return refuseUsage(`"${typed.role}" is not a role.`, `Give ${ROLES.join(", ")}.`);
  }
  if (typed.expires === undefined) return accept({ role, lastsMs: null });
  const days = Number(/^([1-9]\d{0,3})d$/.exec(typed.expires)?.[1] ?? Number.NaN);
  return days >= 1
    ? accept({ role, lastsMs: days * DAY_MS })
    : refuseUsage(`"${typed.expires}" is not a number of days.`, "Give 1d to 9999d, as in 90d.");
}

async function add(
  tokens: Tokens,
  wanted: Wanted & { readonly name: string },
  mode: string,
): Promise<CommandResult> {
  const { name } = wanted;
  const result = await tokens.add(wanted);
  if (result.kind === "taken") {
    return refuse(
      "token_name_taken",
      `There is a token "${name}" already.`,
      `Choose another name, or remove it first: dropcast token remove ${name}.`,
    );
  }
  if (result.kind === "full") {
    return refuse(
      "tokens_too_many",
      "There are 200 tokens, which is the most.",
      "Remove those that are no longer used: dropcast token list.",
    );
  }
  const { token, added } = result;
  const until = added.expiresAt === null ? "" : `, until ${dateTime(added.expiresAt)}`;
  return accept({
    json: { ...tokenJson(added), token },
    text: `${token}\nThis is token "${name}" (${added.role}${until}; ${mode}). It is shown only now: store it in a safe place.`,
  });
}

async function list(tokens: Tokens): Promise<CommandResult> {
  const all = await tokens.list();
  const now = Date.now();
  const rows = all.map(({ name, role, expiresAt, lastUsedAt, createdAt }) => [
    ...[name, role, dateTime(createdAt)],
    lastUsedAt === null ? "never" : dateTime(lastUsedAt),
    expiresAt === null ? "never" : `${dateTime(expiresAt)}${expiresAt <= now ? " (expired)" : ""}`,
  ]);
  return accept({
    json: all.map(tokenJson),
    text:
      all.length === 0
        ? "No tokens. Make one: dropcast token add NAME --role operator"
        : table([["NAME", "ROLE", "CREATED", "LAST USED", "EXPIRES"], ...rows]),
  });
}

async function remove(tokens: Tokens, name: string): Promise<CommandResult> {
  if (await tokens.remove(name)) {
    return accept({
      json: { name, removed: true },
      text: `Token "${name}" is removed: it opens nothing from now on.`,
    });
  }
  return refuse(
    "token_unknown",
    "There is no token with this name.",
    "dropcast token list shows all names.",
  );
}

function tokenJson({ name, role, createdAt, expiresAt, lastUsedAt }: ApiToken) {
  return {
    ...{ name, role, createdAt: isoTime(createdAt) },
    ...{ expiresAt: isoTime(expiresAt), lastUsedAt: isoTime(lastUsedAt) },
  };
}
