import { actionJson, actionProgressWords } from "../campaigns/action-json.ts";
import { actionWords, endWords, SKIPPED_WORDS, waitsForWorker } from "../campaigns/action-words.ts";
import { findAction, listActions, stopAction } from "../campaigns/actions.ts";
import type { Stores } from "../campaigns/find.ts";
import { SKIPPED } from "../core/action.ts";
import { accept } from "../core/refusal.ts";
import type { Action } from "../store/index.ts";
import { commandActor } from "./actor.ts";
import { type Command, type CommandResult, type CommandSpec, refuseUsage } from "./command.ts";
import { withPlatform } from "./session.ts";
import { count, dateTime, printable, table } from "./words.ts";

export const spec: CommandSpec = {
  name: "actions",
  args: [
    { syntax: "[action]", description: "list (the default), show or stop" },
    { syntax: "[id]", description: "of show and stop: the bulk action, as in main-17.k3f9x2ab" },
  ],
  options: [],
  summary: "bulk actions: what retry and resolve do to many messages",
  examples: ["dropcast actions", "dropcast actions stop main-17.k3f9x2ab"],
};

const ACTIONS = ["list", "show", "stop"];
const LISTED = 50;

/** `actions [list|show|stop] [ID]`: bulk actions, how far they are, and how to stop one. */
export const run: Command = async (cli, { args: [action = "list", id] }) => {
  if (!ACTIONS.includes(action)) {
    return refuseUsage(`Unknown action "${action}".`, `Give ${ACTIONS.join(", ")}.`);
  }
  if ((action === "list") !== (id === undefined)) {
    return refuseUsage(
      action === "list" ? "list takes no id." : `${action} needs the id of a bulk action.`,
      "dropcast actions list shows all ids.",
    );
  }
  return withPlatform(cli, async ({ stores }) => {
    if (id === undefined) return list(stores);
    const found = await findAction(stores, id);
    if (!found.ok) return found;
    if (action === "show") {
      const { action: one } = found.value;
      return accept({ json: actionJson(one, Date.now()), text: actionText(one) });
    }
    const stopped = await stopAction(found.value, commandActor(cli));
    if (!stopped.ok) return stopped;
    const { changed, state, done, left } = stopped.value;
    return accept({
      json: stopped.value,
      text: changed
        ? `${id} is stopped: ${count(done)} done, ${count(left)} stay as they were.`
        : `${id} is already ${state}.`,
    });
  });
};

async function list(stores: Stores): Promise<CommandResult> {
  const { actions, isCut } = await listActions(stores, { size: LISTED });
  const rows = actions.map((one) => [
    ...[one.id, printable(one.name), one.state, count(one.total), count(one.done)],
    ...[count(one.total - one.done - one.left), one.by.who, dateTime(one.createdAt)],
  ]);
  const head = ["ID", "NAME", "STATE", "MESSAGES", "DONE", "LEFT OUT", "WHO", "BEGUN"];
  return accept({
    json: actions.map((one) => actionJson(one, Date.now())),
    text:
      actions.length === 0
        ? "No bulk actions in the last 90 days."
        : `${table([head, ...rows], new Set([3, 4, 5]))}${isCut ? `\nThe newest ${LISTED}; the dashboard shows all.` : ""}`,
  });
}

function actionText(action: Action): string {
  const { id, name, state, end, by, createdAt, total, expected, skipped } = action;
  return [
    `${id}: ${printable(name)}`,
    `  ${actionWords(action.what)}.`,
    `  ${state}: ${actionProgressWords(action)}, of ${count(total)} in all`,
    ...SKIPPED.filter((why) => skipped[why] > 0).map(
      (why) => `  ${count(skipped[why])} left out: ${SKIPPED_WORDS[why]}`,
    ),
    ...(end === null ? [] : [`  ${endWords(end)}`]),
    ...(expected === null || expected === total
      ? []
      : [`  The preview showed ${count(expected)}; ${count(total)} matched when it began.`]),
    ...(waitsForWorker(action, Date.now()) ? ["  It waits: no worker takes its steps."] : []),
    `  begun by ${by.who} at ${dateTime(createdAt)}`,
  ].join("\n");
}
