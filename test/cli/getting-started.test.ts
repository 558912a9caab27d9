import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { EMAIL } from "../../src/cli/init-texts.ts";
import { freePort } from "../support/ports.ts";
import { startOwnRedis } from "../support/redis.ts";
import { runShell, spawnCli, startCli } from "./run-cli.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const page = readFileSync(join(root, "docs/getting-started.md"), "utf8");

interface Step {
  readonly command: string;
  readonly shown: readonly string[];
}

/** The commands of the page, in its order, and what it shows of their output. */
const steps: readonly Step[] = [...page.matchAll(/^```console\n(.*?)^```$/gms)]
  .flatMap(([, block = ""]) => block.split(/^\$ /m).slice(1))
  .map((text) => {
    const [command = "", ...shown] = text.split("\n");
    return { command, shown: shown.filter((line) => line.trim() !== "") };
  });

/** What the page shows and the program does not say: figures, times, ports and folders may differ. */
function missing(shown: readonly string[], output: string): string[] {
  const said = output.split("\n").map(normal);
  return shown.filter((line) => !said.some((one) => one.includes(normal(line))));
}

function normal(line: string): string {
  return line
    .replace(/\S*\//g, "")
    .replace(/(?<=\(any user name\): )\S+/, "")
    .replace(/v?\d[\d.,:]*/g, "#")
    .replace(/ +/g, " ")
    .trim();
}

function newFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), "dropcast-start-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

function stepOf(command: string): Step {
  const found = steps.find((step) => step.command.startsWith(command));
  if (found === undefined) throw new Error(`docs/getting-started.md has no "$ ${command}"`);
  return found;
}

test("npm start shows what the page shows, with the same outcomes", async () => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    scripts: { start: string };
  };
  const dir = newFolder();
  // Faster, so that the test is; outcomes depend on the recipients only.
  const env = {
    ...{ PATH: process.env["PATH"] ?? "", HOME: dir, DROPCAST_RATE_PER_SECOND: "500" },
    ...{ DROPCAST_WEBHOOK_PORT: "0", DROPCAST_DASHBOARD_PORT: "0" },
  };
  const args = scripts.start
    .replace("node bin/dropcast.js ", "")
    .replace("examples/", join(root, "examples/"))
    .split(" ");

  const ended = await spawnCli({ dir, env, number: "main" }, args);

  const { shown } = stepOf("npm start");
  const isProgress = (line: string): boolean => /^main-\d+: /.test(line);
  const counts = shown.filter((line) => /^ {2}[a-z]+ +\d/.test(line));
  expect(ended.code).toBe(0);
  expect(
    missing(
      shown.filter((line) => !isProgress(line)),
      `${ended.stdout}\n${ended.stderr}`,
    ),
  ).toEqual([]);
  expect(counts).toHaveLength(6);
  expect(counts.filter((line) => !ended.stdout.includes(line))).toEqual([]);
});

test("the letter to LiveChat is the one that init writes", () => {
  expect(page).toContain(`\`\`\`text\n${EMAIL.trimEnd()}\n\`\`\``);
});

test("the rehearsal works as it is written, from init to the result", async () => {
  const redis = await startOwnRedis();
  const [webhooks, dashboard] = [await freePort("role"), await freePort("role")];
  const dir = newFolder();
  const env = {
    ...{ PATH: process.env["PATH"] ?? "", DROPCAST_REDIS_URL: redis.url },
    ...{ DROPCAST_WEBHOOK_PORT: `${webhooks}`, DROPCAST_DASHBOARD_PORT: `${dashboard}` },
  };
  const place = { dir, env, number: "main" };
  const wrong: string[] = [];
  const compare = ({ command, shown }: Step, output: string): void => {
    for (const line of missing(shown, output)) wrong.push(`$ ${command}\n${line}\n${output}`);
  };
  const run = async (step: Step): Promise<void> => {
    // Asked at a terminal; without one it would not be sent.
    const yes = step.command.startsWith("dropcast send") ? " --yes" : "";
    const ended = await runShell(place, `dropcast() { $BIN "$@"; }\n${step.command}${yes}`);
    if (ended.code !== 0) wrong.push(`$ ${step.command} ended with ${ended.code}`);
    compare(step, `${ended.stdout}\n${ended.stderr}`);
  };

  await run(stepOf("dropcast init"));
  for (const step of steps.filter(({ command }) => command.startsWith("echo"))) await run(step);

  const simulated = stepOf("dropcast sandbox");
  const args = simulated.command
    .replace("9100", "0")
    .replace("8081", `${webhooks}`)
    .split(" ")
    .slice(1);
  const sandbox = startCli(place, args);
  const printed = await sandbox.said("DROPCAST_WEBHOOK_SECRET=");
  compare(simulated, printed);
  const envFile = join(dir, ".env");
  const settings = [...printed.matchAll(/^(DROPCAST_\w+)=(.*)$/gm)];
  expect(settings).toHaveLength(4);
  writeFileSync(
    envFile,
    settings.reduce(
      (text, [line, name]) => text.replace(new RegExp(`^${name}=.*$`, "m"), line),
      readFileSync(envFile, "utf8"),
    ),
  );

  await run(stepOf("dropcast doctor"));
  const up = startCli(place, ["up"]);
  compare(stepOf("dropcast up"), await up.said("Ready."));
  for (const command of ["check", "test", "send", "watch", "export"]) {
    await run(stepOf(`dropcast ${command}`));
  }

  expect(wrong).toEqual([]);
  expect(readFileSync(join(dir, "result.csv"), "utf8")).toMatch(/Ana,10%,Warsaw,1,/);
});
