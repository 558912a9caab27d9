import type { CommandFile } from "./command.ts";

/**
 * Every command by its name, in the order of the help. Its file has the rest, and is loaded only
 * when the command runs or all are listed.
 */
const FILES = {
  up: () => import("./up.ts"),
  demo: () => import("./demo.ts"),
  producer: async () => (await import("./roles.ts")).producer,
  worker: async () => (await import("./roles.ts")).worker,
  webhooks: async () => (await import("./roles.ts")).webhooks,
  dashboard: async () => (await import("./roles.ts")).dashboard,
  check: () => import("./check.ts"),
  send: () => import("./send.ts"),
  test: () => import("./test.ts"),
  list: () => import("./list.ts"),
  show: () => import("./show.ts"),
  watch: () => import("./watch.ts"),
  pause: async () => (await import("./control.ts")).pause,
  resume: async () => (await import("./control.ts")).resume,
  cancel: async () => (await import("./control.ts")).cancel,
  rate: () => import("./rate.ts"),
  move: () => import("./move.ts"),
  retry: () => import("./retry.ts"),
  find: () => import("./find.ts"),
  resolve: () => import("./resolve.ts"),
  actions: () => import("./actions.ts"),
  export: () => import("./export.ts"),
  "webhooks-out": () => import("./webhooks-out.ts"),
  audit: () => import("./audit.ts"),
  suppress: () => import("./suppress.ts"),
  user: () => import("./user.ts"),
  token: () => import("./token.ts"),
  erase: () => import("./erase.ts"),
  config: () => import("./config.ts"),
  init: () => import("./init.ts"),
  completion: () => import("./completion.ts"),
  mcp: () => import("./mcp.ts"),
  backup: () => import("./backup.ts"),
  restore: () => import("./restore.ts"),
  doctor: () => import("./doctor/doctor.ts"),
  fetch: () => import("./fetch.ts"),
  sandbox: () => import("./sandbox.ts"),
} satisfies Readonly<Record<string, () => Promise<CommandFile>>>;

export const COMMAND_NAMES: readonly string[] = Object.keys(FILES);

/** The command that `typed` names, or all commands if it names none. */
export function loadCommands(typed: string | undefined): Promise<readonly CommandFile[]> {
  const known = Object.entries(FILES);
  const meant = known.filter(([name]) => name === typed);
  return Promise.all((meant.length === 0 ? known : meant).map(([, load]) => load()));
}
