import { isPoolId } from "../core/pool.ts";
import { accept, type Refused, type Result, refuse } from "../core/refusal.ts";
import { numberOfCampaign, withListRows } from "../store/index.ts";
import { type FoundCampaign, findCampaign, findRows, type Stores } from "./find.ts";
import type { FoundMessage } from "./person-messages.ts";
import { poolsOf } from "./pools/listed.ts";
import { childOfRow } from "./pools/resolve.ts";
import { refuseNoRow } from "./refusals.ts";

/** What a person looks for, as it was found. */
export type SearchResult =
  /** `person` is the digest; the same whether there is a message to the person or not. */
  | { readonly kind: "person"; readonly person: Buffer; readonly phone: string }
  | { readonly kind: "message"; readonly message: FoundMessage }
  | { readonly kind: "campaign"; readonly found: FoundCampaign }
  /** Several campaigns have the text in their name, the newest first. */
  | { readonly kind: "campaigns"; readonly found: readonly FoundCampaign[] };

interface SearchInput {
  /** Those that the reader may see. */
  readonly stores: Stores;
  /** Digits with country code; null if the text is not a phone. */
  readonly readPhone: (text: string) => string | null;
}

/** Longer than any id and any name. */
const TEXT_MAX = 300;
/** The newest campaigns of each number whose names are compared, and how many are shown. */
const NAMED_MAX = 200;
const SHOWN_MAX = 20;

/**
 * Finds what a text means that a person typed: a row (`main-1:42`), a campaign's id, the id of a
 * message of any attempt (`wamid.…`), a phone in any spelling, or a part of the name of one of the
 * newest campaigns, in this order. Refusals: `no_such_campaign`, `campaign_other_mode`,
 * `rows_deleted` and `no_such_row` of what is written like an id; else `search_nothing_found`. No
 * refusal quotes the text, which may be a phone.
 */
export async function search(
  { stores, readPhone }: SearchInput,
  typed: string,
): Promise<Result<SearchResult>> {
  const text = typed.trim().slice(0, TEXT_MAX);
  const [, campaign = text, row] = /^(\S+?)[:#](\d{1,10})$/.exec(text) ?? [];
  if (Object.hasOwn(stores, numberOfCampaign(campaign) ?? "") || isPoolId(campaign)) {
    if (row !== undefined) return toMessage(await findMessage(stores, campaign, Number(row)));
    const found = await findCampaign(stores, campaign);
    return found.ok ? accept({ kind: "campaign", found: found.value }) : found;
  }
  const byId = /\s/.test(text) || text === "" ? null : await findById(stores, text);
  if (byId !== null) return toMessage(byId);
  const phone = readPhone(text);
  const [store] = Object.values(stores);
  if (phone !== null && store !== undefined) {
    return accept({ kind: "person", person: store.people.person(phone), phone });
  }
  const named = await findByName(stores, text);
  const [one] = named;
  if (one === undefined) return refuseNothing(text);
  return accept(
    named.length === 1 ? { kind: "campaign", found: one } : { kind: "campaigns", found: named },
  );
}

/** One message by its campaign and its row, from 1. Refusals as of {@link search}. */
export async function findMessage(
  stores: Stores,
  id: string,
  row: number,
): Promise<Result<FoundMessage>> {
  const found = await findRows(stores, id);
  if (!found.ok) return found;
  const { campaign, store } = found.value;
  const place = await childOfRow(found.value, row);
  if (place !== undefined) return findMessage(stores, place.child.campaign.id, place.row);
  const stored = row < 1 ? undefined : await store.rows.one(campaign.id, row);
  const [one] = await withListRows(store.pools, campaign, stored === undefined ? [] : [stored]);
  return one === undefined ? refuseNoRow(campaign) : accept({ campaign, store, row: one });
}

/** One message by the id of any of its attempts; null if no index has it. */
export async function findById(stores: Stores, id: string): Promise<Result<FoundMessage> | null> {
  const places = await Promise.all(
    Object.values(stores).map((store) => store.peopleIndex.messageOf(id)),
  );
  const place = places.find((one) => one !== null);
  return place == null ? null : findMessage(stores, place.campaign, place.row);
}

function toMessage(found: Result<FoundMessage>): Result<SearchResult> {
  return found.ok ? accept({ kind: "message", message: found.value }) : found;
}

async function findByName(stores: Stores, text: string): Promise<FoundCampaign[]> {
  const wanted = fold(text);
  if (wanted === "") return [];
  const each = await Promise.all(
    Object.values(stores).map(async (store) =>
      (await store.campaigns.list({ max: NAMED_MAX }))
        .filter(({ name }) => fold(name).includes(wanted))
        .map((campaign) => ({ campaign, store })),
    ),
  );
  const named = each
    .flat()
    .sort((a, b) => b.campaign.createdAt - a.campaign.createdAt)
    .slice(0, SHOWN_MAX);
  const pools = await poolsOf(
    stores,
    named.map(({ campaign }) => campaign),
  );
  // Of a pool the parent alone: its campaigns have the same name.
  return [...new Set(named.map((one) => pools.get(one.campaign.pool ?? "") ?? one))];
}

function fold(text: string): string {
  return text.normalize("NFKC").toLowerCase().trim();
}

function refuseNothing(text: string): Refused {
  const digits = text.replace(/\D/g, "").length;
  const isPhone = digits >= 6 && !/\p{L}/u.test(text);
  if (isPhone) {
    return refuse(
      "search_nothing_found",
      "The phone number cannot be read.",
      'Write it with its country code, as in "+48 600 700 800".',
    );
  }
  if (text.startsWith("wamid.")) {
    return refuse(
      "search_nothing_found",
      "No message with this id is known.",
      "Ids are known for 40 days after WhatsApp last reported one. Search for the phone number.",
    );
  }
  return refuse(
    "search_nothing_found",
    "Nothing was found.",
    `Search for a phone number with its country code, a message's id, a row as in main-1:42, a campaign's id, or a part of the name of one of the ${NAMED_MAX} newest campaigns.`,
  );
}
