import { expect, it } from "vitest";
import type { Answer } from "../../src/livechat/classify.ts";
import { Exchange, type ExchangeSettings } from "../../src/livechat/exchange.ts";

const settings: ExchangeSettings<Answer> = {
  startFenceMs: 2_000,
  startTimeoutMs: 5_000,
  answerTimeoutMs: 5_000,
  answerBytesMax: 1_000,
  connections: 1,
  running: { count: 0 },
  now: () => 0,
  toResult: (answer) => answer,
};

const controller = {
  aborted: false,
  paused: false,
  reason: null,
  abort: () => {},
  pause: () => {},
  resume: () => {},
};

it("a request that is started a second time stays in doubt and is not written again", async () => {
  let exchange: Exchange<Answer> | undefined;
  const answered = new Promise<Answer>((resolve) => {
    exchange = new Exchange(settings, 0, resolve);
  });
  exchange?.onRequestStart(controller);

  expect(() => exchange?.onRequestStart(controller)).toThrow();

  expect(await answered).toMatchObject({ stage: "after_request", complete: false });
  expect(settings.running.count).toBe(0);
});

it("what comes after the end changes nothing", async () => {
  const settled: Answer[] = [];
  const exchange = new Exchange(settings, 0, (answer: Answer) => void settled.push(answer));
  exchange.onRequestStart(controller);
  exchange.onResponseStart(controller, 200, {});

  exchange.onResponseEnd();
  exchange.onResponseEnd();
  exchange.onResponseError(undefined, new Error("late"));
  exchange.expireStart();
  exchange.expireAnswer();

  expect(settled).toHaveLength(1);
  expect(settled[0]).toMatchObject({ complete: true, status: 200 });
  expect(settings.running.count).toBe(0);
});
