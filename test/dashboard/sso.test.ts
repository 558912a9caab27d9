import { describe, expect, it } from "vitest";
import { type Answers, openProvider } from "../access/provider.ts";
import { accessOf, openDashboard } from "./support.ts";

async function open() {
  const provider = await openProvider();
  const dashboard = await openDashboard({
    access: { ...accessOf(), askBy: "page", oidc: provider.config },
  });
  const get = (address: string, cookie = "") =>
    fetch(new URL(address, dashboard.url), {
      redirect: "manual",
      headers: { accept: "text/html", cookie },
    });
  const cookieOf = (answer: Response, name: string) =>
    answer.headers
      .getSetCookie()
      .map((one) => one.split(";")[0] ?? "")
      .find((one) => one.startsWith(`${name}-`) && !one.endsWith("=")) ?? "";

  async function begin(to = "/") {
    const sent = await get(`/sign-in/sso?to=${encodeURIComponent(to)}`);
    const cookie = cookieOf(sent, "dropcast-sso");
    return { cookie, back: provider.visit(sent.headers.get("location") ?? "") };
  }

  async function signIn(answers: Answers = {}) {
    provider.answerWith(answers);
    const { cookie, back } = await begin("/api/docs");
    return get(back, cookie);
  }

  return { ...dashboard, provider, get, begin, signIn, cookieOf };
}

describe("a sign-in at the provider", () => {
  it("begins a session with the role of the group, and goes on to where the browser wanted", async () => {
    const { signIn, get, cookieOf, access } = await open();

    const done = await signIn();
    const cookie = cookieOf(done, "dropcast");
    const arrived = await get(done.headers.get("location") ?? "", cookie);
    const page = await get("/api/docs", cookie);

    expect([done.status, arrived.headers.get("location")]).toEqual([303, "/api/docs"]);
    expect(page.status).toBe(200);
    expect(await access.sessions.list()).toMatchObject([{ who: "oidc:anna-1" }]);
    expect((await get("/api/users", cookie)).status).toBe(403);
  });

  it("of a person in several groups has the highest role, with that group's numbers only", async () => {
    const { signIn, get, cookieOf } = await open();

    const both = cookieOf(await signIn({ groups: ["support", "marketing", "x"] }), "dropcast");
    const one = cookieOf(await signIn({ groups: "support" }), "dropcast");

    expect((await get("/api/opt-outs", both)).status).toBe(200);
    expect((await get("/api/opt-outs", one)).status).toBe(403);
  });

  it.each([
    ["without a group that has a role", { groups: ["visitors"] }],
    ["without groups", { groups: null }],
    ["with groups of another form", { groups: { marketing: true } }],
    ["with the name of a property as its group", { groups: ["constructor", "__proto__"] }],
  ] satisfies [string, Answers][])("%s is refused in words", async (_, answers) => {
    const { signIn, access } = await open();

    const answer = await signIn(answers);

    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain("none of your groups (claim groups) has a role here");
    expect(await access.sessions.list()).toEqual([]);
  });

  const now = () => Math.floor(Date.now() / 1_000);

  it.each([
    ["another nonce", () => ({ claims: { nonce: "planted" } })],
    ["no nonce", () => ({ claims: { nonce: undefined } })],
    ["another audience", () => ({ claims: { aud: "other-client" } })],
    ["another issuer", () => ({ claims: { iss: "https://evil.example" } })],
    ["an end that has passed", () => ({ claims: { iat: now() - 900, exp: now() - 600 } })],
    ["no signature (alg none)", () => ({ algorithm: "none" as const })],
    ["a symmetric algorithm", () => ({ algorithm: "HS256" as const })],
    ["the signature of another key", () => ({ strangeKey: true })],
    ["a name with a line end", () => ({ claims: { sub: "anna\r\nset-cookie: x=1" } })],
    ["a name that reads backwards", () => ({ claims: { sub: "anna\u202egro" } })],
  ] satisfies [string, () => Answers][])(
    "whose token has %s is refused, and says nothing of it",
    async (_, answers) => {
      const { signIn, access, logged } = await open();

      const answer = await signIn(answers());
      const text = await answer.text();

      expect(answer.status).toBe(400);
      expect(text).toContain("cannot be trusted");
      expect(text + logged.join()).not.toMatch(/planted|other-client|evil|eyJ/);
      expect(await access.sessions.list()).toEqual([]);
    },
  );

  it("is used once, and only by the browser that began it", async () => {
    const { begin, get, access } = await open();
    const [mine, other] = [await begin(), await begin()];

    const stranger = await get(mine.back);
    const crossed = await get(mine.back, other.cookie);
    const first = await get(mine.back, mine.cookie);
    const again = await get(mine.back, mine.cookie);

    expect([stranger, crossed, again].map(({ status }) => status)).toEqual([400, 400, 400]);
    expect(first.status).toBe(303);
    expect(await access.sessions.list()).toHaveLength(1);
  });

  it("that the provider refuses, or does not answer, is told without its words", async () => {
    const { begin, get, provider, url } = await open();
    const { cookie, back } = await begin();
    const state = new URL(back).searchParams.get("state") ?? "";

    const refused = await get(
      `${url}/sign-in/callback?error=access_denied&error_description=%3Cb%3Eplanted&state=${state}`,
      cookie,
    );
    const next = await begin();
    provider.fail();
    const away = await get(next.back, next.cookie);

    expect([refused.status, away.status]).toEqual([403, 502]);
    expect((await refused.text()) + (await away.text())).not.toContain("planted");
  });

  it("leaves to the start if it was to lead to another site", async () => {
    const { begin, get } = await open();
    const { cookie, back } = await begin("//evil.example/");

    const done = await get(back, cookie);

    expect(done.headers.get("location")).toBe("/sign-in/done?to=%2F");
  });
});
