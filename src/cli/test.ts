import { resolve } from "node:path";
import type { Platform } from "../app/platform.ts";
import type { TestSender } from "../campaigns/settle-test.ts";
import { checkMayTest, senderOf, sendTest } from "../campaigns/test-message.ts";
import type { NumberConfig } from "../config/config.ts";
import type { CampaignDefinition } from "../core/campaign.ts";
import type { State } from "../core/message.ts";
import { maskPhone } from "../core/recipient.ts";
import { accept, type Result, refuse } from "../core/refusal.ts";
import type { TestValues } from "../producer/test-message.ts";
import type { NumberStore } from "../store/index.ts";
import { commandActor } from "./actor.ts";
import {
  type Cli,
  type Command,
  type CommandSpec,
  LIST_FILES,
  type Options,
  refuseUsage,
  textOption,
} from "./command.ts";
import { asksFirst, confirm, YES } from "./confirm.ts";
import { ENCODING_OPTION, encodingOption } from "./encoding-option.ts";
import { onInterrupt } from "./interrupt.ts";
import { askThrough, DETACHED, type Reachable, sayOutages } from "./outage.ts";
import { withPlatform } from "./session.ts";
import { readPhones } from "./suppress.ts";
import { testJson, testText } from "./test-report.ts";
import { modeWords, printable } from "./words.ts";

export const spec: CommandSpec = {
  name: "test",
  args: LIST_FILES,
  options: [
    { flags: "--to <phone>", description: "who gets it, as in +48600700800", harmless: true },
    {
      flags: "--row <row>",
      description: "whose values to send, from 1 without the header (default: 1)",
      harmless: true,
    },
    YES,
    ENCODING_OPTION,
  ],
  summary: "send one test message with the values of a row, and show what becomes of it",
  examples: [
    "dropcast test examples/spring-sale.yaml --to +48600700800",
    "dropcast test sale.yaml list.csv --to +48600700800 --row 17",
  ],
};

/** What is sent, to whom, and from where. */
interface TestPlan {
  readonly definition: CampaignDefinition;
  readonly number: NumberConfig;
  readonly store: NumberStore;
  readonly values: TestValues;
  readonly row: number;
  /** Digits with country code. */
  readonly phone: string;
}

/**
 * `test CAMPAIGN.yaml [LIST.csv] --to PHONE`: sends one message with the values of a row, and waits
 * for its outcome. It goes through the ledger's claim like any other, from this process, so no
 * worker need run and it is never sent twice.
 */
export const run: Command = (cli, { args: [campaignPath = "", listPath], options }) =>
  withPlatform(cli, async (platform) => {
    platform.outage.tell(sayOutages(cli.terminal.say));
    const plan = await readPlan(
      cli,
      platform,
      { campaignPath, listPath: listPath ?? null },
      options,
    );
    if (!plan.ok) return plan;
    const may = await checkMayTest(plan.value.store, plan.value);
    if (!may.ok) return may;
    const sender = await openSender(platform, plan.value);
    if (!sender.ok) return sender;
    const interrupt = onInterrupt();
    try {
      if (platform.config.mode === "live" && asksFirst(cli, options)) {
        const confirmed = await confirm(cli, questionOf(plan.value), interrupt.signal);
        if (!confirmed.ok) return confirmed;
      }
      return await sendAndFollow(cli, platform, {
        ...plan.value,
        ...{ sender: sender.value, signal: interrupt.signal },
      });
    } finally {
      interrupt.release();
      await sender.value?.stop();
    }
  });

