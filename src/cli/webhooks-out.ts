import type { Platform } from "../app/platform.ts";
import { audited } from "../campaigns/audited.ts";
import type { WebhookEndpoint } from "../config/config.ts";
import { accept, type Result, refuse } from "../core/refusal.ts";
import { endpointJson, endpointWords } from "../export/endpoint-words.ts";
import type { NumberStore } from "../store/index.ts";
import { commandActor } from "./actor.ts";
import {
  type Cli,
  type Command,
  type CommandResult,
  type CommandSpec,
  refuseUsage,
} from "./command.ts";
import { withPlatform } from "./session.ts";
import { counted } from "./words.ts";

export const spec: CommandSpec = {
  name: "webhooks-out",
  args: [{ syntax: "[action]", description: "list (the default), test or retry" }],
  options: [],
  summary: "endpoints that are told what happens: what was delivered; test them, or try again",
  examples: ["dropcast webhooks-out", "dropcast webhooks-out test"],
};

/** `webhooks-out [list|test|retry]`: the endpoints of `webhooksOut` in the configuration. */
export const run: Command = async (cli, { args: [action = "list"] }) => {
  if (action !== "list" && action !== "test" && action !== "retry") {
    return refuseUsage(`Unknown action "${action}".`, "Give list, test or retry.");
  }
  return withPlatform(cli, async (platform) => {
    if (action === "list") return list(platform);
    if (platform.config.webhooksOut.length === 0) {
      return refuse(
        "webhooks_out_missing",
        "No endpoint is configured.",
        "Add webhooksOut to the file in DROPCAST_CONFIG: see docs/webhooks-out.md.",
      );
    }
    return action === "test" ? test(cli, platform) : retry(cli, platform);
  });
};

async function list({ config, stores }: Platform): Promise<CommandResult> {
  const numbers = await Promise.all(
    Object.entries(stores).map(async ([number, { notices }]) => ({
      number,
      endpoints: await notices.endpoints(),
      failedDropped: await notices.failedDropped(),
    })),
  );
  const lines = numbers.flatMap(({ number, endpoints, failedDropped }) => [
    ...endpoints.map((state) => `${number}: ${endpointWords(state, config.webhooksOut)}`),
    ...(failedDropped > 0
      ? [
          `${number}: ${counted(failedDropped, "failed message")} told to no endpoint: no worker ran`,
        ]
      : []),
  ]);
  const known = new Set(numbers.flatMap(({ endpoints }) => endpoints.map(({ id }) => id)));
  const unknown = config.webhooksOut.filter(({ id }) => !known.has(id));
  return accept({
    json: numbers.map(({ number, endpoints, failedDropped }) => ({
      ...{ number, endpoints: endpoints.map(endpointJson), failedDropped },
    })),
    text: [
      ...lines,
      ...unknown.map(({ name }) => `${name}: no worker has had it in its configuration yet`),
      ...(lines.length + unknown.length === 0 ? ["No endpoint is configured."] : []),
    ].join("\n"),
  });
}

interface Tested {
  readonly endpoint: string;
  readonly delivered: boolean;
  /** Why it was not. */
  readonly why: string | null;
}

async function test(cli: Cli, platform: Platform): Promise<CommandResult> {
  const tested = await audited(
    platform.actsOf(platform.config.mode),
    commandActor(cli),
    { what: "test webhooks" },
    () => testAll(platform),
    (all) => ({
      details: { endpoints: all.length, delivered: all.filter((one) => one.delivered).length },
    }),
  );
  if (!tested.ok) return tested;
  const all = tested.value;
  return accept({
    json: all,
    text: all
      .map(({ endpoint, why }) => `${endpoint}: ${why === null ? "delivered" : `failed, ${why}`}`)
      .join("\n"),
    exitCode: all.every(({ delivered }) => delivered) ? 0 : 1,
  });
}

/** A success enables an endpoint again, and lets what waits for it be tried now. */
async function testAll(platform: Platform): Promise<Result<readonly Tested[]>> {
  const { config } = platform;
  const { openPoster, testWebhook } = await import("../app/notices.ts");
  const poster = await openPoster();
  try {
    const all = config.webhooksOut.map(async (endpoint): Promise<Tested> => {
      const stores = storesOf(platform, endpoint);
      const number = stores[0]?.number ?? "main";
      const posted = await poster.post(endpoint, await testWebhook(endpoint, number, config.mode));
      if (posted.kind !== "delivered") {
        return { endpoint: endpoint.name, delivered: false, why: posted.why };
      }
      for (const { notices } of stores) await notices.retry(endpoint.id);
      return { endpoint: endpoint.name, delivered: true, why: null };
    });
    return accept(await Promise.all(all));
  } finally {
    await poster.close();
  }
}

async function retry(cli: Cli, platform: Platform): Promise<CommandResult> {
  const retried = await audited(
    platform.actsOf(platform.config.mode),
    commandActor(cli),
    { what: "redeliver webhooks" },
    async () => {
      let deliveries = 0;
      for (const endpoint of platform.config.webhooksOut) {
        for (const { notices } of storesOf(platform, endpoint)) {
          deliveries += await notices.retry(endpoint.id);
        }
      }
      return accept({ deliveries });
    },
    (details) => ({ details }),
  );
  if (!retried.ok) return retried;
  const { deliveries } = retried.value;
  return accept({
    json: retried.value,
    text:
      deliveries === 0
        ? "Nothing waits; disabled endpoints are enabled again."
        : `${counted(deliveries, "delivery", "deliveries")} will be tried now, by a worker.`,
  });
}

/** Of the numbers that an endpoint is told of. */
function storesOf({ stores }: Platform, { numbers }: WebhookEndpoint): NumberStore[] {
  return Object.values(stores).filter(({ number }) => numbers === null || numbers.has(number));
}
