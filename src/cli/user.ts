import { addUser, changeUser, numbersWords, removeUser } from "../access/users.ts";
import { ROLES, type Role } from "../core/access.ts";
import { accept, type Result } from "../core/refusal.ts";
import { userJson } from "../export/access-json.ts";
import type { User } from "../store/index.ts";
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
import { newPassword } from "./password.ts";
import { withPlatform } from "./session.ts";
import { dateTime, table } from "./words.ts";

export const spec: CommandSpec = {
  name: "user",
  args: [
    {
      syntax: "<action>",
      description: "add, list, password, role, disable, enable or remove",
    },
    { syntax: "[name]", description: "of all but list: the user's name" },
  ],
  options: [
    {
      flags: "--role <role>",
      description: "of add and role: viewer (the default), operator or admin",
    },
    {
      flags: "--numbers <names>",
      description:
        "of add and role: only these, as in main,shop, or all; role without it keeps them",
    },
  ],
  summary: "people who may sign in to the dashboard by a name and password of their own",
  examples: [
    "dropcast user add anna --role operator --numbers main",
    "dropcast user password anna",
    "dropcast user list",
  ],
};

const ACTIONS = ["add", "list", "password", "role", "disable", "enable", "remove"] as const;

/** `user …`: who may sign in. A password is typed, or comes on stdin; it is never an argument. */
export const run: Command = async (cli, { args: [typed = "", name], options }) => {
  const action = ACTIONS.find((one) => one === typed);
  if (action === undefined) {
    return refuseUsage(`Unknown action "${typed}".`, `Give ${ACTIONS.join(", ")}.`);
  }
  if ((action === "list") !== (name === undefined)) {
    return refuseUsage(
      action === "list" ? "list takes no name." : `${action} needs a name.`,
      "dropcast user --help shows its usage.",
    );
  }
  const wanted = readAccess(action, options);
  if (!wanted.ok) return wanted;
  const needsPassword = action === "add" || action === "password";
  const password = needsPassword ? await newPassword(cli, process.stdin) : accept("");
  if (!password.ok) return password;
  return withPlatform(cli, async ({ redis, config, actsOf }) => {
    const { createUsers } = await import("../store/index.ts");
    const users = createUsers(redis, config.mode);
    if (name === undefined) return list(await users.list());
    const numbers = Object.keys(config.numbers);
    const deps = { users, acts: actsOf(config.mode), numbers };
    const { role, numbers: given } = wanted.value;
    const only = given?.join() === "all" && !numbers.includes("all") ? null : given;
    const by = commandActor(cli);
    switch (action) {
      case "add":
        return changed(
          await addUser(deps, { name, password: password.value, role, numbers: only }, by),
          "may sign in now",
        );
      case "password":
        return changed(
          await changeUser(deps, name, { password: password.value }, by),
          "has a new password; every session of before is over",
        );
      case "role":
        return changed(
          // A limit never ends by being left out.
          await changeUser(
            deps,
            name,
            { access: { role, numbers: given === null ? undefined : only } },
            by,
          ),
          "is changed; every session of before is over",
        );
      case "disable":
      case "enable": {
        const disabled = action === "disable";
        const words = disabled ? "cannot sign in; every session is over" : "may sign in again";
        return changed(await changeUser(deps, name, { disabled }, by), words);
      }
      case "list":
      case "remove": {
        const removed = await removeUser(deps, name, by);
        return removed.ok ? accept(removedReport(name)) : removed;
      }
    }
  });
};

function readAccess(
  action: (typeof ACTIONS)[number],
  options: Options,
): Result<{ readonly role: Role; readonly numbers: readonly string[] | null }> {
  const typed = textOption(options, "role");
  const numbers = namesOption(options, "numbers");
  const takes = action === "add" || action === "role";
  if (!takes && (typed !== undefined || numbers !== null)) {
    return refuseUsage("--role and --numbers are options of add and role.", "Leave them out.");
  }
  if (action === "role" && typed === undefined) {
    return refuseUsage("The action role needs --role.", `Give ${ROLES.join(", ")}.`);
  }
  const role = roleOption(options);
  return role.ok ? accept({ role: role.value, numbers }) : role;
}

function changed(result: Result<User>, words: string): CommandResult {
  if (!result.ok) return result;
  const { name, role, numbers } = result.value;
  const text = `User ${name} (${role}, numbers: ${numbersWords(numbers)}) ${words}.`;
  return accept({ json: userJson(result.value), text });
}

function removedReport(name: string): Report {
  return {
    json: { name, removed: true },
    text: `User ${name} is removed, and every session is over.`,
  };
}

function list(users: readonly User[]): CommandResult {
  const rows = users.map(({ name, role, numbers, createdAt, lastUsedAt, disabled }) => [
    ...[name, role, numbersWords(numbers), dateTime(createdAt)],
    ...[lastUsedAt === null ? "never" : dateTime(lastUsedAt), disabled ? "disabled" : ""],
  ]);
  return accept({
    json: users.map(userJson),
    text:
      users.length === 0
        ? "No users. Add one: dropcast user add NAME --role operator"
        : table([["NAME", "ROLE", "NUMBERS", "CREATED", "LAST USED", ""], ...rows]),
  });
}
