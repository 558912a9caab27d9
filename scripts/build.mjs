// Builds dist/ from src/: tsc for the TypeScript, a plain copy for what tsc does not carry.
import { execFileSync } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const COPIED = new Set([".lua", ".css", ".js", ".svg"]);

rmSync(`${root}/dist`, { recursive: true, force: true });
execFileSync(
  process.execPath,
  [`${root}/node_modules/typescript/bin/tsc`, "-p", `${root}/tsconfig.build.json`],
  { stdio: "inherit", cwd: root },
);
cpSync(`${root}/src`, `${root}/dist`, {
  recursive: true,
  filter: (from) => extname(from) === "" || COPIED.has(extname(from)),
});
