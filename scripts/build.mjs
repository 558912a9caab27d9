// Builds dist/ from src/: tsc for the TypeScript, a plain copy for what tsc does not carry. It is
// built beside and put in place by rename, so that what runs from dist/ never sees half of it.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, renameSync, rmSync } from "node:fs";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = `${root}dist`;
const fresh = `${root}dist.${process.pid}.new`;
const old = `${root}dist.${process.pid}.old`;
const COPIED = new Set([".lua", ".css", ".js", ".svg"]);

try {
  execFileSync(
    process.execPath,
    [
      `${root}node_modules/typescript/bin/tsc`,
      "-p",
      `${root}tsconfig.build.json`,
      "--outDir",
      fresh,
    ],
    { stdio: "inherit", cwd: root },
  );
  cpSync(`${root}src`, fresh, {
    recursive: true,
    filter: (from) => extname(from) === "" || COPIED.has(extname(from)),
  });
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(fresh, dist);
} catch (error) {
  // tsc has said what is wrong; its exit code is all there is to add.
  if (typeof error.status !== "number") throw error;
  process.exitCode = 1;
} finally {
  rmSync(fresh, { recursive: true, force: true });
  rmSync(old, { recursive: true, force: true });
}
