// The API of the benches: accepts every POST, at once unless told otherwise. It speaks just enough
// HTTP/1.1 for the two senders, so that as little as possible of the machine goes into it; the same
// for both of them.
import { createServer } from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { createWamidGenerator } from "../../dist/sandbox/wamid.js";
import { clockMs, cpuMicros, serve } from "./child.mjs";
import { createStatusSender } from "./status-sender.mjs";

const wamids = createWamidGenerator();
let arrivals = [];
let recipients = new Set();
/** The id of each arrival's number, if that is asked for. */
let senders = null;
let messages = [];
let webhooksPort;
let webhooks;
let answerMs = 0;
/** How late this process is, and so the times of arrival: it shares the processors. */
const lateness = monitorEventLoopDelay({ resolution: 1 });
lateness.enable();

const server = createServer((socket) => {
  socket.setNoDelay(true);
  let text = "";
  // Latin-1 keeps one character for each byte, so that lengths are right.
  socket.setEncoding("latin1");
  socket.on("data", (chunk) => {
    text += chunk;
    for (;;) {
      const head = text.indexOf("\r\n\r\n");
      if (head === -1) return;
      const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, head))?.[1] ?? "0";
      const end = head + 4 + Number(length);
      if (text.length < end) return;
      const body = text.slice(head + 4, end);
      const isPost = text.startsWith("POST ");
      if (isPost && senders !== null) senders.push(SENDER.exec(text)?.[1] ?? "");
      text = text.slice(end);
      const answer = isPost ? accept(body) : NOT_FOUND;
      if (answerMs === 0) socket.write(answer);
      else setTimeout(() => socket.write(answer), answerMs);
    }
  });
  socket.on("error", () => {
    // A sender that stops resets its connections.
  });
});

const SENDER = /whatsapp-numbers\/([^/]+)\//;

/** The question whether this is the sandbox: it is not. */
const NOT_FOUND = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";

function accept(body) {
  const to = /"to":"(\d+)"/.exec(body)?.[1] ?? "";
  arrivals.push(clockMs());
  recipients.add(to);
  const wamid = wamids(to);
  messages.push({ to, wamid });
  webhooks?.accepted({ to, wamid });
  const answer = JSON.stringify({
    messaging_product: "whatsapp",
    contacts: [{ input: to, wa_id: to }],
    messages: [{ id: wamid, message_status: "accepted" }],
  });
  const head = `content-type: application/json\r\ncontent-length: ${answer.length}`;
  return `HTTP/1.1 200 OK\r\n${head}\r\n\r\n${answer}`;
}

serve({
  cpu: cpuMicros,
  listen: () =>
    new Promise((resolve) => {
      server.listen(0, "127.0.0.1", () => resolve(server.address().port));
    }),
  /** What has arrived since the last reset. */
  report: () => ({
    accepted: arrivals.length,
    recipients: recipients.size,
    firstAt: arrivals[0] ?? 0,
    lastAt: arrivals.at(-1) ?? 0,
  }),
  arrivals: () => arrivals,
  /** How late this process noticed things since the last reset, ms: one time in a thousand. */
  lateMs: () => lateness.percentile(99.9) / 1e6,
  /** What it accepted: recipient and WhatsApp message id of each. */
  messages: () => messages,
  /** How long it takes to answer from now on; at first no time at all. */
  answerAfter: (ms) => {
    answerMs = ms;
  },
  /** The id of each arrival's number, since a reset that asked for it. */
  senders: () => senders,
  reset: ({ withSenders = false } = {}) => {
    senders = withSenders ? [] : null;
    arrivals = [];
    lateness.reset();
    recipients = new Set();
    messages = [];
    webhooks?.stop();
    webhooks = webhooksPort === undefined ? undefined : createStatusSender(webhooksPort);
  },
  /** From the next reset on, what is accepted is reported to this port by webhooks. */
  sendWebhooks: (toPort) => {
    webhooksPort = toPort;
  },
  webhooksReport: () => webhooks.report(),
});
