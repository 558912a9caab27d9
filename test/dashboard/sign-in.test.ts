import { describe, expect, it } from "vitest";
import { form, HORSE, open, page } from "./sign-ins.ts";
import { basicAs, PASSWORD, problemCode, signIn } from "./support.ts";

describe("a browser without a session", () => {
  it("is sent to sign in, and afterwards to where it wanted", async () => {
    const dashboard = await open();
    await dashboard.addUser("anna");

    const first = await page(dashboard, "/campaigns/main-1?x=1");
    const shown = await page(dashboard, first.headers.get("location") ?? "");
    const done = await form(dashboard, "/sign-in", {
      ...{ name: "anna", password: HORSE, to: "/campaigns/main-1?x=1" },
    });
    const cookie = done.headers.get("set-cookie")?.split(";")[0] ?? "";
    const last = await page(dashboard, done.headers.get("location") ?? "", cookie);

    expect([first.status, first.headers.get("location")]).toEqual([
      303,
      "/sign-in?to=%2Fcampaigns%2Fmain-1%3Fx%3D1",
    ]);
    expect(await shown.text()).toContain('value="/campaigns/main-1?x=1"');
    expect([last.status, last.headers.get("location")]).toEqual([303, "/campaigns/main-1?x=1"]);
    expect((await page(dashboard, "/", cookie)).status).toBe(200);
  });

  it("is never sent to another site", async () => {
    const dashboard = await open();

    const done = await form(dashboard, "/sign-in", { password: PASSWORD, to: "/.//evil.example" });

    expect(done.headers.get("location")).toBe("/sign-in/done?to=%2F");
  });

  it("gets 401 without a window of the browser for what a script of the page asks", async () => {
    const dashboard = await open();

    const script = await fetch(`${dashboard.url}/api/campaigns`, {
      headers: { "sec-fetch-dest": "empty" },
    });
    const curl = await fetch(`${dashboard.url}/api/campaigns`);

    expect([script.status, script.headers.get("www-authenticate")]).toEqual([
      401,
      'Bearer realm="Dropcast"',
    ]);
    expect([curl.status, curl.headers.get("www-authenticate")]).toEqual([
      401,
      'Basic realm="Dropcast", charset="UTF-8"',
    ]);
  });

  it("is asked for the password itself if it wants to be", async () => {
    const dashboard = await open();

    const chosen = await page(dashboard, "/sign-in/basic");
    const cookie = chosen.headers.get("set-cookie")?.split(";")[0] ?? "";
    const asked = await page(dashboard, "/", cookie);

    expect(asked.status).toBe(401);
    expect(asked.headers.get("www-authenticate")).toContain("Basic");
  });
});

describe("a wrong password", () => {
  it.each([
    ["of a user", { name: "anna", password: "wrong" }],
    ["of a name that does not exist", { name: "bert", password: "wrong" }],
    ["of a disabled user, even if it is right", { name: "carl", password: HORSE }],
    ["of a name that no object may have", { name: "__proto__", password: "wrong" }],
    ["of a name that every object has", { name: "constructor", password: "wrong" }],
    ["of a name with letters that look alike", { name: "аnna", password: HORSE }],
    ["of a name that would break a header", { name: "anna\r\nset-cookie: x=1", password: HORSE }],
    ["of a name that is too long", { name: "a".repeat(5_000), password: "wrong" }],
    ["that is huge", { name: "anna", password: "x".repeat(10_000) }],
  ])("%s gets the same words", async (_, fields) => {
    const dashboard = await open();
    await dashboard.addUser("anna");
    await dashboard.addUser("carl");
    await dashboard.access.users.setDisabled("carl", true);

    const answer = await form(dashboard, "/sign-in", fields);
    const text = await answer.text();

    expect(answer.status).toBe(401);
    expect(answer.headers.get("set-cookie")).toBeNull();
    expect(text).toContain("The name or the password is wrong.");
    expect(text).not.toContain(fields.name.slice(0, 20));
  });

  it("is slowed down for this name and address; others, and the dashboard's own password, pass", async () => {
    const dashboard = await open({ loginLimits: { burst: 3, refillMs: 600_000 } });
    await dashboard.addUser("anna");
    await dashboard.addUser("bert");
    const guess = (name: string) => form(dashboard, "/sign-in", { name, password: "wrong" });

    const guesses = [];
    for (let at = 0; at < 4; at++) guesses.push((await guess("anna")).status);
    const right = await form(dashboard, "/sign-in", { name: "anna", password: HORSE });
    const other = await form(dashboard, "/sign-in", { name: "bert", password: HORSE });
    const shared = await form(dashboard, "/sign-in", { name: "anna", password: PASSWORD });

    expect(guesses).toEqual([401, 401, 401, 429]);
    expect(Number(right.headers.get("retry-after"))).toBeGreaterThan(0);
    expect([right.status, other.status, shared.status]).toEqual([429, 303, 303]);
  });

  it("is noted in the audit some times, with the name only if it is a user's", async () => {
    const dashboard = await open();
    await dashboard.addUser("anna");
    for (let at = 0; at < 6; at++) {
      await form(dashboard, "/sign-in", {
        name: at === 0 ? "anna" : "my password!",
        password: "x",
      });
    }

    const { lines } = await dashboard.acts.read({
      ...{ campaign: null, sinceMs: 0, limit: 100, lookedAtMax: 100 },
    });
    const failed = lines.filter(({ what }) => what === "sign in failed");

    expect(failed).toHaveLength(3);
    expect(failed.map(({ details }) => details)).toContainEqual({ user: "anna" });
    expect(JSON.stringify(lines)).not.toContain("my password");
  });
});

