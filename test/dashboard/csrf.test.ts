import { once } from "node:events";
import { request } from "node:http";
import { describe, expect, it } from "vitest";
import { basic, openDashboard, PASSWORD, signIn } from "./support.ts";

const METHODS = ["POST", "PUT", "DELETE", "PATCH"] as const;
const TYPES = [
  "application/json",
  "application/x-www-form-urlencoded",
  "text/plain",
  null,
] as const;
const ORIGINS = ["own", "other", "null", "absent"] as const;
const SITES = ["same-origin", "same-site", "cross-site", "none", "absent"] as const;
const CREDENTIALS = ["cookie", "Basic", "Bearer", "nothing"] as const;

/** Whether such a write may pass, in the words of origin.ts. */
function mayPass(
  credentials: (typeof CREDENTIALS)[number],
  origin: (typeof ORIGINS)[number],
  site: (typeof SITES)[number],
): boolean {
  if (credentials === "Bearer") return true;
  if (origin === "absent" && site === "absent") return credentials === "Basic";
  return (origin === "own" || origin === "absent") && (site === "same-origin" || site === "absent");
}

/** By node:http, since fetch does not let a caller write Origin or Sec-Fetch-Site. */
async function statusOf(
  port: number,
  input: { method: string; path: string; headers: Readonly<Record<string, string>> },
): Promise<{ status: number; code: string | undefined }> {
  const asked = request({ host: "127.0.0.1", port, ...input });
  asked.end();
  const [answer] = await once(asked, "response");
  let body = "";
  for await (const chunk of answer) body += chunk;
  return { status: answer.statusCode, code: /"code":"([a-z_]+)"/.exec(body)?.[1] };
}

async function openMatrix() {
  const dashboard = await openDashboard();
  const made = await dashboard.access.tokens.add({
    ...{ name: "ci", role: "admin", numbers: null, lastsMs: null },
  });
  const token = made.kind === "added" ? made.token : "";
  const cookie = await signIn(dashboard, { password: PASSWORD });
  const given: Record<(typeof CREDENTIALS)[number], Record<string, string>> = {
    cookie: { cookie },
    Basic: { authorization: basic(PASSWORD) },
    Bearer: { authorization: `Bearer ${token}` },
    nothing: {},
  };
  const own = `http://127.0.0.1:${dashboard.port}`;
  const headersOf = (
    credentials: (typeof CREDENTIALS)[number],
    origin: (typeof ORIGINS)[number],
    site: (typeof SITES)[number],
  ) => ({
    ...given[credentials],
    ...(origin === "absent"
      ? {}
      : { origin: { own, other: "https://evil.example", null: "null" }[origin] }),
    ...(site === "absent" ? {} : { "sec-fetch-site": site }),
  });
  return { ...dashboard, headersOf };
}

describe("a write from a page of another site", () => {
  it.each(CREDENTIALS)(
    "with %s is refused by every sign of it, whatever its method and type",
    async (credentials) => {
      const { port, headersOf } = await openMatrix();
      const wrong: unknown[] = [];
      for (const method of METHODS) {
        for (const type of TYPES) {
          for (const origin of ORIGINS) {
            for (const site of SITES) {
              const headers = {
                ...headersOf(credentials, origin, site),
                ...(type === null ? {} : { "content-type": type }),
              };
              // There is no such address, so one that passes does nothing.
              const { code } = await statusOf(port, { method, path: "/api/nowhere", headers });
              const passed = code !== "dashboard_cross_site";
              if (passed !== mayPass(credentials, origin, site)) {
                wrong.push({ method, type, origin, site, code });
              }
            }
          }
        }
      }

      expect(wrong).toEqual([]);
    },
  );

  it.each([
    ["POST", "/api/campaigns/ID/pause"],
    ["PUT", "/queues/api/queues/failed-NUMBER/retry/failed"],
    ["POST", "/access/users"],
    ["DELETE", "/api/tokens/ci"],
    ["POST", "/sign-in"],
    ["POST", "/sign-out"],
  ])("%s %s is refused with the cookie, and nothing is changed", async (method, path) => {
    const { port, test, headersOf, access } = await openMatrix();
    const id = await test.import(1);
    const at = path.replace("ID", id).replace("NUMBER", test.number);

    const answers = await Promise.all(
      (
        [
          ["other", "absent"],
          ["null", "absent"],
          ["own", "cross-site"],
          ["absent", "absent"],
        ] as const
      ).map(([origin, site]) =>
        statusOf(port, { method, path: at, headers: headersOf("cookie", origin, site) }),
      ),
    );

    expect(answers).toEqual(Array(4).fill({ status: 403, code: "dashboard_cross_site" }));
    expect((await test.found(id)).status).toBe("running");
    expect(await access.tokens.list()).toHaveLength(1);
    expect(await access.sessions.list()).not.toHaveLength(0);
  });
});
