import { expect, test } from "vitest";
import { apiDeps } from "../../src/app/api.ts";
import { connectTestRedis } from "../support/redis.ts";

function maySend(name: string) {
  const of = (number: string, token: string | null) => ({
    ...{ name: number, id: "1", token, country: "PL" },
  });
  const numbers = { main: of("main", "t"), second: of("second", "t"), third: of("third", null) };
  const config = { mode: "live", redisUrl: null, dataDir: "/tmp", numbers };
  const platform = { config, redis: connectTestRedis(), actsOf: () => null };
  return apiDeps(platform as never).maySend(name);
}

test("a list for several numbers may be sent if each of them can send", () => {
  expect(maySend("main, second")).toMatchObject({ ok: true });
  const cannot = maySend("main, third");
  expect(cannot).toMatchObject({ ok: false, refusal: { code: "number_incomplete" } });
  const unknown = maySend("main, fourth");
  expect(unknown).toMatchObject({ ok: false, refusal: { code: "number_unknown" } });
  expect(!unknown.ok && unknown.refusal.message).toContain('"fourth"');
});
