import { describe, expect, it } from "vitest";
import type { AccessDeps } from "../../src/dashboard/server.ts";
import { deploymentKeys } from "../../src/store/keys.ts";
import { form, HORSE, open, page } from "./sign-ins.ts";
import { accessOf, openDashboard, PASSWORD, signIn, type TestDashboard } from "./support.ts";

const { sessions: SESSIONS } = deploymentKeys("sandbox");

describe("the cookie of a session", () => {
  it("has the __Host- prefix over https, and a plain name with the port over http on loopback", async () => {
    const dashboard = await open();
    const { port } = dashboard;

    const plain = await form(dashboard, "/sign-in", { password: PASSWORD });
    const secure = await form(
      dashboard,
      "/sign-in",
      { password: PASSWORD },
      {
        origin: `https://127.0.0.1:${port}`,
      },
    );

    expect(plain.headers.get("set-cookie")).toMatch(
      new RegExp(`^dropcast-${port}=[\\w-]{43}; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax$`),
    );
    expect(secure.headers.get("set-cookie")).toMatch(
      /^__Host-dropcast=[\w-]{43}; Max-Age=604800; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
  });

  it("that did not arrive is told, instead of asking again and again", async () => {
    const dashboard = await open();

    const answer = await page(dashboard, "/sign-in/done?to=/");

    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain("did not keep the cookie");
  });

  it("that was planted is worth nothing, also after signing in with it", async () => {
    const dashboard = await open();
    const planted = `dropcast-${dashboard.port}=${"A".repeat(43)}`;

    const before = await page(dashboard, "/", planted);
    const done = await form(dashboard, "/sign-in", { password: PASSWORD }, { cookie: planted });
    const after = await page(dashboard, "/", planted);

    expect([before.status, done.status, after.status]).toEqual([303, 303, 303]);
    expect(done.headers.get("set-cookie")).not.toContain("A".repeat(43));
  });

  it("is worth nothing after signing in again, or out", async () => {
    const dashboard = await open();
    const first = await signIn(dashboard, { password: PASSWORD });
    const second = await signIn(dashboard, { password: PASSWORD, cookie: first });

    const old = await page(dashboard, "/", first);
    const out = await form(dashboard, "/sign-out", {}, { cookie: second });
    const ended = await page(dashboard, "/", second);

    expect([old.status, out.status, ended.status]).toEqual([303, 303, 303]);
    expect(await dashboard.access.sessions.list()).toEqual([]);
  });

  it("is stored as a digest only", async () => {
    const dashboard = await open();
    const cookie = await signIn(dashboard, { password: PASSWORD });
    const secret = cookie.split("=")[1] ?? "x";

    const stored = JSON.stringify(await dashboard.redis.hgetall(SESSIONS));

    expect(stored).toMatch(/"[0-9a-f]{64}":"admin\|\*\|/);
    expect(stored).not.toContain(secret);
  });
});

describe("a session of a user", () => {
  const changes = [
    ["a new password", (users: TestDashboard["access"]["users"]) => users.setPassword("anna", "x")],
    [
      "another role",
      (users: TestDashboard["access"]["users"]) =>
        users.setAccess("anna", { role: "viewer", numbers: null }),
    ],
    [
      "being disabled",
      (users: TestDashboard["access"]["users"]) => users.setDisabled("anna", true),
    ],
    ["being removed", (users: TestDashboard["access"]["users"]) => users.remove("anna")],
  ] as const;

  it.each(changes)("ends with %s", async (_, change) => {
    const dashboard = await open();
    await dashboard.addUser("anna");
    const cookie = await signIn(dashboard, { name: "anna", password: HORSE });
    const before = await page(dashboard, "/", cookie);

    await change(dashboard.access.users);

    expect([before.status, (await page(dashboard, "/", cookie)).status]).toEqual([200, 303]);
    expect(await dashboard.access.sessions.list()).toEqual([]);
  });

  it("of a removed one is not that of a new one with the same name", async () => {
    const dashboard = await open();
    await dashboard.addUser("anna", "admin");
    const cookie = await signIn(dashboard, { name: "anna", password: HORSE });
    await dashboard.access.users.remove("anna");
    await dashboard.addUser("anna", "admin");

    expect((await page(dashboard, "/", cookie)).status).toBe(303);
  });

  it.each([
    ["a person", "oidc:anna", 20],
    ["the shared password", "password", 200],
  ])("of %s (%s) ends the oldest beyond %i", async (_, who, most) => {
    const { sessions } = accessOf();
    for (let begun = 0; begun <= most; begun++) {
      await sessions.begin(
        { who, role: "viewer", numbers: null, mark: null },
        { from: "::1", marks: () => ({ password: "p", sso: "s" }) },
      );
    }

    expect(await sessions.list()).toHaveLength(most);
  });

  it("is over when it was idle, or lasted, for too long", async () => {
    const dashboard = await open();
    const cookie = await signIn(dashboard, { password: PASSWORD });
    const { redis } = dashboard;
    const [[id, value] = ["", ""]] = Object.entries(await redis.hgetall(SESSIONS));
    const [role, numbers, mark, created, used, ...rest] = value.split("|");
    const with_ = (createdAt: unknown, usedAt: unknown) =>
      redis.hset(SESSIONS, id, [role, numbers, mark, createdAt, usedAt, ...rest].join("|"));

    await with_(created, Number(used) - 12 * 3_600_000 - 1_000);
    const idle = (await page(dashboard, "/", cookie)).status;
    await with_(Number(created) - 7 * 24 * 3_600_000 - 1_000, used);
    const old = (await page(dashboard, "/", cookie)).status;

    expect([idle, old]).toEqual([303, 303]);
  });

  it("of the dashboard's password ends with another password", async () => {
    const access: AccessDeps = { ...accessOf(), askBy: "page" };
    const one = await openDashboard({ access });
    const cookie = await signIn(one, { password: PASSWORD });
    const secret = cookie.split("=")[1] ?? "";
    const other = await openDashboard({ access, password: "another password" });

    const same = await openDashboard({ access });
    const statuses = await Promise.all(
      [same, other].map(
        async (each) => (await page(each, "/", `dropcast-${each.port}=${secret}`)).status,
      ),
    );

    expect(statuses).toEqual([200, 303]);
  });
});
