import { hashPassword } from "../../src/access/passwords.ts";
import { createActLog } from "../../src/store/index.ts";
import { apiDepsOf, CHEAP } from "../api/support.ts";
import { openTestStore } from "../support/campaigns.ts";
import { connectTestRedis, testNumber } from "../support/redis.ts";
import { accessOf, openDashboard, type TestDashboard } from "./support.ts";

/** The password of each user that `addUser` adds. */
export const HORSE = "correct horse battery";

/** A dashboard with users and sessions of its own. */
export async function open(changes: Parameters<typeof openDashboard>[0] = {}) {
  const redis = connectTestRedis({ keyPrefix: `${testNumber()}:` });
  const test = await openTestStore();
  const acts = createActLog({ redis, mode: "sandbox" });
  const dashboard = await openDashboard({
    ...{ test, access: { ...accessOf(redis), askBy: "page" }, api: { ...apiDepsOf(test), acts } },
    ready: async () => (await redis.ping()) === "PONG",
    ...changes,
  });
  const addUser = async (
    name: string,
    role: "viewer" | "operator" | "admin" = "operator",
    numbers: ReadonlySet<string> | null = null,
  ) => {
    const hash = await hashPassword(HORSE, CHEAP);
    await dashboard.access.users.add({ name, role, numbers, hash });
  };
  return { ...dashboard, redis, acts, addUser };
}

export function form(
  dashboard: Pick<TestDashboard, "url">,
  path: string,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
) {
  return fetch(`${dashboard.url}${path}`, {
    method: "POST",
    redirect: "manual",
    body: new URLSearchParams(fields),
    headers: { accept: "text/html", origin: dashboard.url, ...headers },
  });
}

export function page(dashboard: Pick<TestDashboard, "url">, path: string, cookie?: string) {
  const headers = { accept: "text/html", ...(cookie === undefined ? {} : { cookie }) };
  return fetch(`${dashboard.url}${path}`, { redirect: "manual", headers });
}
