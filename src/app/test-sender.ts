import type { NumberConfig } from "../config/config.ts";
import { requireSendingNumber } from "../config/find-number.ts";
import type { Result } from "../core/refusal.ts";
import { accept } from "../core/refusal.ts";
import type { OneSender } from "../worker/send-one.ts";
import { type Platform, storeNamed } from "./platform.ts";
import { sendObserverOf } from "./telemetry.ts";

/**
 * Opens what sends test messages of a number; refuses a number without id or token
 * (`number_incomplete`): then only a worker can send them.
 */
export async function openTestSender(
  platform: Platform,
  number: NumberConfig,
): Promise<Result<OneSender>> {
  const { config, timings, logger, outage } = platform;
  const sending = requireSendingNumber(number);
  if (!sending.ok) return sending;
  const [{ createLivechatClient }, { createOneSender }] = await Promise.all([
    import("../livechat/client.ts"),
    import("../worker/send-one.ts"),
  ]);
  const { id, token, name, ratePerSecond } = sending.value;
  const { answerTimeoutMs, connectTimeoutMs, startFenceMs } = timings;
  const client = createLivechatClient({
    ...{ apiUrl: config.apiUrl, numberId: id, token, connections: 1 },
    ...{ answerTimeoutMs, connectTimeoutMs, startFenceMs },
  });
  const sender = createOneSender({
    ...{ store: storeNamed(platform, name), client, ratePerSecond, mode: config.mode },
    ...{ timings, logger, isAway: () => outage.now() !== undefined },
    observer: sendObserverOf(platform, name),
  });
  return accept({
    sendDue: sender.sendDue,
    async stop() {
      await sender.stop();
      await client.close();
    },
  });
}
