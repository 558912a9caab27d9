import { ROLE_STARTERS, type RoleName } from "../app/roles.ts";
import type { Command, CommandSpec, OptionSpec } from "./command.ts";
import { YES } from "./confirm.ts";
import { ENCODING_OPTION } from "./encoding-option.ts";
import { SANDBOX_OPTIONS } from "./sandbox.ts";

const ID = { syntax: "<campaign>", description: "id of a campaign, as in main-17" };
const CAMPAIGN_FILE = {
  syntax: "<campaign.yaml>",
  description: "the campaign file (YAML or JSON)",
};
const LIST_FILE = {
  syntax: "[list.csv]",
  description: "the list; without it, recipients.file of the campaign file",
};
const AGAIN: OptionSpec = {
  flags: "--again",
  description: "send a list that was sent before under this name, once more to everybody",
};

const ROLES: readonly [RoleName, string][] = [
  ["producer", "watch the drop folder and import what is put there"],
  ["worker", "send messages"],
  ["webhooks", "receive status webhooks"],
  ["dashboard", "serve the dashboard"],
];

function role([name, summary]: readonly [RoleName, string]): CommandSpec[] {
  if (ROLE_STARTERS[name] === undefined) return [];
  return [
    {
      name,
      serves: true,
      args: [],
      options: [],
      summary,
      examples: [`DROPCAST_REDIS_URL=redis://redis:6379 dropcast ${name}`],
      load: async () => (await import("./roles.ts")).roleCommand(name),
    },
  ];
}

function onCampaign(
  name: string,
  summary: string,
  load: () => Promise<Command>,
  options: readonly OptionSpec[] = [],
): CommandSpec {
  return { name, args: [ID], options, summary, examples: [`dropcast ${name} main-17`], load };
}

