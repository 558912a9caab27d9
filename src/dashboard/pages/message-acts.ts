/** What can be done about the person of a message: opt-out and erasure, with an explanation. */

import type { Hono } from "hono";
import { html } from "hono/html";
import {
  type Access,
  type ApiEnv,
  actorOf,
  RIGHTS,
  type Right,
  refuseRight,
  visibleStores,
} from "../../api/access.ts";
import type { Answer } from "../../api/answer.ts";
import type { ErasePerson } from "../../api/api.ts";
import type { Stores } from "../../campaigns/find.ts";
import { addToList, type OptOutAct } from "../../campaigns/opt-outs.ts";
import type { FoundMessage } from "../../campaigns/person-messages.ts";
import { refuseNoRow } from "../../campaigns/refusals.ts";
import { findMessage } from "../../campaigns/search.ts";
import { SCOPES } from "../../core/category.ts";
import { accept, type Refused, type Result, refuse } from "../../core/refusal.ts";
import { toProblem } from "../../http/problem.ts";
import type { Suppressions } from "../../store/index.ts";
import { readFields } from "./form-fields.ts";
import { type Html, type PageContent, page } from "./layout.ts";
import { messagePath } from "./people-parts.ts";

interface MessageActsDeps extends Pick<OptOutAct, "acts"> {
  readonly stores: Stores;
  readonly answer: Answer;
  readonly suppressions: () => Promise<Suppressions>;
  readonly erase: ErasePerson;
}

/** The forms name a row, so that no phone is in a page that a viewer sees, nor in an address. */
export function addMessageActs(app: Hono<ApiEnv>, deps: MessageActsDeps): void {
  const { stores, answer, acts } = deps;

  app.post(`${MESSAGE}/opt-out`, async (context) => {
    const access = context.get("access");
    const { id, row } = context.req.param();
    const found = await messageFor(stores, access, {
      needs: RIGHTS.addOptOuts,
      id,
      row: Number(row),
    });
    if (!found.ok) return answer(context, toProblem(found));
    const fields = await readFields(context);
    if (!fields.ok) return answer(context, toProblem(fields));
    const scope = SCOPES.find((one) => one === fields.value.get("scope"));
    if (scope === undefined) return answer(context, toProblem(refuseNoScope()));
    const suppressions = await deps.suppressions();
    const added = await addToList(
      { suppressions, acts, by: actorOf(access) },
      {
        phones: [found.value.row.phone],
        scope,
        source: "dashboard",
      },
    );
    if (!added.ok) return answer(context, toProblem(added));
    return context.redirect(messagePath(found.value), 303);
  });

  app.post(`${MESSAGE}/erase`, async (context) => {
    const access = context.get("access");
    const { id, row } = context.req.param();
    const found = await messageFor(stores, access, { needs: RIGHTS.erase, id, row: Number(row) });
    if (!found.ok) return answer(context, toProblem(found));
    const fields = await readFields(context);
    if (!fields.ok) return answer(context, toProblem(fields));
    if (fields.value.get("sure") !== "yes") return answer(context, toProblem(refuseUnsure()));
    const erased = await deps.erase(actorOf(access), found.value.row.phone);
    if (!erased.ok) return answer(context, toProblem(erased));
    return page(context, erasedPage(erased.value.words));
  });
}

function refuseNoScope(): Refused {
  return refuse(
    "dashboard_body_invalid",
    "The form does not say what the person opted out of. Nothing was changed.",
    "Choose every message or marketing, and send the form again.",
  );
}

/** Without the box that a browser demands. */
function refuseUnsure(): Refused {
  return refuse(
    "dashboard_body_invalid",
    "The erasure was not confirmed, so nothing was erased.",
    "Tick the box of the form.",
  );
}

const MESSAGE = "/campaigns/:id/messages/:row{[0-9]{1,10}}";

/** The message, if the access has the right, and the row has a phone. */
async function messageFor(
  stores: Stores,
  access: Access,
  { needs, id, row }: { readonly needs: Right; readonly id: string; readonly row: number },
): Promise<Result<FoundMessage>> {
  const refused = refuseRight(access, needs);
  if (refused !== null) return refused;
  const found = await findMessage(visibleStores(stores, access), id, row);
  if (!found.ok) return found;
  return found.value.row.phone === "" ? refuseNoRow(found.value.campaign) : accept(found.value);
}

/** Nothing for a row without a phone, or for who may do none of it. */
export function personActs(message: FoundMessage, access: Access): Html | "" {
  if (message.row.phone === "" || refuseRight(access, RIGHTS.addOptOuts) !== null) return "";
  const to = messagePath(message);
  return html`<section class="card" aria-labelledby="acts-person">
    <h2 id="acts-person">This person</h2>
    <ul class="errors">
      <li>
        <div><p><b>Add to the opt-outs</b></p><p class="quiet">From then on no number messages the person; messages that wait are not sent.</p></div>
        <form method="post" action="${to}/opt-out" class="confirm">
          <label class="hidden" for="scope">What the person opted out of</label>
          <select id="scope" name="scope"><option value="all">every message</option><option value="marketing">marketing</option></select>
          <button class="plain">Add 1 person</button>
        </form>
      </li>
      ${refuseRight(access, RIGHTS.erase) === null ? eraseItem(to) : ""}
    </ul>
  </section>`;
}

function eraseItem(to: string): Html {
  return html`<li>
    <div><p><b>Erase</b></p><p class="quiet">Phone, values and message ids go from every campaign of every number and mode, and from the lists and logs of this machine; states and counts stay. It cannot be undone. An opt-out stays as a digest: add it first. Where the drop folder is on another machine, run dropcast erase there as well.</p></div>
    <details><summary>Erase this person…</summary>
      <form method="post" action="${to}/erase">
        <p><label><input type="checkbox" name="sure" value="yes" required> I want to erase this person for good</label></p>
        <button class="danger">Erase 1 person</button>
      </form>
    </details>
  </li>`;
}

function erasedPage(words: readonly string[]): PageContent {
  return {
    title: "Erased",
    kind: "still",
    main: html`
      <div class="head"><h1>The person was erased</h1></div>
      <section class="card">${words.map((line) => html`<p>${line}</p>`)}</section>
      <p class="links"><a href="/">All campaigns</a></p>`,
  };
}
