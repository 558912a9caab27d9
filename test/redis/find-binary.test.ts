import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import {
  findRedisBinary,
  installCommand,
  isVersionSupported,
} from "../../src/redis/find-binary.ts";

/** An empty home and a PATH with nothing but the given programs (shell scripts). */
function machine(programs: Record<string, string>) {
  const folder = mkdtempSync(join(tmpdir(), "dropcast-find-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const bin = join(folder, "bin");
  mkdirSync(bin);
  for (const [name, body] of Object.entries(programs)) program(join(bin, name), body);
  const lines: string[] = [];
  const env = { PATH: bin, HOME: join(folder, "home") };
  return {
    folder,
    bin,
    lines,
    find: () =>
      findRedisBinary({ dataDir: join(folder, "data"), env, say: (line) => lines.push(line) }),
  };
}

function program(file: string, body: string): void {
  writeFileSync(file, `#!/bin/sh\n${body}\n`);
  chmodSync(file, 0o755);
}

const version = (text: string) => `echo 'Redis server v=${text} sha=0 malloc=libc bits=64'`;

test("a server on PATH is used", async () => {
  const { bin, find, lines } = machine({ "redis-server": version("7.0.15") });

  expect(await find()).toEqual({
    ok: true,
    value: {
      file: join(bin, "redis-server"),
      program: "redis-server",
      version: "7.0.15",
      env: {},
    },
  });
  expect(lines).toEqual([]);
});

test("a Redis that is too old is passed over for a Valkey", async () => {
  const { find } = machine({
    "redis-server": version("6.0.16"),
    "valkey-server": version("8.1.0"),
  });

  expect(await find()).toMatchObject({ ok: true, value: { program: "valkey-server" } });
});

test("a server that was unpacked before is used with its library path", async () => {
  const { folder, find } = machine({});
  const root = join(folder, "home/.cache/dropcast/redis/root");
  mkdirSync(join(root, "usr/bin"), { recursive: true });
  mkdirSync(join(root, "usr/lib/x86_64-linux-gnu"), { recursive: true });
  program(join(root, "usr/bin/redis-server"), version("7.0.15"));

  expect(await find()).toMatchObject({
    ok: true,
    value: {
      file: join(root, "usr/bin/redis-server"),
      env: { LD_LIBRARY_PATH: expect.stringContaining(join(root, "usr/lib")) as string },
    },
  });
});

test.each(["home", "home/.cache/dropcast/redis/root/usr/bin/redis-server"])(
  "a server that others may have put where it is unpacked is not run: they can write to %s",
  async (writable) => {
    const { folder, find } = machine({});
    const bin = join(folder, "home/.cache/dropcast/redis/root/usr/bin");
    const ran = join(folder, "ran");
    mkdirSync(bin, { recursive: true });
    program(join(bin, "redis-server"), `: > ${ran}\n${version("7.0.15")}`);
    chmodSync(join(folder, writable), 0o777);

    expect(await find()).toMatchObject({ ok: false, refusal: { code: "redis_not_found" } });
    expect(existsSync(ran)).toBe(false);
  },
);

test("with nothing to run and no apt, one refusal says what to do", async () => {
  const { find } = machine({ "redis-server": version("5.0.0") });

  expect(await find()).toMatchObject({
    ok: false,
    refusal: {
      code: "redis_not_found",
      message: expect.stringContaining("version 5.0.0") as string,
      fix: expect.stringContaining("DROPCAST_REDIS_URL") as string,
    },
  });
});

test("a download that fails is told with apt's own reason", async () => {
  const apt = 'case "$*" in *update*) echo "E: no archive answers" >&2; exit 100;; esac';
  const { find, lines } = machine({ "apt-get": apt, "apt-cache": "", dpkg: "" });

  const found = await find();

  expect(found.ok || found.refusal.message).toContain("no archive answers");
  expect(lines).toEqual([expect.stringContaining("downloading")]);
});

test.each([
  ["6.0.16", false],
  ["6.2.0", true],
  ["7.0.15", true],
  ["10.0.0", true],
])("version %s is supported: %s", (text, supported) => {
  expect(isVersionSupported(text)).toBe(supported);
});

test.each([
  ["brew", "", "brew install valkey"],
  ["apt-get", 'ID=ubuntu\nID_LIKE="debian"', "sudo apt-get install -y redis-server"],
  ["apk", "ID=alpine", "sudo apk add valkey"],
  ["pacman", "ID=arch", "sudo pacman -S valkey"],
  ["zypper", 'ID="opensuse-leap"', "sudo zypper install redis"],
  ["dnf", 'ID="rocky"\nID_LIKE="rhel centos fedora"', "sudo dnf install redis"],
  ["dnf", "ID=fedora", "sudo dnf install valkey"],
])("with %s (%s) the advice is to run %s", (program, osRelease, command) => {
  const has = (one: string) => one === program;

  expect(installCommand({ has, osRelease, isRoot: false })).toContain(command);
});

test("without a package manager no command is advised, and as root none with sudo", () => {
  const osRelease = "ID=debian";

  expect(installCommand({ has: () => false, osRelease, isRoot: true })).toBeNull();
  expect(installCommand({ has: (one) => one === "apk", osRelease, isRoot: true })).toBe(
    "apk add valkey",
  );
});

test("a system without apt-get is not told of it", async () => {
  const { find } = machine({ apk: "exit 0" });

  const found = await find();

  if (found.ok) throw new Error("There is a Redis.");
  expect(found.refusal.fix).toContain("apk add valkey");
  expect(`${found.refusal.message} ${found.refusal.fix}`).not.toContain("apt");
});
