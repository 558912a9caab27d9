// Writes npm-shrinkwrap.json for the package: what package-lock.json says of the packages that run,
// so that all who install Dropcast get exactly the versions that its tests ran with. `npm pack`
// runs it before, and with --remove after: the file is for the package alone, and in a checkout
// npm would take it for the lock file.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const file = fileURLToPath(new URL("../npm-shrinkwrap.json", import.meta.url));

if (process.argv.includes("--remove")) {
  rmSync(file, { force: true });
} else {
  const lock = JSON.parse(readFileSync(new URL("../package-lock.json", import.meta.url), "utf8"));
  const { devDependencies: _, ...root } = lock.packages[""];
  const packages = { "": root };
  for (const [place, entry] of Object.entries(lock.packages)) {
    if (place !== "" && !entry.dev && !entry.devOptional) packages[place] = entry;
  }
  writeFileSync(file, `${JSON.stringify({ ...lock, packages }, null, 2)}\n`);
}
