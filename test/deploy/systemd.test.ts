import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { COMMAND_NAMES } from "../../src/cli/commands.ts";
import { timings } from "../../src/core/timings.ts";
import { pathOf, read } from "./deployment.ts";

/** What src/cli/serve.ts grants beyond the drain before it gives up. */
const STOP_MARGIN_MS = 5_000;
const UNIT = "deploy/systemd/dropcast.service";
/** Of 10, which is no protection at all; systemd calls what is below 2 well protected. */
const EXPOSURE_MAX = 2;

const settings = new Map(
  read(UNIT)
    .split("\n")
    .filter((line) => /^[A-Z]\w*=/.test(line))
    .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)] as const),
);
const analyze = await promisify(execFile)("systemd-analyze", ["--version"]).then(
  () => true,
  () => false,
);

describe(UNIT, () => {
  test("runs a command that the command line has, as a user of its own", () => {
    expect(settings.get("ExecStart")).toBe("/usr/bin/env dropcast up");
    expect(COMMAND_NAMES).toContain("up");
    expect(settings.get("User")).toBe("dropcast");
    expect(settings.get("WorkingDirectory")).toBe(`/var/lib/${settings.get("StateDirectory")}`);
  });

  test("leaves more time to stop than it takes at most, and stops Redis last", () => {
    const { drainMs } = timings({ answerTimeoutMs: 60_000, timeScale: 1 });

    expect(Number(settings.get("TimeoutStopSec")) * 1_000).toBeGreaterThanOrEqual(
      drainMs + STOP_MARGIN_MS,
    );
    expect(settings.get("KillMode")).toBe("mixed");
  });

  test.skipIf(!analyze)(
    "systemd finds nothing to say about it (needs systemd-analyze)",
    async () => {
      const { stdout, stderr } = await promisify(execFile)("systemd-analyze", [
        ...["verify", pathOf(UNIT)],
      ]);

      expect(`${stdout}${stderr}`).toBe("");
    },
  );

  test.skipIf(!analyze)("may do as little as it can with (needs systemd-analyze)", async () => {
    const { stdout } = await promisify(execFile)("systemd-analyze", [
      ...["security", "--offline=true", "--json=off", pathOf(UNIT)],
    ]);

    const exposure = Number(/exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1]);
    expect(exposure).toBeLessThan(EXPOSURE_MAX);
  });
});
