import type { Hono } from "hono";
import { html } from "hono/html";
import { type Access, type ApiEnv, visibleStores } from "../../api/access.ts";
import type { Answer } from "../../api/answer.ts";
import { marksOf, type Stores } from "../../campaigns/find.ts";
import {
  type FoundMessage,
  messagesTo,
  type PersonMessages,
} from "../../campaigns/person-messages.ts";
import { answerWords } from "../../export/message-words.ts";
import { toProblem } from "../../http/problem.ts";
import type { PersonMarks } from "../../store/index.ts";
import { counted } from "./format.ts";
import { type Html, type PageContent, page } from "./layout.ts";
import {
  markNotes,
  messagePath,
  messagesCard,
  personPath,
  phoneWords,
  sentence,
} from "./people-parts.ts";

/** All messages to one person over the numbers that the reader may see. */
export function addPersonPage(
  app: Hono<ApiEnv>,
  { stores, answer }: { readonly stores: Stores; readonly answer: Answer },
): void {
  app.get("/people/:person{[0-9a-f]{16}}", async (context) => {
    const access = context.get("access");
    const person = Buffer.from(context.req.param("person"), "hex");
    const visible = visibleStores(stores, access);
    const from = context.req.query("from") ?? null;
    const [found, marks] = await Promise.all([
      messagesTo(visible, person, from),
      marksOf(visible, person),
    ]);
    if (!found.ok) return answer(context, toProblem(found));
    return page(
      context,
      personPage(found.value, { person, marks, access, isFirst: from === null }),
    );
  });
}

function personPage(
  found: PersonMessages,
  {
    person,
    marks,
    access,
    isFirst,
  }: {
    readonly person: Buffer;
    readonly marks: PersonMarks;
    readonly access: Access;
    readonly isFirst: boolean;
  },
): PageContent {
  const { messages, next, unindexed } = found;
  const [newest] = messages;
  return {
    title: "Person",
    kind: "still",
    main: html`
      <p class="crumb"><a href="/">Campaigns</a></p>
      <div class="head"><h1>${newest === undefined ? "Person" : phoneWords(newest.row.phone, access)}</h1></div>
      ${isFirst && newest !== undefined ? newestCard(newest) : ""}
      ${markNotes(marks)}
      ${messagesCard(messages, newest === undefined ? nothing(next, isFirst) : null)}
      ${unindexed === 0 ? "" : html`<p class="quiet">${counted(unindexed, "campaign")} of an older version had to be read row by row.</p>`}
      ${next === null ? "" : html`<p class="pager"><a href="${personPath(person)}?from=${next}">Older campaigns</a></p>`}`,
  };
}

function newestCard(message: FoundMessage): Html {
  const { campaign } = message;
  return html`<section class="card" aria-labelledby="newest">
    <h2 id="newest"><a href="${messagePath(message)}">${campaign.name}</a></h2>
    <p class="answer"><strong>${sentence(answerWords(message))}</strong></p>
  </section>`;
}

function nothing(next: string | null, isFirst: boolean): string {
  if (next !== null) return "None in these campaigns; older ones follow.";
  return isFirst ? "No campaign has a message to this person." : "None in older campaigns.";
}
