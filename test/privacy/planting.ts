import { readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Redis } from "ioredis";
import { signWebhook } from "../support/webhook-samples.ts";

/** What is planted, each of its own kind: nothing of it may be told by what the product writes. */
export const PLANTED = {
  token: Buffer.from("planted-account:planted-pat-93b1").toString("base64"),
  webhookSecret: `whsec_${Buffer.from("planted webhook secret 4f2a").toString("base64")}`,
  webhookOutSecret: `whsec_${Buffer.from("planted outgoing secret 77c0").toString("base64")}`,
  webhookOutPath: "planted-path-e1d4",
  dashboardPassword: "planted-password-5a5a",
  wrongPassword: "planted-guess-8d1e",
  wrongBearer: "dc_planted-bearer-27ff",
  /** Of people in the list; the last three digits are the row. */
  phone: (row: number) => `48731900${String(row).padStart(3, "0")}`,
  /** Not in the list: what a request, a webhook or a mistake names. */
  stranger: "48731977123",
  cell: (row: number) => `Zyxwname${String(row).padStart(3, "0")}`,
  wamid: (row: number) => `wamid.UExBTlRFRHdhbWlk${String(row).padStart(3, "0")}BB`,
  text: "Plantedtext",
  /** What only a request says: the one who asked may read it in the answer. */
  asked: "Askedword",
} as const;

const ASKED_WORD = "a word of a request";
const ASKED_PHONE = "a phone of a request";
/** What the answer to a request may repeat, and nothing else may. */
export const ASKED: readonly string[] = [ASKED_WORD, ASKED_PHONE];

/** Kinds of what was planted that a text holds: named by kind, so that a failure spreads nothing. */
export function plantedIn(text: string): string[] {
  const { token, webhookSecret, webhookOutSecret } = PLANTED;
  const secrets: Readonly<Record<string, string>> = {
    "the token": token,
    "the access token within it": "planted-pat",
    "the webhook secret": webhookSecret.replace("whsec_", ""),
    "the secret of an endpoint": webhookOutSecret.replace("whsec_", ""),
    "the path of an endpoint": PLANTED.webhookOutPath,
    "the password": PLANTED.dashboardPassword,
    "a wrong password": PLANTED.wrongPassword,
    "a wrong bearer token": PLANTED.wrongBearer,
    "a cell of the list": "Zyxwname",
    "a text of the API or of a webhook": PLANTED.text,
    "a wamid": "UExBTlRFRHdhbWlk",
    [ASKED_WORD]: PLANTED.asked,
  };
  const found = Object.entries(secrets).flatMap(([kind, secret]) =>
    text.includes(secret) || text.includes(Buffer.from(secret).toString("base64").slice(0, -4))
      ? [kind]
      : [],
  );
  // However it is written: with spaces, a plus, or without the country.
  const digits = text.replace(/(?<=\d)[\s().-]+(?=\d)/g, "");
  if (/731900\d{3}/.test(digits)) found.push("a phone");
  if (/731977\d{3}/.test(digits)) found.push(ASKED_PHONE);
  return found;
}

