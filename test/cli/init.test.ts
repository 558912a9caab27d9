import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { loadConfig } from "../../src/config/config.ts";
import { reachesNoOne } from "../support/fiction.ts";
import { runHere } from "./in-process.ts";
import { json, makePlace } from "./run-cli.ts";

const NAMES = [".env", "dropcast.yaml", "campaign.yaml", "recipients.csv", "email-to-livechat.txt"];

test("init writes a configuration without a mistake, and a campaign that passes its check", async () => {
  const place = makePlace();
  const done = await runHere(place, ["init", "shop", "--json"]);
  const shop = { dir: join(place.dir, "shop"), env: { PATH: place.env["PATH"] ?? "" } };

  expect(json(done)).toMatchObject({ files: NAMES.map((name) => ({ name, written: true })) });
  expect(loadConfig({ env: {}, cwd: shop.dir })).toMatchObject({ ok: true, warnings: [] });
  const several = loadConfig({ env: { DROPCAST_CONFIG: "dropcast.yaml" }, cwd: shop.dir });
  // Only the files of secrets are missing, which come with the answer.
  expect(several.ok ? [] : several.problems.map(({ message }) => message)).toEqual([
    expect.stringContaining("second.token: there is no such file"),
    expect.stringContaining("second.secret: there is no such file"),
  ]);
  expect(statSync(join(shop.dir, ".env")).mode & 0o777).toBe(0o600);
  const email = readFileSync(join(shop.dir, "email-to-livechat.txt"), "utf8");
  expect(email).toContain("contact@livechat-integrations.com");
  expect(email).toContain("/webhooks/livechat");
  const checked = await runHere(shop, ["check", "campaign.yaml", "--sandbox", "--json"]);
  expect(checked.code).toBe(0);
  // Sent for real by mistake, it reaches no one.
  const [, ...rows] = readFileSync(join(shop.dir, "recipients.csv"), "utf8").trimEnd().split("\n");
  expect(rows).toHaveLength(10);
  expect(rows.filter((row) => !reachesNoOne(row))).toEqual([]);
});

test("init never changes what is there, not even behind a link", async () => {
  const place = makePlace();
  const mine = join(place.dir, "campaign.yaml");
  writeFileSync(mine, "mine");
  writeFileSync(join(place.dir, "elsewhere"), "private");
  symlinkSync(join(place.dir, "elsewhere"), join(place.dir, ".env"));
  symlinkSync(join(place.dir, "nowhere"), join(place.dir, "recipients.csv"));

  const first = await runHere(place, ["init"]);
  const again = await runHere(place, ["init", "--json"]);

  expect(first.code).toBe(0);
  expect(first.stdout).toContain("kept   campaign.yaml");
  expect(first.stdout).toContain("3 files existed and are as before.");
  expect(readFileSync(mine, "utf8")).toBe("mine");
  expect(readFileSync(join(place.dir, "elsewhere"), "utf8")).toBe("private");
  expect(
    json<{ files: { written: boolean }[] }>(again).files.every(({ written }) => !written),
  ).toBe(true);
});

test("init in a place that is no folder is refused with the way out", async () => {
  const place = makePlace();
  writeFileSync(join(place.dir, "file"), "");

  const ended = await runHere(place, ["init", "file/below", "--json"]);

  expect(json(ended)).toMatchObject({ error: { code: "init_not_writable" } });
});

test("init leaves no part of a file that a disk has no room for, so that it can be repeated", () => {
  const place = makePlace();
  const program = fileURLToPath(new URL("../../bin/dropcast.js", import.meta.url));

  const small = spawnSync("sh", ["-c", `ulimit -f 4; exec node ${program} init`], {
    cwd: place.dir,
    encoding: "utf8",
  });

  expect(small.stderr).toContain("cannot be written to (EFBIG)");
  expect(readdirSync(place.dir)).not.toContain(".env");
});
