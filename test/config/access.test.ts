import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { loadConfig } from "../../src/config/config.ts";

function load(yaml: string, env: Readonly<Record<string, string>> = {}) {
  const cwd = mkdtempSync(join(tmpdir(), "dropcast-access-"));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  writeFileSync(join(cwd, "dropcast.yaml"), yaml);
  return loadConfig({ env: { DROPCAST_CONFIG: "dropcast.yaml", ...env }, cwd });
}

const OIDC = `numbers: { pl: {} }
access:
  secondPersonAbove: 10000
  oidc:
    issuer: https://login.example.com/realms/main
    clientId: dropcast
    url: https://dropcast.example.com/
    scopes: openid groups
    roles:
      admins: admin
      support: { role: viewer, numbers: [pl] }
`;

test("a provider with its groups, its secret from the environment", () => {
  const loaded = load(OIDC, { DROPCAST_OIDC_CLIENT_SECRET: "planted" });

  expect(loaded).toMatchObject({ ok: true });
  expect(loaded.ok && loaded.config.access).toEqual({
    ...{ secondPersonAbove: 10_000, askBy: "page" },
    oidc: {
      ...{ issuer: "https://login.example.com/realms/main", clientId: "dropcast" },
      ...{ clientSecret: "planted", url: "https://dropcast.example.com" },
      ...{ scopes: "openid groups", groupsClaim: "groups", nameClaim: "sub" },
      roles: new Map([
        ["admins", { role: "admin", numbers: null }],
        ["support", { role: "viewer", numbers: new Set(["pl"]) }],
      ]),
    },
  });
});

test.each([
  ["issuer: https://login.example.com/realms/main", "issuer: http://login.example.com", "https"],
  ["issuer: https://login.example.com/realms/main", "issuer: https://x.example/?a=b", "without"],
  [
    "url: https://dropcast.example.com/",
    "url: https://dropcast.example.com/path",
    "without a path",
  ],
  ["scopes: openid groups", "scopes: groups", "must name openid"],
  ["admins: admin", "admins: boss", "must be viewer, operator, admin"],
  ["numbers: [pl]", "numbers: [pll]", 'did you mean "pl"?'],
  ["clientId: dropcast", "clientID: dropcast", 'did you mean "clientId"?'],
  ["secondPersonAbove: 10000", "secondPersonsAbove: 1", 'did you mean "secondPersonAbove"?'],
])("%s as %s is a mistake", (right, wrong, words) => {
  const loaded = load(OIDC.replace(right, wrong));

  expect(loaded.ok).toBe(false);
  expect(JSON.stringify(loaded.ok ? [] : loaded.problems.map(({ message }) => message))).toContain(
    JSON.stringify(words).slice(1, -1),
  );
});