/** An API whose answers hold what they should not: each row has another way to go wrong. */
export async function openIndiscreetApi() {
  const posts: { to: string; row: number }[] = [];
  const server = createServer((request, response) => void answer(request, response));
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString("utf8");
    if (request.method !== "POST") return void response.writeHead(404).end();
    const { to } = JSON.parse(body) as { to: string };
    const row = Number(to.slice(-3));
    posts.push({ to, row });
    const gossip = `${PLANTED.text}: ${to} +48 731 900 ${to.slice(-3)} ${body} ${request.headers.authorization}`;
    const send = (status: number, sent: object | string, headers = {}) => {
      const text = typeof sent === "string" ? sent : JSON.stringify(sent);
      response
        .writeHead(status, { "content-length": Buffer.byteLength(text), ...headers })
        .end(text);
    };
    const refuse = (status: number, code: number) =>
      send(status, {
        error: { message: gossip, code, error_data: { details: gossip }, fbtrace_id: gossip },
      });
    if (row === 2) return refuse(400, 131026);
    if (row === 3) return send(500, `<html>${gossip}</html>`, { "x-gossip": "1" });
    if (row === 4) return void request.socket.destroy();
    if (row === 5) return send(200, `{"messages": [{"id": "${gossip}`);
    if (row === 6 && posts.filter((one) => one.row === 6).length === 1) return refuse(429, 130429);
    if (row === 50) return refuse(401, 190);
    if (row === 60) return refuse(400, 132001);
    send(200, { messages: [{ id: PLANTED.wamid(row) }], contacts: [{ wa_id: to }] });
  }
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    posts,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A status event of a row, signed rightly. */
export function plantedEvent(row: number, status: string, to: string = PLANTED.phone(row)) {
  const message = `${PLANTED.text} ${to} ${PLANTED.cell(row)}`;
  const errors =
    status === "failed"
      ? { errors: [{ code: 131026, title: message, message, error_data: { details: message } }] }
      : {};
  const body = JSON.stringify({
    type: "message.status",
    timestamp: new Date().toISOString(),
    data: {
      ...{ id: PLANTED.wamid(row), status, recipient_id: to, ...errors },
      timestamp: Math.floor(Date.now() / 1_000),
    },
  });
  return { body, headers: signWebhook(body, { secret: PLANTED.webhookSecret }) };
}

/** Every key of BullMQ, and everything in it, as text. */
export async function jobsIn(redis: Redis): Promise<string> {
  const texts: string[] = [];
  for (const key of await redis.keys("dropcast:{*}:bull:*")) {
    const read = { hash: "hgetall", list: "lrange", zset: "zrange", stream: "xrange" } as const;
    const type = (await redis.type(key)) as keyof typeof read | "string" | "set";
    const range: readonly string[] =
      type === "list" || type === "zset" ? ["0", "-1"] : type === "stream" ? ["-", "+"] : [];
    const command = type === "string" ? "get" : type === "set" ? "smembers" : read[type];
    texts.push(`${key} ${JSON.stringify(await redis.call(command, key, ...range))}`);
  }
  return texts.join("\n");
}

/** What the processes wrote to stderr, by file. */
export function logsIn(dir: string): { name: string; text: string }[] {
  return readdirSync(dir).map((name) => ({ name, text: readFileSync(join(dir, name), "utf8") }));
}

/** Loaded by `--import`: a provider of traces that writes each span to a file. */
export function tracingModule(spansPath: string, root: string): string {
  return `
import { appendFileSync } from "node:fs";
import { createRequire } from "node:module";
const require = createRequire(${JSON.stringify(`${root}/package.json`)});
const { trace } = require("@opentelemetry/api");
const { BasicTracerProvider, SimpleSpanProcessor } = require("@opentelemetry/sdk-trace-base");
const exporter = {
  export(spans, done) {
    for (const { name, attributes, events, status } of spans) {
      const line = JSON.stringify({ name, attributes, events, status });
      appendFileSync(${JSON.stringify(spansPath)}, line + "\\n");
    }
    done({ code: 0 });
  },
  async shutdown() {},
};
const spanProcessors = [new SimpleSpanProcessor(exporter)];
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors }));
`;
}

/** Loaded by `--import`: a bug that throws what it should not, once a file appears. */
export function crashModule(path: string): string {
  const { phone, wamid, token, webhookSecret } = PLANTED;
  const message = `to ${phone(1)}, +48 731-900-002, ${wamid(1)}, Basic ${token}, ${webhookSecret}`;
  return `
import { existsSync } from "node:fs";
setInterval(() => {
  if (!existsSync(${JSON.stringify(path)})) return;
  const error = new Error(${JSON.stringify(message)});
  throw Object.assign(error, { body: "${PLANTED.text}", command: { args: ["${PLANTED.cell(1)}"] } });
}, 100).unref();
`;
}
