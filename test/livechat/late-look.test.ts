import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect, onTestFinished, test } from "vitest";
import { createLivechatClient } from "../../src/livechat/client.ts";

/** An API in a thread of its own: it answers while this thread stands still. */
const API = `
  const { createServer } = require("node:http");
  const { parentPort } = require("node:worker_threads");
  const server = createServer((request, response) => {
    parentPort.postMessage("asked");
    setTimeout(() => response.end('{"messages":[{"id":"wamid.A"}]}'), 50);
  });
  server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));
`;
const ANSWER_TIMEOUT_MS = 300;

test("an answer that came in time counts, although the process was stopped until long after the timeout", async () => {
  const api = new Worker(API, { eval: true });
  onTestFinished(async () => void (await api.terminate()));
  const [port] = (await once(api, "message")) as [number];
  const client = createLivechatClient({
    apiUrl: `http://127.0.0.1:${port}`,
    numberId: "n1",
    token: "dG9rZW4=",
    connections: 1,
    answerTimeoutMs: ANSWER_TIMEOUT_MS,
  });
  const asked = once(api, "message");
  const sent = client.send('{"to":"48000000000"}', client.now());
  await asked;

  // What SIGSTOP does to a process: nothing of it runs, and its sockets fill.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ANSWER_TIMEOUT_MS * 3);

  expect(await sent).toMatchObject({ kind: "accepted", id: "wamid.A" });
  await client.close();
});
