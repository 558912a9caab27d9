import type { ApiContext } from "../../../api/access.ts";
import type { Answer } from "../../../api/answer.ts";
import type { Draft, Drafting } from "../../../api/api.ts";
import type { Stores } from "../../../campaigns/find.ts";
import type { Refused, Result } from "../../../core/refusal.ts";

export interface NewCampaignDeps {
  readonly stores: Stores;
  readonly answer: Answer;
  readonly drafting: Drafting;
  /** A campaign of more messages waits for a second person; null: none does. */
  readonly secondPersonAbove: number | null;
}

/** What every step begins with. */
export interface StepDeps extends NewCampaignDeps {
  /** The draft that the address names, for the person who may act on it. */
  readonly find: (context: ApiContext) => Promise<Result<Draft>>;
  readonly refuse: (context: ApiContext, refused: Refused) => Response | Promise<Response>;
  /** The numbers that a person may send from. */
  readonly numbersOf: (context: ApiContext) => readonly string[];
}
