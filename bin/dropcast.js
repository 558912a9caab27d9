#!/usr/bin/env node
import { existsSync } from "node:fs";

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`dropcast needs Node 20.19 or newer; this is ${process.version}.`);
  process.exit(1);
}
const main = new URL("../dist/cli/main.js", import.meta.url);
if (!existsSync(main)) {
  console.error("dropcast is not built yet. Run `npm run build` in its folder first.");
  process.exit(1);
}
const { run } = await import(main.href);
await run(process.argv);
