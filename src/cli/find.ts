import { marksOf, type Stores } from "../campaigns/find.ts";
import { type FoundMessage, messagesTo } from "../campaigns/person-messages.ts";
import { type SearchResult, search } from "../campaigns/search.ts";
import type { HistoryEntry } from "../core/history.ts";
import { accept, type Result } from "../core/refusal.ts";
import { foundMessageJson, messageDetailJson } from "../export/message-json.ts";
import { messageEvents } from "../export/message-timeline.ts";
import { answerWords, textOf } from "../export/message-words.ts";
import { markWords } from "../export/person-words.ts";
import { rowWords } from "../export/row-words.ts";
import type { PersonMarks } from "../store/index.ts";
import { type Command, type CommandSpec, textOption } from "./command.ts";
import { withPlatform } from "./session.ts";
import { readCountry } from "./suppress.ts";
import { counted, dateTime, printable, table } from "./words.ts";

export const spec: CommandSpec = {
  name: "find",
  args: [
    {
      syntax: "<what>",
      description: "a phone number in any spelling, a message's id (wamid.…), or a row: main-17:42",
    },
  ],
  options: [{ flags: "--country <code>", description: "country of a number without its code" }],
  summary: "say what happened to a person's messages, or to one",
  examples: ['dropcast find "+48 600 700 800"', "dropcast find main-17:42"],
  harmless: true,
};

/** `find WHAT`: the answer in a line, then the timeline. It changes nothing. */
export const run: Command = (cli, { args: [what = ""], options }) =>
  withPlatform(cli, async ({ stores, config }) => {
    const country = await readCountry(textOption(options, "country"), config);
    if (!country.ok) return country;
    const { createPhoneReader } = await import("../producer/phones/phone-reader.ts");
    const read = createPhoneReader(country.value);
    const readPhone = (text: string): string | null => {
      const phone = read(text);
      return phone.ok ? phone.digits : null;
    };
    const found = await search({ stores, readPhone }, what);
    return found.ok ? answer(stores, found.value) : found;
  });

async function answer(stores: Stores, found: SearchResult) {
  switch (found.kind) {
    case "message":
      return accept(await messageAnswer(stores, found.message));
    case "person":
      return personAnswer(stores, found);
    case "campaign":
      return accept(campaignsAnswer([found.found.campaign]));
    case "campaigns":
      return accept(campaignsAnswer(found.found.map(({ campaign }) => campaign)));
  }
}

async function messageAnswer(stores: Stores, message: FoundMessage) {
  const history = await message.store.rowHistory(message.campaign.id, message.row.row);
  const { phone } = message.row;
  const marks = phone === "" ? null : await marksOf(stores, message.store.people.person(phone));
  return {
    json: messageDetailJson({ ...message, history }),
    text: [answerLine(message), "", timeline(message, history), ...markLines(marks)].join("\n"),
  };
}

async function personAnswer(
  stores: Stores,
  { person }: Extract<SearchResult, { kind: "person" }>,
): Promise<Result<{ json: unknown; text: string }>> {
  const read = await allMessages(stores, person);
  if (!read.ok) return read;
  const { messages, unindexed } = read.value;
  const [newest, ...others] = messages;
  const json = { messages: messages.map(foundMessageJson), next: null, unindexed };
  const marks = await marksOf(stores, person);
  const lines = newest === undefined ? ["No campaign has a message to this phone number."] : [];
  if (newest !== undefined) {
    const history = await newest.store.rowHistory(newest.campaign.id, newest.row.row);
    lines.push(answerLine(newest), "", timeline(newest, history));
  }
  if (others.length > 0) lines.push("", `${counted(others.length, "earlier message")}:`);
  if (others.length > 0) lines.push(table(others.map(shortLine)));
  lines.push(...markLines(marks));
  if (unindexed > 0) {
    lines.push(
      "",
      `${counted(unindexed, "campaign")} of an older version had to be read row by row.`,
    );
  }
  return accept({ json, text: lines.join("\n") });
}

/** All pages: a person waits for the answer, and a page looks in two thousand campaigns. */
async function allMessages(stores: Stores, person: Buffer) {
  const messages: FoundMessage[] = [];
  let unindexed = 0;
  for (let from: string | null = null; ; ) {
    const page = await messagesTo(stores, person, from);
    if (!page.ok) return page;
    messages.push(...page.value.messages);
    unindexed += page.value.unindexed;
    from = page.value.next;
    if (from === null) return accept({ messages, unindexed });
  }
}

function answerLine(message: FoundMessage): string {
  return textOf(answerWords(message), dateTime);
}

function timeline(message: FoundMessage, history: readonly HistoryEntry[]): string {
  const { campaign, row } = message;
  const head = `${rowWords(campaign, row)}  ${printable(campaign.name)}`;
  const lines = messageEvents({ ...message, history }).map(({ at, attempt, code, http, words }) => {
    const facts = [
      attempt === null || attempt === 0 ? "" : `attempt ${attempt}`,
      code === null ? "" : `code ${code}`,
      http === null ? "" : `HTTP ${http}`,
    ].filter((fact) => fact !== "");
    const about = facts.length === 0 ? "" : ` (${facts.join(", ")})`;
    return `  ${dateTime(at)}  ${printable(words)}${about}`;
  });
  return [head, ...lines].join("\n");
}

function shortLine(message: FoundMessage): string[] {
  const { campaign, row } = message;
  return [
    `  ${rowWords(campaign, row)}`,
    printable(campaign.name),
    textOf(answerWords(message), dateTime),
  ];
}

function markLines(marks: PersonMarks | null): string[] {
  const words = marks === null ? [] : markWords(marks);
  return words.length === 0 ? [] : ["", ...words.map((line) => textOf(line, dateTime))];
}

function campaignsAnswer(campaigns: readonly { readonly id: string; readonly name: string }[]) {
  return {
    json: { campaigns: campaigns.map(({ id, name }) => ({ id, name })) },
    text: campaigns
      .map(({ id, name }) => `${id}  ${printable(name)}  (dropcast show ${id})`)
      .join("\n"),
  };
}
