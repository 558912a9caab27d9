import {
  type Controlled,
  controlCampaign,
  mayControl,
  probeCampaign,
  type Verb,
} from "../campaigns/control.ts";
import { type FoundCampaign, findCampaign } from "../campaigns/find.ts";
import { modeName, modeOption } from "../core/mode.ts";
import { accept, type Result } from "../core/refusal.ts";
import { neededOf, TRIAL_RULES, TRIAL_SIZE_MAX } from "../core/trial.ts";
import type { Campaign } from "../store/index.ts";
import { commandActor } from "./actor.ts";
import {
  CAMPAIGN_ID,
  type Command,
  type CommandFile,
  type CommandSpec,
  countOption,
  type OptionSpec,
  type Options,
} from "./command.ts";
import { asksFirst, confirmAlone, type Question, YES } from "./confirm.ts";
import { withPlatform } from "./session.ts";
import { count, counted, duration, modeWords, printable } from "./words.ts";

export const pause = control("pause", "stop sending for now", ({ campaign: { id, mode } }) => {
  const resume = `dropcast resume ${id}${modeOption(mode)}`;
  return `${id} is paused. Messages being sent are finished; ${resume} continues.`;
});

export const resume = control(
  "resume",
  "continue a paused campaign; also lifts the suspension of its number",
  ({ campaign }, { status, suspensionLifted, probe, probeThen }) => {
    const { id, number } = campaign;
    const lifted = `The suspension of number ${number} is lifted: one message goes first, the rest once it is accepted. Campaigns that were paused with it stay paused.`;
    if (suspensionLifted) return `${id} is ${status}. ${lifted}`;
    if (status === "finished") return `${id} has nothing left to send: it is finished.`;
    if (status === "paused") return `${id} stays paused: dropcast show ${id} says why.`;
    return `${id} is ${status}${status === "scheduled" ? ": it waits for its start" : ""}.${probeWords(probe, probeThen)}`;
  },
  {
    probe: (options) => countOption(options, "probe", { max: TRIAL_SIZE_MAX, of: "messages" }),
    options: [
      {
        flags: "--probe <n>",
        description: "send n messages, and the rest only if they get through",
      },
    ],
    examples: ["dropcast resume main-17 --probe 20"],
  },
);

function probeWords(probe: number | undefined, then: Controlled["probeThen"]): string {
  if (probe === undefined) return "";
  const { minDelivered, waitMs } = TRIAL_RULES;
  const needed = count(neededOf(probe, minDelivered));
  const first = ` ${counted(probe, "message")} ${probe === 1 ? "goes" : "go"} first`;
  const once = `once ${needed} of them are delivered`;
  const late = `${duration(waitMs)} after the last one has left`;
  return then === "ask"
    ? `${first}, then it pauses (canary.then: ask): ${once}, or at the latest ${late}.`
    : `${first}; the rest follows ${once}, else it pauses ${late}.`;
}

export const cancel = control(
  "cancel",
  "end a campaign for good; sent messages stay sent",
  ({ campaign: { id, counts, mode } }) =>
    `${id} (${modeName(mode)}) is cancelled for good: ${counted(counts.pending, "message")} will not be sent. Outcomes of sent messages are still recorded.`,
  {
    question: ({ id, name, mode, counts }) => {
      const lost = `${counted(counts.pending, "message")} never sent`;
      const words = `cancel ${id} ("${printable(name)}") for good, with ${lost}`;
      return {
        shown: "",
        ...{ question: `${modeWords(mode)}: ${words}?`, would: `${words}. ${modeWords(mode)}` },
        otherwise: "Nothing was cancelled",
      };
    },
  },
);

interface More {
  /** What a person must confirm; left out: the action is reversible. */
  readonly question?: (campaign: Campaign) => Question;
  /** Messages to try first; null: none. */
  readonly probe?: (options: Options) => Result<number | null>;
  readonly options?: readonly OptionSpec[];
  readonly examples?: readonly string[];
}

function control(
  verb: Verb,
  summary: string,
  done: (found: FoundCampaign, controlled: Controlled) => string,
  { question, probe, options: own = [], examples = [] }: More = {},
): CommandFile {
  const run: Command = async (cli, { args: [id = ""], options }) => {
    const size = probe === undefined ? accept(null) : probe(options);
    if (!size.ok) return size;
    return withPlatform(cli, async ({ stores }) => {
      const found = await findCampaign(stores, id);
      if (!found.ok) return found;
      const { campaign } = found.value;
      if (question !== undefined && asksFirst(cli, options) && mayControl(campaign, verb)) {
        const confirmed = await confirmAlone(cli, question(campaign));
        if (!confirmed.ok) return confirmed;
      }
      const result =
        size.value === null
          ? await controlCampaign(found.value, verb, commandActor(cli))
          : await probeCampaign(found.value, size.value, commandActor(cli));
      if (!result.ok) return result;
      const { status, changed } = result.value;
      const text = changed ? done(found.value, result.value) : `${id} is already ${status}.`;
      return accept({ json: result.value, text });
    });
  };
  const spec: CommandSpec = {
    name: verb,
    args: [CAMPAIGN_ID],
    options: question === undefined ? own : [YES, ...own],
    summary,
    examples: [`dropcast ${verb} main-17`, ...examples],
  };
  return { spec, run };
}