describe("a user", () => {
  it("may use HTTP Basic, sees and does what the role says, and is named in the audit", async () => {
    const dashboard = await open();
    await dashboard.addUser("vera", "viewer");
    await dashboard.addUser("otto", "operator");
    const id = await dashboard.test.import(1);
    const ask = (name: string, path: string, method = "GET") =>
      fetch(`${dashboard.url}${path}`, {
        method,
        headers: { authorization: basicAs(name, HORSE) },
      });

    const read = await ask("vera", `/api/campaigns/${id}`);
    const refused = await ask("vera", `/api/campaigns/${id}/pause`, "POST");
    const paused = await ask("otto", `/api/campaigns/${id}/pause`, "POST");
    const admin = await ask("otto", "/api/users");

    expect([read.status, paused.status, admin.status]).toEqual([200, 200, 403]);
    expect([refused.status, await problemCode(refused)]).toEqual([403, "api_role_too_low"]);
    const { lines } = await dashboard.test.store.acts.read({
      ...{ campaign: id, sinceMs: 0, limit: 10, lookedAtMax: 100 },
    });
    expect(lines[0]).toMatchObject({ who: "user:otto", via: "HTTP API", what: "pause" });
  });

  it("of other numbers finds no campaign, as if there were none", async () => {
    const dashboard = await open();
    await dashboard.addUser("otto", "operator", new Set(["elsewhere"]));
    const id = await dashboard.test.import(1);
    const headers = { authorization: basicAs("otto", HORSE) };
    const ask = async (path: string, method = "GET") => {
      const answer = await fetch(`${dashboard.url}${path}`, { method, headers });
      const text = await answer.text();
      return {
        status: answer.status,
        text: text.replaceAll(id, "ID").replaceAll("nothere-1", "ID"),
      };
    };

    for (const [path, method] of [
      ["/api/campaigns/ID", "GET"],
      ["/api/campaigns/ID/messages", "GET"],
      ["/api/campaigns/ID/export.csv", "GET"],
      ["/api/campaigns/ID/events", "GET"],
      ["/api/campaigns/ID/pause", "POST"],
      ["/api/campaigns/ID/retry", "POST"],
      ["/campaigns/ID", "GET"],
      ["/campaigns/ID/retry", "GET"],
    ] as const) {
      const [own, none] = await Promise.all([
        ask(path.replace("ID", id), method),
        ask(path.replace("ID", "nothere-1"), method),
      ]);
      expect([path, own]).toEqual([path, none]);
      expect(own.status).toBe(404);
    }
    expect(JSON.parse((await ask("/api/campaigns")).text)).toMatchObject({ total: 0 });
    expect(JSON.parse((await ask("/api/numbers")).text)).toEqual({ numbers: [] });
    for (const path of ["/api/opt-outs", "/metrics", "/queues"]) {
      expect([path, (await ask(path)).status]).toEqual([path, 403]);
    }
    expect((await dashboard.test.found(id)).status).toBe("running");
  });
});

it("ten thousand sign-ins at once leave the page and the dashboard's own password usable", async () => {
  const dashboard = await open();
  await dashboard.addUser("anna");
  const flood = Array.from({ length: 40 }, async () => {
    const statuses = [];
    for (let at = 0; at < 25; at++) {
      statuses.push((await form(dashboard, "/sign-in", { name: `u${at}`, password: "x" })).status);
    }
    return statuses;
  });

  const shared = await form(dashboard, "/sign-in", { password: PASSWORD });
  const statuses = (await Promise.all(flood)).flat();

  expect(shared.status).toBe(303);
  expect(statuses.filter((status) => ![401, 429, 503].includes(status))).toEqual([]);
});

it("Redis that is away is an error, and neither a wrong password nor a way in circles", async () => {
  const dashboard = await open();
  await dashboard.addUser("anna");
  const cookie = await signIn(dashboard, { name: "anna", password: HORSE });
  dashboard.redis.disconnect();

  const withCookie = await page(dashboard, "/", cookie);
  const signingIn = await form(dashboard, "/sign-in", { name: "anna", password: HORSE });
  const shown = await page(dashboard, "/sign-in");

  expect([withCookie.status, signingIn.status, shown.status]).toEqual([503, 503, 200]);
});
