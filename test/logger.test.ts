import { describe, expect, test } from "vitest";
import { createLogger } from "../src/logger.ts";

function collect(pretty: boolean) {
  const lines: string[] = [];
  const stream = { write: (line: string) => void lines.push(line) };
  return { lines, logger: createLogger({ level: "debug", pretty, stream }) };
}

const PHONE = "48609655911";
const WAMID = "wamid.HBgLNDg2MDk2NTU5MTEVAgARGBJGOERCNzY1MTdBQUE4REM3RUMA";
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const TOKEN = "YWNjb3VudC0xOnBhdC1jYW5hcnk=";
const CANARIES = [PHONE, WAMID, SECRET, TOKEN, "canary"];

/** An error as the Redis client throws it, with its command on it. */
function redisError(): Error {
  const error = new Error(`failed for ${PHONE} (${WAMID})`, {
    cause: new Error(`Authorization: Basic ${TOKEN}`),
  });
  return Object.assign(error, { command: { name: "hset", args: ["canary"] }, code: "ECONNRESET" });
}

describe.each([false, true])(
  "with pretty: %s, nothing personal or secret gets through",
  (pretty) => {
    test.each<[string, (logger: ReturnType<typeof createLogger>) => void]>([
      [
        "fields by name",
        (log) => log.info({ to: "canary", token: "canary", wamid: "canary" }, "x"),
      ],
      [
        "names in any spelling",
        (log) => log.info({ Recipient_ID: "canary", PHONE: "canary" }, "x"),
      ],
      ["deep fields", (log) => log.info({ a: { b: [{ c: { body: "canary" } }] } }, "x")],
      [
        "child loggers",
        (log) => log.child({ phone: PHONE, secret: "canary", at: WAMID }).info("x"),
      ],
      ["numbers as phones", (log) => log.info({ phone: Number(PHONE), to: [Number(PHONE)] }, "x")],
      ["errors", (log) => log.error(redisError())],
      ["errors as fields", (log) => log.error({ err: redisError(), nested: redisError() }, "x")],
      ["bytes", (log) => log.info({ raw: Buffer.from("canary") }, "x")],
      ["texts", (log) => log.info(`to +${PHONE} and ${PHONE}, ${SECRET}, Basic ${TOKEN}`)],
      ["text fields", (log) => log.info({ note: PHONE, url: "redis://:canary@host" }, "x")],
    ])("%s", (_what, write) => {
      const { lines, logger } = collect(pretty);

      write(logger);

      expect(lines).toHaveLength(1);
      for (const canary of CANARIES) expect(lines[0]).not.toContain(canary);
    });
  },
);

test.each([
  ...["+48 609 655 911", "609 655 911", "609-655-911", "+48 (609) 655-911", "(555) 123-4567"],
  ...["+1 555 123 4567", "0048 609 655 911", "+48 609655911", "609 65 59 11"],
])("a phone number as people write it is hidden: %s", (phone) => {
  const { lines, logger } = collect(false);

  logger.warn({ note: `to ${phone}, twice` }, `no answer for ${phone}.`);

  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    note: "to [digits], twice",
    msg: "no answer for [digits].",
  });
});

test.each([
  ...["at 2026-11-30 14:20:05", "2026-11-30T14:20:05.123Z", "main-1 42 7", "3 of 1,204,567 rows"],
  ...["from 192.168.100.200", "v1.10.0 20.20.2", "12 34 of 56", "up-48 in 100 ms, 200 ms, 300 ms"],
  ...["9f1c2d3e-1234-5678-9012-123456789abc", "10 000 messages"],
])("figures that are not a phone number stay: %s", (words) => {
  const { lines, logger } = collect(false);

  logger.info({ note: words }, words);

  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ note: words, msg: words });
});

test("a JSON line keeps what may be said, and stays JSON", () => {
  const { lines, logger } = collect(false);

  logger.child({ component: "worker" }).warn(
    {
      campaign: "main-17",
      row: 12,
      bytes: 1_234_567_890,
      list: [1_234_567_890, 2],
      code: 131026,
    },
    "message failed",
  );

  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    level: "warn",
    component: "worker",
    campaign: "main-17",
    row: 12,
    bytes: 1_234_567_890,
    list: [1_234_567_890, 2],
    code: 131026,
    msg: "message failed",
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
  });
});

test("an error keeps its type, message, code, stack and cause", () => {
  const { lines, logger } = collect(false);

  logger.error(redisError());

  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    err: {
      type: "Error",
      message: "failed for [digits] ([wamid])",
      code: "ECONNRESET",
      stack: expect.stringContaining("logger.test.ts"),
      cause: { message: "Authorization: Basic [hidden]" },
    },
  });
});

test("a line for a terminal says time, level, component, message and fields", () => {
  const { lines, logger } = collect(true);

  logger.child({ component: "worker" }).info({ rows: 5, file: "a\u001b[2Jb" }, "import stored");

  expect(lines[0]).toMatch(
    /^\d\d:\d\d:\d\dZ info {2}worker: import stored {2}rows=5 {2}file=a \[2Jb\n$/,
  );
});

test("no key stands twice in a line, whatever a child logger and a call both say", () => {
  const { lines, logger } = collect(false);
  const child = logger.child({ role: "worker", number: "main" }).child({ number: "second" });

  child.info({ role: "of the call", number: "third", msg: "of the fields" }, "of the call");
  child.info(
    { level: "fatal", time: "never", pid: 1, hostname: "elsewhere", campaign: "a-1" },
    "x",
  );

  const entries = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines).toEqual(entries.map((entry) => `${JSON.stringify(entry)}\n`));
  expect(entries).toMatchObject([
    { role: "of the call", number: "third", msg: "of the call" },
    { level: "info", pid: process.pid, campaign: "a-1", number: "second" },
  ]);
  expect(entries[1]?.["time"]).not.toBe("never");
});

test("lines below the level are not written", () => {
  const { lines, logger } = collect(false);

  logger.trace("too low");

  expect(lines).toEqual([]);
});
