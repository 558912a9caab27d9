import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { createTerminal } from "../../src/cli/terminal.ts";

/** A terminal whose stdout fails with this error. */
function failing(error: NodeJS.ErrnoException) {
  const stdout = new PassThrough();
  const terminal = createTerminal({
    stdin: process.stdin,
    stdout: stdout as unknown as NodeJS.WriteStream,
    stderr: new PassThrough() as unknown as NodeJS.WriteStream,
    env: {},
  });
  stdout.emit("error", error);
  return terminal;
}

test.each([
  [Object.assign(new Error("no space left"), { code: "ENOSPC" }), "ENOSPC"],
  [new Error("the other side closed"), "the other side closed"],
  [Object.assign(new Error("broken pipe"), { code: "EPIPE" }), null],
])(
  "output that was lost is told with its cause, unless its reader went away: %s",
  (error, lost) => {
    const terminal = failing(error);

    expect(terminal.lost()).toBe(lost);
    expect(terminal.closed.aborted).toBe(true);
  },
);
