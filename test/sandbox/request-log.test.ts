import { spawn } from "node:child_process";
import { once } from "node:events";
import { statSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { expect, it } from "vitest";
import { countWindows, lastStatus, postsByRecipient, sentTwice } from "../support/request-log.ts";
import { AUTH, message, runSandbox, SEND_PATH } from "./running-sandbox.ts";

it("the line of a POST is in the log while its answer is still to come", async () => {
  const running = await runSandbox({ latencyMs: 60_000, webhookUrl: null });
  const body = JSON.stringify(message("48600000001"));
  const socket = connect(Number(new URL(running.url).port), "127.0.0.1");
  await once(socket, "connect");

  socket.write(
    `POST ${SEND_PATH} HTTP/1.1\r\nhost: a\r\nauthorization: ${AUTH}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  await expect.poll(() => running.requests().length).toBe(1);
  const answered = socket.bytesRead;
  socket.destroy();

  expect(answered).toBe(0);
  expect(running.requests()).toMatchObject([
    { seq: 1, to: "48600000001", decision: "accepted", httpStatus: 200, fault: "none" },
  ]);
});

it("a POST that breaks off before its last byte is no POST", async () => {
  const running = await runSandbox({ webhookUrl: null });
  const socket = connect(Number(new URL(running.url).port), "127.0.0.1");
  await once(socket, "connect");
  socket.write(`POST ${SEND_PATH} HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n{`);
  socket.resume().end();
  await once(socket, "close");

  await running.post("48600000002");

  expect(running.requests().map(({ to }) => to)).toEqual(["48600000002"]);
});

it("a line says what was asked, what was decided and what the webhooks will tell", async () => {
  const running = await runSandbox({ webhookUrl: null, failStatusCodes: { 131026: 1 } });

  await running.post("48600000001", { headers: { "idempotency-key": "main-1/1/1" } });
  await running.post("48600000001", { headers: { authorization: "Basic wrong" } });
  const [accepted, refused] = running.requests();

  expect(accepted).toMatchObject({
    number: "sandbox-number",
    template: "spring_sale",
    bodyHash: expect.stringMatching(/^[0-9a-f]{32}$/),
    attemptHeader: "main-1/1/1",
    nth: 1,
    shape: "meta",
    wamid: expect.stringMatching(/^wamid\./),
  });
  expect(accepted && lastStatus(accepted)).toEqual({ status: "failed", code: 131026 });
  expect(refused).toMatchObject({ decision: "refused", httpStatus: 401, fault: "unauthorized" });
  expect(statSync(join(running.folder, "requests.jsonl")).mode & 0o777).toBe(0o600);
});

it("the same seed decides alike whatever the order of the recipients, and another does not", async () => {
  const phones = Array.from({ length: 60 }, (_, n) => String(48_600_000_000 + n));
  const faultsOf = async (seed: number, order: readonly string[]) => {
    const running = await runSandbox({
      seed,
      webhookUrl: null,
      reject429: 0.2,
      errorCodes: { 100: 0.2 },
      acceptThen500: 0.2,
    });
    await Promise.all(order.map((to) => running.post(to)));
    const posts = postsByRecipient(running.requests());
    return phones.map((to) =>
      posts
        .get(to)
        ?.map(({ fault }) => fault)
        .join(),
    );
  };

  const inOrder = await faultsOf(5, phones);
  const reversed = await faultsOf(5, phones.toReversed());
  const otherSeed = await faultsOf(6, phones);

  expect(reversed).toEqual(inOrder);
  expect(otherSeed).not.toEqual(inOrder);
});

it("the reader finds who was sent to twice, and how many there were in each window", async () => {
  const running = await runSandbox({ webhookUrl: null });
  await running.post("48600000001");
  await running.post("48600000002");
  await running.post("48600000001");
  const lines = running.requests().map((line, n) => ({ ...line, at: [0, 999, 1_000][n] ?? 0 }));

  expect(sentTwice(lines)).toEqual(["48600000001"]);
  expect(countWindows(lines, 1_000)).toEqual([1, 2, 2]);
  expect(countWindows(lines, 1_001)).toEqual([1, 2, 3]);
});

it("the reader leaves a line that is not whole yet alone", async () => {
  const running = await runSandbox({ webhookUrl: null });
  await running.post("48600000001");
  const half = spawn("sh", [
    "-c",
    `printf '{"seq":' >> "${join(running.folder, "requests.jsonl")}"`,
  ]);
  await once(half, "exit");

  expect(running.requests().length).toBe(1);
});
