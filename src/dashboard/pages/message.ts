import type { Hono } from "hono";
import { html } from "hono/html";
import { type Access, type ApiEnv, visibleStores } from "../../api/access.ts";
import type { Answer } from "../../api/answer.ts";
import { marksOf, type Stores } from "../../campaigns/find.ts";
import { type FoundMessage, messagesTo } from "../../campaigns/person-messages.ts";
import { findMessage } from "../../campaigns/search.ts";
import { includesRole } from "../../core/access.ts";
import type { ActLine } from "../../core/act.ts";
import type { Decision } from "../../core/action.ts";
import { describeFailure } from "../../core/failure.ts";
import type { HistoryEntry } from "../../core/history.ts";
import { type MessageEvent, messageEvents } from "../../export/message-timeline.ts";
import { answerWords } from "../../export/message-words.ts";
import { rowWords } from "../../export/row-words.ts";
import { toProblem } from "../../http/problem.ts";
import type { PersonMarks } from "../../store/index.ts";
import { actsCard } from "./acts.ts";
import { modeBadge, statusBadge } from "./campaign-list.ts";
import { instant } from "./format.ts";
import { type Html, type PageContent, page } from "./layout.ts";
import { personActs } from "./message-acts.ts";
import { markNotes, messagesCard, personPath, phoneWords, sentence } from "./people-parts.ts";

/** Other messages to the person that the page shows; the person's page has all. */
const OTHERS_MAX = 20;
/** The newest campaigns that are looked in for them: some 10 ms. */
const CAMPAIGNS_MAX = 200;
/** Acts about the campaign that are looked at for those that concern the message. */
const ACTS_MAX = 50;
const ACTS_LOOKED_AT_MAX = 1_000;

/** What is known of one message, and what can be done about it. */
export function addMessagePage(
  app: Hono<ApiEnv>,
  { stores, answer }: { readonly stores: Stores; readonly answer: Answer },
): void {
  app.get("/campaigns/:id/messages/:row{[0-9]{1,10}}", async (context) => {
    const access = context.get("access");
    const visible = visibleStores(stores, access);
    const { id, row } = context.req.param();
    const found = await findMessage(visible, id, Number(row));
    if (!found.ok) return answer(context, toProblem(found));
    return page(context, messagePage(await readFacts(visible, found.value), access));
  });
}

interface MessageFacts {
  readonly message: FoundMessage;
  readonly history: readonly HistoryEntry[];
  readonly acts: readonly ActLine[];
  /** Null: the row has no phone. */
  readonly person: Buffer | null;
  readonly marks: PersonMarks | null;
  readonly others: readonly FoundMessage[];
  /** There are more than these. */
  readonly isCut: boolean;
}

async function readFacts(visible: Stores, message: FoundMessage): Promise<MessageFacts> {
  const { campaign, store, row } = message;
  const person = row.phone === "" ? null : store.people.person(row.phone);
  const [history, { lines: acts }, marks, found] = await Promise.all([
    store.rowHistory(campaign.id, row.row),
    store.acts.read({
      ...{ campaign: campaign.id, sinceMs: campaign.createdAt },
      ...{ limit: ACTS_MAX, lookedAtMax: ACTS_LOOKED_AT_MAX },
    }),
    person === null ? null : marksOf(visible, person),
    person === null ? null : messagesTo(visible, person, null, CAMPAIGNS_MAX),
  ]);
  const others = (found?.ok ? found.value.messages : []).filter(
    (one) => one.campaign.id !== campaign.id || one.row.row !== row.row,
  );
  const isCut = others.length > OTHERS_MAX || (found?.ok === true && found.value.next !== null);
  return {
    ...{ message, history, person, marks, isCut, others: others.slice(0, OTHERS_MAX) },
    // Acts about another row do not concern this one.
    acts: acts.filter(({ details }) => (details["row"] ?? row.row) === row.row),
  };
}

