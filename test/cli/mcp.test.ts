import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runHere } from "./in-process.ts";
import { json, makePlace, runShell } from "./run-cli.ts";

test("without a token, or with an address that is none, it says what to give", async () => {
  const place = makePlace();

  const tokenless = await runHere(place, ["mcp", "--json"]);
  const wrong = await runHere(place, ["mcp", "--url", "ftp://127.0.0.1", "--json"]);
  const lost = makePlace({ DROPCAST_MCP_TOKEN_FILE: "no-such-file" });
  const unreadable = await runHere(lost, ["mcp", "--json"]);

  expect(json(tokenless)).toMatchObject({ error: { code: "mcp_token_missing" } });
  expect(json(unreadable)).toMatchObject({ error: { code: "config_invalid" } });
  expect(wrong.code).toBe(2);
});

test("it speaks on stdout, and ends when stdin does", async () => {
  const place = makePlace();
  writeFileSync(join(place.dir, ".env"), "DROPCAST_MCP_TOKEN=not-a-token\n");
  const clientInfo = { name: "test", version: "0" };
  const params = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo };
  const lines = [
    { jsonrpc: "2.0", id: 1, method: "initialize", params },
    { jsonrpc: "2.0", method: "notifications/initialized" },
    { jsonrpc: "2.0", id: 2, method: "tools/call", params: { name: "health", arguments: {} } },
  ].map((line) => JSON.stringify(line));

  // Its stdin stays open until the second answer is there.
  const ended = await runShell(
    place,
    `coproc MCP { $BIN mcp --url http://127.0.0.1:1; }
     printf '%s\\n' '${lines.join("' '")}' >&"\${MCP[1]}"
     read -r first <&"\${MCP[0]}"; read -r second <&"\${MCP[0]}"
     printf '%s\\n' "$first" "$second"
     exec {MCP[1]}>&-; wait "$MCP_PID"`,
  );

  const [first, second] = ended.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(first).toMatchObject({ id: 1, result: { serverInfo: { name: "dropcast" } } });
  expect(second).toMatchObject({ id: 2, result: { isError: true } });
  expect(second.result.content[0].text).toMatch(/^api_away: /);
  expect(ended.code).toBe(0);
  expect(ended.stdout + ended.stderr).not.toContain("not-a-token");
});