async function readPlan(
  cli: Cli,
  platform: Platform,
  paths: { readonly campaignPath: string; readonly listPath: string | null },
  options: Options,
): Promise<Result<TestPlan>> {
  const { config } = platform;
  const to = textOption(options, "to");
  if (to === undefined) {
    return refuseUsage("--to is missing.", "Give the phone number, as in --to +48600700800.");
  }
  const rowText = textOption(options, "row") ?? "1";
  if (!/^[1-9]\d{0,8}$/.test(rowText)) {
    return refuseUsage(
      `"${rowText}" is not a row number.`,
      "Give a number from 1, as in --row 17.",
    );
  }
  const encoding = encodingOption(options);
  if (!encoding.ok) return encoding;
  const [{ readCampaignFile }, { findNumber }, { storeNamed }, { readTestValues }] =
    await Promise.all([
      import("../producer/import-file.ts"),
      import("../config/find-number.ts"),
      import("../app/platform.ts"),
      import("../producer/test-message.ts"),
    ]);
  const campaignPath = resolve(cli.cwd, paths.campaignPath);
  const campaign = await readCampaignFile(campaignPath);
  if (!campaign.ok) return campaign;
  const definition = campaign.value;
  const number = findNumber(config, definition.number);
  if (!number.ok) return number;
  const country = definition.recipients.country ?? number.value.country;
  const phones = await readPhones([to], country);
  if (!phones.ok) {
    return refuse(
      "phone_unreadable",
      "The phone number of --to cannot be read.",
      'Write it with its country code and in quotes, as in --to "+48 600 700 800".',
    );
  }
  const row = Number(rowText);
  const values = await readTestValues({
    ...{ definition, campaignPath, row, country, encoding: encoding.value },
    listPath: paths.listPath === null ? null : resolve(cli.cwd, paths.listPath),
  });
  if (!values.ok) return values;
  const store = storeNamed(platform, definition.number);
  const phone = phones.value[0] ?? "";
  return accept({ definition, number: number.value, store, values: values.value, row, phone });
}

async function openSender(
  platform: Platform,
  { number, store }: TestPlan,
): Promise<Result<TestSender | null>> {
  const { openTestSender } = await import("../app/test-sender.ts");
  return senderOf(store, await openTestSender(platform, number));
}

function questionOf({ definition, number, values, row, phone }: TestPlan) {
  const from = `from number ${number.name}`;
  const of = values.file === null ? "" : ` with the values of row ${row}`;
  const what = `send one test message of "${printable(definition.name)}"${of}`;
  const shown = values.text === null ? [] : [printable(values.text)];
  return {
    shown: [...shown, ...values.doubts.map((doubt) => `warning: ${doubt}`)].join("\n"),
    question: `${modeWords("live")}: ${what} to +${phone} ${from} now?`,
    would: `${what} to ${maskPhone(phone)} ${from}. ${modeWords("live")}`,
    otherwise: "Nothing was sent",
  };
}

const SENT: ReadonlySet<State> = new Set(["accepted", "sent", "delivered", "read"] as const);

/** WhatsApp reports within seconds; a phone that is switched off may take days. */
const WAIT_MS = 60_000;

async function sendAndFollow(
  cli: Cli,
  platform: Platform,
  input: TestPlan & { readonly sender: TestSender | null; readonly signal: AbortSignal },
) {
  const { definition, store, values, phone, row, sender } = input;
  const { mode } = platform.config;
  const { storeTestMessage } = await import("../producer/test-message.ts");
  const message = { definition, values, phone, mode };
  const signal = AbortSignal.any([input.signal, cli.terminal.closed]);
  const sent = await sendTest(commandActor(cli), () => storeTestMessage(store.imports, message), {
    ...{ store, sender, signal, waitFor: "report", withinMs: WAIT_MS },
    ask: askingThrough(platform, signal),
    tell: (id, state) => cli.terminal.say(`${id}: ${state}`),
  });
  if (!sent.ok) return sent;
  const report = {
    ...{ ...sent.value, number: store.number, mode, phone, listRow: row, file: values.file },
  };
  const warnings = values.doubts.map((doubt) => `warning: ${doubt}`);
  return accept({
    json: testJson(report),
    text: [...warnings, testText(report)].join("\n"),
    exitCode: SENT.has(report.row.state) ? (0 as const) : (1 as const),
  });
}

/** Waits for Redis; a person who has stopped waiting gets one more answer, or its failure. */
function askingThrough(platform: Reachable, signal: AbortSignal) {
  return async <T>(read: () => Promise<T>): Promise<T> => {
    const seen = await askThrough(platform, read, signal);
    return seen === DETACHED ? read() : seen;
  };
}
