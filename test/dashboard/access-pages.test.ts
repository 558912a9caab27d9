import { expect, it } from "vitest";
import { hashPassword } from "../../src/access/passwords.ts";
import { CHEAP } from "../api/support.ts";
import { openDashboard, problemCode } from "./support.ts";

async function open() {
  const dashboard = await openDashboard();
  const { users } = dashboard.access;
  const { number } = dashboard.test;
  const hash = await hashPassword("correct horse battery", CHEAP);
  const numbers = new Set([number, "renamed"]);
  await users.add({ name: "anna", role: "operator", numbers, hash });
  const post = (path: string, fields: string) =>
    dashboard.ask(path, { method: "POST", body: new URLSearchParams(fields) });
  const postJson = (path: string, body: object) =>
    dashboard.ask(path, {
      ...{ method: "POST", body: JSON.stringify(body) },
      headers: { "content-type": "application/json" },
    });
  const anna = async () => {
    const found = await users.find("anna");
    return { role: found?.role, numbers: found?.numbers && [...found.numbers].sort() };
  };
  return { ...dashboard, users, number, post, postJson, anna, before: await anna() };
}

it.each([
  ["no numbers", "role=viewer", 400],
  ["an unknown scope", "role=viewer&scope=some", 400],
  ["only these, and none", "role=viewer&scope=only", 422],
  ["a number that it did not have", "role=viewer&scope=only&numbers=other", 422],
  ["no role", "scope=all", 400],
  ["an unknown role", "role=owner&scope=all", 400],
])("a form for a user's access that names %s changes nothing", async (_, fields, status) => {
  const { post, anna, before, users, access } = await open();

  const changed = await post("/access/users/anna/access", fields);
  const added = await post("/access/users", `name=bert&password=correct+horse+battery&${fields}`);
  const made = await post("/access/tokens", `name=ci&days=&${fields}`);

  expect([changed.status, added.status, made.status]).toEqual([status, status, status]);
  expect(await anna()).toEqual(before);
  expect((await users.list()).map(({ name }) => name)).toEqual(["anna"]);
  expect(await access.tokens.list()).toEqual([]);
});

it("a limit to a number that is configured no longer is kept by the form that the page shows", async () => {
  const { ask, post, anna, before } = await open();
  const shown = await (await ask("/access")).text();
  const form = /<form[^>]*users\/anna\/access".*?<\/form>/s.exec(shown)?.[0] ?? "";
  const fields = new URLSearchParams("role=viewer");
  for (const [, name = "", value = ""] of form.matchAll(
    /name="(\w+)" value="([^"]+)"[^>]*checked/g,
  )) {
    fields.append(name, value);
  }

  const answer = await post("/access/users/anna/access", fields.toString());

  expect(form).toContain("renamed (not configured)");
  expect(answer.status).toBe(303);
  expect(await anna()).toEqual({ ...before, role: "viewer" });
});

it("all numbers are given when they are chosen", async () => {
  const { post, anna } = await open();

  await post("/access/users/anna/access", "role=admin&scope=all&numbers=renamed");

  expect(await anna()).toEqual({ role: "admin", numbers: null });
});

it("the API makes no user and no token without saying which numbers", async () => {
  const { postJson } = await open();
  const user = { name: "bert", password: "correct horse battery", role: "viewer" };
  const token = { name: "ci", role: "viewer" };

  const refused = [await postJson("/api/users", user), await postJson("/api/tokens", token)];
  const made = [
    await postJson("/api/users", { ...user, numbers: null }),
    await postJson("/api/tokens", { ...token, numbers: null }),
  ];

  expect(await Promise.all(refused.map(problemCode))).toEqual([
    "dashboard_body_invalid",
    "dashboard_body_invalid",
  ]);
  expect(made.map(({ status }) => status)).toEqual([201, 201]);
});
