import { Hono } from "hono";
import type { ApiEnv } from "../../api/access.ts";
import type { Answer } from "../../api/answer.ts";
import type { Api, ApiDeps, Drafting } from "../../api/api.ts";
import type { Stores } from "../../campaigns/find.ts";
import { addActionsPages } from "./actions.ts";
import { addAuditPages } from "./audit.ts";
import { addCampaignPages } from "./campaign/routes.ts";
import { addCampaignListPages } from "./campaign-list.ts";
import { addDropsPage } from "./drops.ts";
import { type Html, page } from "./layout.ts";
import { addMessagePage } from "./message.ts";
import { addMessageActs } from "./message-acts.ts";
import { addNewCampaignPages } from "./new-campaign/routes.ts";
import { addNumbersPages } from "./numbers.ts";
import { addOptOutPages } from "./opt-outs.ts";
import { addPersonPage } from "./person.ts";
import { addResolvePages } from "./resolve.ts";
import { addSearchPage } from "./search.ts";

/** What pages share with the HTTP API. */
type PageDeps = Pick<ApiDeps, "health" | "suppressions" | "country" | "acts" | "erase">;

/** Pages are complete without a script: every figure is in the HTML. */
export function createPages(input: {
  stores: Stores;
  answer: Answer;
  /** Why Redis is unsafe and nothing is sent; undefined while it is safe. */
  unsafe: () => string | undefined;
  /** The description of the HTTP API. */
  apiPage: () => Html;
  drafting: Drafting;
  /** A campaign of more messages waits for a second person; null: none does. */
  secondPersonAbove: number | null;
  /** Digits with country code; null if the text is not a phone. */
  readPhone: (text: string) => string | null;
  /** What the HTTP API has as well. */
  api: PageDeps & Pick<Api, "takeOptOutFile" | "download">;
}): Hono<ApiEnv> {
  const { stores, answer, unsafe, apiPage, drafting, secondPersonAbove, api } = input;
  const pages = new Hono<ApiEnv>();
  addSearchPage(pages, input);
  addPersonPage(pages, input);
  addMessagePage(pages, input);
  addNumbersPages(pages, { ...api, stores });
  addOptOutPages(pages, { ...api, answer });
  addAuditPages(pages, api);
  addDropsPage(pages, { ...api, stores });
  addMessageActs(pages, { ...api, stores, answer });

  addCampaignListPages(pages, { stores });

  addCampaignPages(pages, { stores, answer, unsafe });

  addActionsPages(pages, { stores, answer });
  addResolvePages(pages, { stores, answer });
  addNewCampaignPages(pages, { stores, answer, drafting, secondPersonAbove });

  pages.get("/api/docs", (context) =>
    page(context, { title: "HTTP API", kind: "still", main: apiPage() }),
  );

  return pages;
}
