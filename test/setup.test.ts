import { execFile } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";

const PACKAGES = { "": { name: "x" }, "node_modules/y": { version: "1.0.0" } };

/**
 * A project with the real set-up script and an npm and a build that only note that they ran. The
 * real ones are run by every test run of a fresh clone.
 */
function project() {
  const root = mkdtempSync(join(tmpdir(), "dropcast-setup-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, "scripts"));
  mkdirSync(join(root, "src", "cli"), { recursive: true });
  cpSync(new URL("../scripts/setup.mjs", import.meta.url), join(root, "scripts", "setup.mjs"));
  for (const file of ["tsconfig.json", "tsconfig.build.json"])
    writeFileSync(join(root, file), "{}");
  writeFileSync(join(root, "package-lock.json"), JSON.stringify({ packages: PACKAGES }));
  writeFileSync(join(root, "src", "cli", "main.ts"), "export {};\n");
  const note = 'import { appendFileSync, mkdirSync } from "node:fs";\n';
  writeFileSync(
    join(root, "scripts", "build.mjs"),
    `${note}appendFileSync("ran", "build\\n"); mkdirSync("dist", { recursive: true });\n`,
  );
  const npm = join(root, "npm-cli.mjs");
  writeFileSync(
    npm,
    `${note}appendFileSync("ran", "npm " + process.argv[2] + "\\n");
     mkdirSync("node_modules", { recursive: true }); if (process.env.NPM_USAGE && process.argv[2] === "ci") {
       console.error("npm error code EUSAGE");
       process.exit(1);
     }
     process.exit(Number(process.env.NPM_EXIT ?? 0));\n`,
  );
  return {
    root,
    ran: () => (existsSync(join(root, "ran")) ? readFileSync(join(root, "ran"), "utf8") : ""),
    setUp: (env: Record<string, string> = {}) =>
      promisify(execFile)(process.execPath, [join(root, "scripts", "setup.mjs")], {
        env: { PATH: process.env["PATH"], npm_execpath: npm, ...env },
      }),
  };
}

test("a fresh clone is installed and built, with a line for each, and then left alone", async () => {
  const { setUp, ran } = project();

  const first = await setUp();
  const second = await setUp();

  expect(first.stderr).toBe("Installing packages (npm ci) ...\nBuilding dist/ ...\n");
  expect(first.stdout).toBe("");
  expect(second.stderr).toBe("");
  expect(ran()).toBe("npm ci\nbuild\n");
});

test("a changed source is built again; one that only got a new date is not", async () => {
  const { root, setUp, ran } = project();
  const source = join(root, "src", "cli", "main.ts");
  await setUp();

  utimesSync(source, new Date(), new Date());
  await setUp();
  expect(ran()).toBe("npm ci\nbuild\n");

  writeFileSync(source, "export const x = 1;\n");
  await setUp();
  expect(ran()).toBe("npm ci\nbuild\nbuild\n");
});

test("a changed package-lock.json is installed again", async () => {
  const { root, setUp, ran } = project();
  await setUp();

  const packages = { ...PACKAGES, "node_modules/z": { version: "1.0.0" } };
  writeFileSync(join(root, "package-lock.json"), JSON.stringify({ packages }));
  await setUp();

  expect(ran()).toBe("npm ci\nbuild\nnpm ci\nbuild\n");
});

test("packages that somebody installed by hand are not installed again", async () => {
  const { root, setUp, ran } = project();
  mkdirSync(join(root, "node_modules"));
  const list = join(root, "node_modules", ".package-lock.json");
  writeFileSync(list, JSON.stringify({ packages: PACKAGES }));

  await setUp();

  expect(ran()).toBe("build\n");
});

test("several set-ups at once do the work once", async () => {
  const { setUp, ran } = project();

  await Promise.all([setUp(), setUp(), setUp(), setUp()]);

  expect(ran()).toBe("npm ci\nbuild\n");
});

test("the lock of a set-up that was killed is broken", async () => {
  const { root, setUp, ran } = project();
  mkdirSync(join(root, ".dropcast"));
  // No system gives out pids as high as this.
  writeFileSync(join(root, ".dropcast", "setup.lock"), "2147483646");

  await setUp();

  expect(ran()).toBe("npm ci\nbuild\n");
});

test("a lock that npm ci calls incomplete is installed all the same", async () => {
  const { setUp, ran } = project();

  await setUp({ NPM_USAGE: "1" });

  expect(ran()).toBe("npm ci\nnpm install\nbuild\n");
});

test("an npm that fails is told in words and nothing is built", async () => {
  const { setUp, ran } = project();

  await expect(setUp({ NPM_EXIT: "1" })).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining("check the network") as string,
  });
  expect(ran()).toBe("npm ci\n");
});
