import { expect, test } from "vitest";
import { hashPassword } from "../../src/access/passwords.ts";
import { apiDepsOf, CHEAP } from "../api/support.ts";
import { openTestStore } from "../support/campaigns.ts";
import { basicAs, openDashboard, signIn } from "./support.ts";

const HORSE = "correct horse battery";

async function open() {
  const test = await openTestStore();
  const dashboard = await openDashboard({ test, api: { ...apiDepsOf(test), rightsEveryMs: 100 } });
  const { users, tokens } = dashboard.access;
  const hash = await hashPassword(HORSE, CHEAP);
  await users.add({ name: "anna", role: "operator", numbers: null, hash });
  const added = await tokens.add({ name: "ci", role: "viewer", lastsMs: null });
  const token = added.kind === "added" ? added.token : "";
  const cookie = await signIn(dashboard, { name: "anna", password: HORSE });
  return { ...dashboard, users, tokens, token, cookie, id: await test.import(1) };
}

type Open = Awaited<ReturnType<typeof open>>;

const STREAMS: readonly [string, (id: string) => string][] = [
  ["all campaigns", () => "/api/events"],
  ["one campaign", (id) => `/api/campaigns/${id}/events`],
  ["a page", (id) => `/live?page=/campaigns/${id}`],
];

type Headers = (one: Open) => Record<string, string>;
type End = (one: Open) => unknown;

const ENDS: readonly [string, Headers, End][] = [
  [
    "signing out",
    ({ cookie }) => ({ cookie }),
    ({ url, cookie }) =>
      fetch(`${url}/sign-out`, {
        ...{ method: "POST", redirect: "manual", headers: { cookie, origin: url } },
      }),
  ],
  [
    "a limit to other numbers",
    ({ cookie }) => ({ cookie }),
    ({ users }) => users.setAccess("anna", { role: "operator", numbers: new Set(["other"]) }),
  ],
  [
    "a limit to other numbers, by a name and password",
    () => ({ authorization: basicAs("anna", HORSE) }),
    ({ users }) => users.setAccess("anna", { role: "operator", numbers: new Set(["other"]) }),
  ],
  [
    "disabling the user",
    () => ({ authorization: basicAs("anna", HORSE) }),
    ({ users }) => users.setDisabled("anna", true),
  ],
  [
    "removing the token",
    ({ token }) => ({ authorization: `Bearer ${token}` }),
    ({ tokens }) => tokens.remove("ci"),
  ],
];

test.each(
  STREAMS.flatMap(([stream, path]) => ENDS.map(([what, ...end]) => [stream, what, path, ...end])),
)("the stream of %s ends after %s", async (...each) => {
  const [, , path, headersOf, end] = each as [string, string, (id: string) => string, Headers, End];
  const dashboard = await open();
  const answer = await fetch(dashboard.url + path(dashboard.id), { headers: headersOf(dashboard) });

  await end(dashboard);

  expect(answer.status).toBe(200);
  // Resolves when the stream has ended.
  expect(await answer.text()).toContain("retry: ");
});
