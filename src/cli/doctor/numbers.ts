import type { Config, NumberConfig } from "../../config/config.ts";
import { requireSendingNumber } from "../../config/find-number.ts";
import { timings } from "../../core/timings.ts";
import type { Check } from "../../health/check.ts";
import type { RedisChecks } from "./redis.ts";

/**
 * What each number needs: id and token (checked with the API) and webhook secret. If each role has
 * only its own secrets, a missing one is not an error while that role runs elsewhere.
 */
export async function checkNumbers(
  config: Config,
  running: Pick<RedisChecks, "sending" | "receiving">,
): Promise<Check[]> {
  const checks = await Promise.all(
    Object.values(config.numbers).map(async (number) => [
      await sending(config, number, running.sending.has(number.name)),
      receiving(number, running.receiving.has(number.name)),
    ]),
  );
  return checks.flat();
}

async function sending(
  config: Config,
  number: NumberConfig,
  isSentElsewhere: boolean,
): Promise<Check> {
  const of = { name: `Number ${number.name}`, number: number.name };
  const own = { ...of, code: "number_credentials" } as const;
  const complete = requireSendingNumber(number);
  if (!complete.ok) {
    const { message, fix } = complete.refusal;
    if (isSentElsewhere) {
      const message =
        "no id or token is set here, so it was not asked; a worker that has them runs";
      return { ...own, verdict: "ok", message };
    }
    return { ...own, verdict: "fail", message, fix };
  }
  const { createLivechatClient } = await import("../../livechat/client.ts");
  const { id, token } = complete.value;
  const client = createLivechatClient({
    apiUrl: config.apiUrl,
    numberId: id,
    token,
    connections: 1,
    answerTimeoutMs: ANSWER_TIMEOUT_MS,
    connectTimeoutMs: timings(config).connectTimeoutMs,
  });
  try {
    const { verdict, explanation } = await client.probe();
    if (verdict === "ok") return { ...own, verdict: "ok", message: explanation };
    const fix =
      verdict === "unreachable"
        ? "Check DROPCAST_API_URL, the network and the firewall."
        : "This was only a check; nothing was sent. dropcast fetch shows the whole answer.";
    return { ...own, verdict: verdict === "unclear" ? "warn" : "fail", message: explanation, fix };
  } finally {
    await client.close();
  }
}

/** A person is waiting for the result. */
const ANSWER_TIMEOUT_MS = 10_000;

function receiving(
  { name: number, webhookSecrets }: NumberConfig,
  isReceivedElsewhere: boolean,
): Check {
  const own = { code: "webhook_secret", name: `Number ${number}`, number } as const;
  const secrets = webhookSecrets.length;
  if (secrets > 0) {
    const message =
      secrets === 1 ? "a webhook secret is set" : `${secrets} webhook secrets are set`;
    return { ...own, verdict: "ok", message };
  }
  if (isReceivedElsewhere) {
    const message = "no webhook secret is set here; a webhooks process that has one runs";
    return { ...own, verdict: "ok", message };
  }
  return {
    ...own,
    verdict: "warn",
    message: "no webhook secret: outcomes stay `accepted`",
    fix: "Set DROPCAST_WEBHOOK_SECRET (or webhookSecretFile in DROPCAST_CONFIG) to the secret from LiveChat.",
  };
}
