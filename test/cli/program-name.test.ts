import { expect, test } from "vitest";
import { withTypedName } from "../../src/cli/program-name.ts";
import type { Terminal } from "../../src/cli/terminal.ts";

function said(env: Record<string, string>, line: string): string {
  const lines: string[] = [];
  const terminal = { out: (text: string) => void lines.push(text) } as unknown as Terminal;
  const input = { argv: ["node", "/clone/bin/dropcast.js", "up"], env, cwd: "/clone" };
  withTypedName(terminal, input).out(line);
  return lines.join("\n");
}

test("what npm start advises can be typed in a clone, where no dropcast is on the PATH", () => {
  const env = { npm_lifecycle_event: "start" };

  expect(said(env, "try dropcast list, or `dropcast retry main-1 --code 1`.")).toBe(
    "try node bin/dropcast.js list, or `node bin/dropcast.js retry main-1 --code 1`.",
  );
  expect(said(env, "Dropcast 1.0.0 in /home/me/dropcast listens")).toBe(
    "Dropcast 1.0.0 in /home/me/dropcast listens",
  );
});

test("elsewhere the program has its name", () => {
  expect(said({}, "try dropcast list")).toBe("try dropcast list");
});
