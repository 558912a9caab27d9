/** What the pages of a person, of a message and of the search share. */
import { html } from "hono/html";
import type { Access } from "../../api/access.ts";
import type { FoundMessage } from "../../campaigns/person-messages.ts";
import { includesRole } from "../../core/access.ts";
import { maskPhone } from "../../core/recipient.ts";
import { answerWords, type Words } from "../../export/message-words.ts";
import { markWords } from "../../export/person-words.ts";
import { rowWords } from "../../export/row-words.ts";
import type { PersonMarks } from "../../store/index.ts";
import { moment } from "./format.ts";
import type { Html } from "./layout.ts";

export function messagePath({ campaign, row }: Pick<FoundMessage, "campaign" | "row">): string {
  return `/campaigns/${campaign.id}/messages/${row.row}`;
}

/** By the digest, which only this deployment can compute: an address holds no phone. */
export function personPath(person: Buffer): string {
  return `/people/${person.toString("hex")}`;
}

/** Who may act has the list, and sees the phone as it is there; others see a part of it. */
export function phoneWords(phone: string, { role }: Pick<Access, "role">): string {
  if (phone === "") return "No phone number";
  return includesRole(role, "operator") ? `+${phone}` : maskPhone(phone);
}

/** A sentence with its times. */
export function sentence(words: Words): Html {
  return html`${words.map((word) => (typeof word === "number" ? moment(word) : word))}`;
}

/** What keeps messages from the person. */
export function markNotes(marks: PersonMarks): Html {
  return html`${markWords(marks).map(
    (words) => html`<section class="card note"><p>${sentence(words)}</p></section>`,
  )}`;
}

/** Messages to one person, the newest campaign first; `none` is said if there are none. */
export function messagesCard(messages: readonly FoundMessage[], none: string | null): Html {
  return html`<section class="card" aria-labelledby="messages">
    <h2 id="messages">Messages to this person</h2>
    ${none === null ? "" : html`<p>${none}</p>`}
    <ul class="errors">
      ${messages.map(
        (message) => html`<li>
          <div>
            <p><a href="${messagePath(message)}">${message.campaign.name}</a> <span class="quiet">${rowWords(message.campaign, message.row)} · number ${message.campaign.number}</span></p>
            <p class="quiet">${sentence(answerWords(message))}</p>
          </div>
          <p>${message.row.state}</p>
          <p class="total">${moment(message.campaign.createdAt)}</p>
        </li>`,
      )}
    </ul>
  </section>`;
}
