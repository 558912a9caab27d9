import { hostname, userInfo } from "node:os";
import type { Actor } from "../core/act.ts";
import type { Cli } from "./command.ts";

/** Who runs a command: the user of the operating system, and behind `sudo` the one who typed it. */
export function commandActor({ env }: Pick<Cli, "env">): Actor {
  const user = userName();
  const typedBy = env["SUDO_USER"];
  const who = typedBy === undefined || typedBy === "" ? user : `${user} (sudo by ${typedBy})`;
  return { who: who.slice(0, 100), via: "command line", from: hostname() };
}

/** In a container the user may have no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.() ?? "unknown"}`;
  }
}