/** Every command, in the order in which the help lists them. */
export const COMMANDS: readonly CommandSpec[] = [
  {
    name: "up",
    serves: true,
    args: [{ syntax: "[list.csv]", description: "with --send: the list" }],
    options: [
      {
        flags: "--sandbox",
        description: "a simulated API instead of the real one",
        harmless: true,
      },
      { flags: "--send <campaign.yaml>", description: "send this campaign and show it live" },
      AGAIN,
      YES,
    ],
    summary: "run all roles in one process",
    examples: [
      "dropcast up --sandbox",
      "dropcast up --sandbox --send examples/spring-sale.yaml --again",
    ],
    load: async () => (await import("./up.ts")).up,
  },
  ...ROLES.flatMap(role),
  {
    name: "check",
    harmless: true,
    args: [CAMPAIGN_FILE, LIST_FILE],
    options: [ENCODING_OPTION],
    summary: "look at a list as the import will; nothing is queued or sent",
    examples: ["dropcast check examples/spring-sale.yaml", "dropcast check sale.yaml list.csv"],
    load: async () => (await import("./check.ts")).check,
  },
  {
    name: "send",
    args: [CAMPAIGN_FILE, LIST_FILE],
    options: [
      {
        flags: "--wait",
        description: "stay until everything is sent, with progress",
        harmless: true,
      },
      YES,
      AGAIN,
      ENCODING_OPTION,
    ],
    summary: "import a list and start sending it, now or at its startAt",
    examples: [
      "dropcast send examples/spring-sale.yaml",
      "dropcast send sale.yaml list.csv --wait --yes",
    ],
    load: async () => (await import("./send.ts")).send,
  },
  {
    name: "list",
    harmless: true,
    args: [],
    options: [{ flags: "--limit <n>", description: "how many of the newest (default: 50)" }],
    summary: "campaigns, newest first, and all that have not ended",
    examples: ["dropcast list", "dropcast list --limit 1000 --json"],
    load: async () => (await import("./list.ts")).list,
  },
  {
    ...onCampaign("show", "where a campaign stands", async () => (await import("./show.ts")).show),
    harmless: true,
  },
  {
    ...onCampaign(
      "watch",
      "live progress of a campaign",
      async () => (await import("./watch.ts")).watch,
    ),
    harmless: true,
  },
  onCampaign("pause", "stop sending for now", async () => (await import("./control.ts")).pause),
  onCampaign(
    "resume",
    "go on with a paused campaign; lifts the halt of its number",
    async () => (await import("./control.ts")).resume,
  ),
  onCampaign(
    "cancel",
    "end a campaign for good; what is sent stays sent",
    async () => (await import("./control.ts")).cancel,
    [YES],
  ),
  {
    name: "rate",
    args: [
      { syntax: "<campaign-or-rate>", description: "id of a campaign; with --number: the rate" },
      { syntax: "[rate]", description: "messages a second (0.01 to 100000), or default" },
    ],
    options: [{ flags: "--number <name>", description: "change a number's rate instead" }],
    usage: "<campaign> <rate> | --number <name> <rate>",
    summary: "change how fast a campaign or a number sends, from now on",
    examples: [
      "dropcast rate main-17 20",
      "dropcast rate --number main 80",
      "dropcast rate main-17 default",
    ],
    load: async () => (await import("./rate.ts")).rate,
  },
  {
    ...onCampaign(
      "retry",
      "send failed messages again",
      async () => (await import("./retry.ts")).retry,
    ),
    options: [
      {
        flags: "--code <code>",
        description: "only those with this error code; 0: those without one",
        repeatable: true,
      },
      { flags: "--dry-run", description: "only say how many there are", harmless: true },
      YES,
    ],
    examples: [
      "dropcast retry main-17 --code 131000 --dry-run",
      "dropcast retry main-17 --code 131000",
    ],
  },
  {
    name: "resolve",
    args: [
      ID,
      {
        syntax: "<row>",
        description: "row number as `export` prints it, from 1; or 3,5,10-20, or all",
      },
      { syntax: "<decision>", description: "resend, sent or failed" },
    ],
    options: [],
    summary: "decide about an unknown message",
    examples: ["dropcast resolve main-17 4211 sent", "dropcast resolve main-17 all resend"],
    load: async () => (await import("./resolve.ts")).resolve,
  },
  {
    ...onCampaign(
      "export",
      "one line per row: input columns, state, code, times, wamid",
      async () => (await import("./export.ts")).exportRows,
    ),
    harmless: true,
    options: [
      { flags: "--format <format>", description: "csv (the default) or ndjson", harmless: true },
      {
        flags: "--delimiter <name>",
        description: "of a csv: comma, semicolon, tab or bar; as in the list unless said",
        harmless: true,
      },
      {
        flags: "--state <state>",
        description: "only rows in this state",
        repeatable: true,
        harmless: true,
      },
    ],
    examples: [
      "dropcast export main-17 > result.csv",
      "dropcast export main-17 --state failed --state unknown > again.csv",
    ],
  },
  {
    name: "suppress",
    args: [
      { syntax: "<action>", description: "add, remove, list, import or export" },
      { syntax: "[numbers...]", description: "phone numbers in any spelling; for import: a file" },
    ],
    options: [
      { flags: "--scope <scope>", description: "marketing or all (add, import: all)" },
      { flags: "--source <text>", description: "who or what said so, for add and import" },
      { flags: "--country <code>", description: "country of numbers without a country code" },
      {
        flags: "--column <name>",
        description: "of import: a column with phones; all that hold some unless said",
        repeatable: true,
      },
      { ...ENCODING_OPTION, description: `of import: ${ENCODING_OPTION.description}` },
      { flags: "--format <format>", description: "of export: csv (the default) or ndjson" },
    ],
    summary: "people who must not be messaged, by any number",
    examples: [
      'dropcast suppress add "+48 600 700 800" --source "phone call"',
      "dropcast suppress import opt-outs.csv --scope marketing",
      "dropcast suppress list",
      "dropcast suppress export > opt-outs.csv",
    ],
    load: async () => (await import("./suppress.ts")).suppress,
  },
  {
    name: "erase",
    bothModes: true,
    args: [{ syntax: "<number>", description: "a person's phone number, in any spelling" }],
    options: [{ flags: "--country <code>", description: "country of a number without its code" }],
    summary: "forget one person everywhere; what was counted stays",
    examples: ['dropcast erase "+48 600 700 800"'],
    load: async () => (await import("./erase.ts")).erase,
  },
  {
    name: "doctor",
    harmless: true,
    args: [],
    options: [
      {
        flags: "--accept-rollback",
        description: "Redis went back in time: call unknown what may have been sent, and go on",
      },
      {
        flags: "--nothing-lost",
        description: "Redis was only stopped and started, with all its data: go on",
      },
      {
        flags: "--recount",
        description: "set counters that differ from their rows, campaign by campaign",
      },
    ],
    summary: "check the configuration, Redis, the API, the clock and the folders",
    examples: ["dropcast doctor"],
    load: async () => (await import("./doctor.ts")).doctor,
  },
  {
    name: "fetch",
    harmless: true,
    args: [],
    options: [
      { flags: "--number <name>", description: "a configured number (default: the first)" },
    ],
    summary: "print a number's template messages as the API answers them",
    examples: ["dropcast fetch --number main"],
    load: async () => (await import("./fetch.ts")).fetchTemplates,
  },
  {
    name: "sandbox",
    serves: true,
    harmless: true,
    args: [],
    options: SANDBOX_OPTIONS,
    summary: "run the simulated API alone",
    examples: [
      "dropcast sandbox --port 9000 --webhook-url http://127.0.0.1:8081/webhooks/livechat",
      "dropcast sandbox --reject-429 0.05 --accept-then-500 0.01",
      "dropcast sandbox --magic",
    ],
    load: async () => (await import("./sandbox.ts")).sandbox,
  },
];
