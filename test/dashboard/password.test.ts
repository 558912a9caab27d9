import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { dashboardPassword } from "../../src/dashboard/password.ts";

function dataDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "dropcast-password-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return join(dir, "data");
}

function ask(changes: Partial<Parameters<typeof dashboardPassword>[0]> & { dataDir: string }) {
  const said: string[] = [];
  const say = (line: string) => void said.push(line);
  const asked = dashboardPassword({ configured: null, host: "127.0.0.1", say, ...changes });
  return asked.then((result) => ({ result, said }));
}

it("a configured password is taken for any host, and nothing is kept", async () => {
  const dir = dataDir();

  const configured = "twelve chars";
  const { result, said } = await ask({ configured, host: "0.0.0.0", dataDir: dir });

  expect(result).toEqual({ ok: true, value: configured });
  expect(said).toEqual([]);
  expect(() => statSync(dir)).toThrow("ENOENT");
});

it("a short one is for this machine alone", async () => {
  const short = { configured: "eleven char", dataDir: dataDir() };

  expect((await ask({ ...short, host: "127.0.0.1" })).result.ok).toBe(true);
  expect((await ask({ ...short, host: "0.0.0.0" })).result).toMatchObject({
    refusal: { code: "dashboard_password_short" },
  });
});

it.each(["0.0.0.0", "::", "10.0.0.7", "dashboard.example"])(
  "without a password the host %s is refused",
  async (host) => {
    const { result } = await ask({ host, dataDir: dataDir() });

    expect(result).toMatchObject({ ok: false, refusal: { code: "dashboard_password_missing" } });
  },
);

it("on loopback one is made, told once, and kept for its owner alone", async () => {
  const dir = dataDir();

  const first = await ask({ dataDir: dir });
  const second = await ask({ host: "localhost", dataDir: dir });

  const path = join(dir, "dashboard-password");
  const password = readFileSync(path, "utf8").trim();
  expect(password).toMatch(/^[A-Za-z0-9_-]{24}$/);
  expect(first.result).toEqual({ ok: true, value: password });
  expect(first.said).toHaveLength(1);
  expect(first.said[0]).toContain(password);
  expect(second.result).toEqual(first.result);
  expect(second.said).toEqual([]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it("two processes that start at once agree on one", async () => {
  const dir = dataDir();

  const both = await Promise.all([ask({ dataDir: dir }), ask({ dataDir: dir })]);

  expect(both[0]?.result).toEqual(both[1]?.result);
  expect(both.flatMap(({ said }) => said)).toHaveLength(1);
});

it("a file that another process has created, and not written yet, is read when it is", async () => {
  const dir = dataDir();
  const path = join(dir, "dashboard-password");
  mkdirSync(dir);
  writeFileSync(path, "");

  const asked = ask({ dataDir: dir });
  setTimeout(() => writeFileSync(path, "made-by-the-other-one\n"), 50);

  expect((await asked).result).toEqual({ ok: true, value: "made-by-the-other-one" });
});

it("a password file that is empty or cannot be read is refused, not replaced", async () => {
  const dir = dataDir();
  await ask({ dataDir: dir });
  const path = join(dir, "dashboard-password");
  writeFileSync(path, "\n");

  const { result } = await ask({ dataDir: dir });

  expect(result).toMatchObject({ ok: false, refusal: { code: "dashboard_password_unusable" } });
  expect(readFileSync(path, "utf8")).toBe("\n");
  const { result: noFolder } = await ask({ dataDir: path });
  expect(noFolder).toMatchObject({ ok: false, refusal: { code: "dashboard_password_unusable" } });
});