function messagePage(facts: MessageFacts, access: Access): PageContent {
  const { message, history, acts, person, marks, others, isCut } = facts;
  const { campaign, row } = message;
  return {
    // The tab's title is in the browser's history: no phone.
    title: `Message ${campaign.id}:${row.row}`,
    kind: "still",
    main: html`
      <p class="crumb"><a href="/">Campaigns</a> / <a href="/campaigns/${campaign.id}">${campaign.name}</a></p>
      <div class="head">
        <h1>${phoneWords(row.phone, access)}</h1>
        <p><span class="badge">${row.state}</span> <span class="quiet">${rowWords(campaign, row)}, in a campaign that is</span> ${statusBadge(campaign)}${modeBadge(campaign)}</p>
      </div>
      <section class="card" aria-label="What happened">
        <p class="answer"><strong>${sentence(answerWords(message))}</strong></p>
        ${row.state === "failed" ? html`<p class="quiet">${describeFailure(row.value).advice}</p>` : ""}
      </section>
      ${row.state === "unknown" && includesRole(access.role, "operator") ? choices(message) : ""}
      ${marks === null ? "" : markNotes(marks)}
      ${personActs(message, access)}
      ${timelineCard(messageEvents({ ...message, history }))}
      ${actsCard(acts)}
      ${person === null ? "" : messagesCard(others, others.length === 0 ? `No other message to this person in the newest ${CAMPAIGNS_MAX} campaigns.` : null)}
      ${person === null || !isCut ? "" : html`<p class="links"><a href="${personPath(person)}">All messages to this person</a></p>`}`,
  };
}

/** The three ways out of "unknown"; each button says what it does to how many messages. */
function choices({ campaign, row }: FoundMessage): Html {
  const form = (decision: Decision, title: string, words: string, look: string) =>
    html`<li>
      <div><p><b>${title}</b></p><p class="quiet">${words}</p></div>
      <form method="post" action="/api/campaigns/${campaign.id}/resolve">
        <input type="hidden" name="row" value="${row.row}">
        <input type="hidden" name="decision" value="${decision}">
        <button class="${look}">${BUTTONS[decision]}</button>
      </form>
    </li>`;
  return html`<section class="card" aria-labelledby="decide">
    <h2 id="decide">What do you know about it?</h2>
    <p class="quiet">If a status event or a late answer comes, it overrules your decision.</p>
    <ul class="errors">
      ${form("sent", "It was sent", "The person has it, or LiveChat shows it. It counts as taken by LiveChat.", "plain")}
      ${form("failed", "It was not sent", "LiveChat does not know it. It counts as failed, and can be sent again later.", "plain")}
      ${form("resend", "Send it again", "The person may get it twice. It goes out under the rules of the campaign.", "danger")}
    </ul>
  </section>`;
}

const BUTTONS: Readonly<Record<Decision, string>> = {
  sent: "Count 1 message as sent",
  failed: "Count 1 message as not sent",
  resend: "Send 1 message again: the person may get it twice",
};

function timelineCard(events: readonly MessageEvent[]): Html {
  return html`<section class="card" aria-labelledby="timeline">
    <h2 id="timeline">Timeline</h2>
    <ol class="errors">
      ${events.map(
        ({ at, words, attempt, code, http }) => html`<li>
          <div>
            <p>${words}</p>
            ${aboutWords({ attempt, code, http })}
          </div>
          <p class="total">${instant(at)}</p>
        </li>`,
      )}
    </ol>
  </section>`;
}

function aboutWords({ attempt, code, http }: Pick<MessageEvent, "attempt" | "code" | "http">) {
  const facts = [
    attempt === null || attempt === 0 ? "" : `attempt ${attempt}`,
    code === null ? "" : `code ${code}`,
    http === null ? "" : `HTTP ${http}`,
  ].filter((fact) => fact !== "");
  return facts.length === 0 ? "" : html`<p class="quiet">${facts.join(" · ")}</p>`;
}
