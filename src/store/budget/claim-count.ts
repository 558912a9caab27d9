import type { CampaignDefinition } from "../../core/campaign.ts";
import { type Caps, capRules, capsWords } from "../../core/caps.ts";
import { CATEGORIES, type Category } from "../../core/category.ts";
import { packCapped } from "../ledger/attempt-rows.ts";
import type { RunScript } from "../scripts/runner.ts";
import type { Budget, CappedMessages } from "./budget.ts";

/** What a campaign says about its caps. */
export interface CampaignCaps {
  readonly category: Category;
  readonly caps: Caps | null;
}

/** What a claim asks for (ClaimInput). */
interface Claim {
  readonly campaign: string;
  readonly batch: number;
  readonly rows: readonly { readonly row: number; readonly person: Buffer }[];
  readonly laterMs?: number;
  readonly capped?: CampaignCaps;
}

/** What was counted for a claim. */
interface Counted {
  readonly allowed: readonly boolean[];
  readonly capped: CappedMessages | null;
}

/**
 * What is counted around a claim: a message is sent only if it was counted before, and one that the
 * claim did not grant is taken out of the frequency caps again, if this claim alone asked for it. A
 * crash in between counts too much, until the message comes up again: it counts once.
 */
export function createClaimCount(input: { budget: Budget; caps: Caps | null; run: RunScript }) {
  const { budget, caps, run } = input;
  function rulesOf(definition: Pick<CampaignDefinition, "category" | "caps"> | undefined) {
    if (definition === undefined) return null;
    return capRules(definition.category, definition.caps ?? null, caps);
  }

  const counts = countsOf(budget.portfolio, caps);

  /**
   * What was counted for nothing; if Redis does not answer now, it counts for longer. Not for the
   * gate `run`: another run has the batch, and may have sent.
   */
  async function giveBack(
    { rows }: Pick<Claim, "rows">,
    { allowed, capped }: Counted,
    verdicts: readonly { readonly kind: string }[] = [],
  ): Promise<void> {
    if (capped === null) return;
    const back = rows.filter((_, at) => allowed[at] === true && !KEEPS.has(verdicts[at]?.kind));
    const some = { ...capped, rows: back.map(({ row }) => row) };
    const persons = back.map(({ person }) => person);
    await budget.giveBack(persons, some).catch(() => {});
  }

  return {
    /** What this process counts: workers of a number that count something else do not send. */
    counts,

    /**
     * Rows that a cap keeps back are put off, or left out, as the campaign says. `gate`: why
     * nothing may be claimed now.
     */
    async reserve({ campaign, batch, rows, laterMs, capped: of }: Claim) {
      const rules = rulesOf(of);
      const persons = rows.map(({ person }) => person);
      const capped = rules && { campaign, rows: rows.map(({ row }) => row), rules };
      const { allowed, cappedUntil, nextAtMs, isBehind } = await budget.reserve(
        persons,
        laterMs,
        capped,
      );
      const kept = rows.flatMap(({ row }, at) => {
        const opensMs = cappedUntil[at] ?? null;
        return opensMs === null ? [] : [{ row, opensMs }];
      });
      const countsElse =
        rules !== null &&
        kept.length > 0 &&
        (await run("cap-rows", {
          ...{ campaign, batch, rows: packCapped(kept), outcome: rules.outcome, counts },
        })) === -1;
      if (countsElse) void giveBack({ rows }, { allowed, capped });
      const gate = isBehind ? ("replicas" as const) : countsElse ? ("budget" as const) : null;
      const isFull = allowed.some((isAllowed, at) => !isAllowed && cappedUntil[at] === null);
      return {
        ...{ allowed, capped, gate, budgetAtMs: isFull ? nextAtMs : null },
        /** Why a row was not allowed. */
        refusal: (at: number) => ({ kind: cappedUntil[at] == null ? "budget" : "capped" }) as const,
      };
    },

    giveBack,

    /** After a rollback: the messages of a campaign that may have been sent. */
    async countAll(
      doubted: readonly { readonly row: number; readonly person: Buffer }[],
      campaign: string,
      definition: CampaignDefinition | undefined,
    ): Promise<void> {
      const rules = rulesOf(definition);
      const rows = doubted.map(({ row }) => row);
      const persons = doubted.map(({ person }) => person);
      await budget.countAll(persons, rules && { campaign, rows, rules });
    },

    /** Whether a row may be kept back by what is counted. */
    mayRefuse: (definition: CampaignDefinition | undefined) =>
      budget.portfolio !== "" || rulesOf(definition) !== null,
  };
}

/**
 * The portfolio, and the configured caps. Each worker reports it (lib/rates.lua), and of two the
 * greater one holds: a worker without caps, also of an earlier version, waits for those with caps.
 */
function countsOf(portfolio: string, caps: Caps | null): string {
  const words = configuredCaps(caps);
  return words === null ? portfolio : portfolio + CAPS_MARK + words;
}

/** `marketing 2 per 7d`; null: none. */
export function configuredCaps(caps: Caps | null): string | null {
  const limits = CATEGORIES.flatMap((category) => {
    const some = caps?.limits[category] ?? [];
    return some.length === 0 ? [] : `${category} ${capsWords(some)}`;
  });
  return limits.length === 0 ? null : limits.join("; ");
}

/** Greater than all that the name of a portfolio may have. */
const CAPS_MARK = "~";

/** What the workers of a number count, as one of them has reported it. */
export function readCounts(reported: string) {
  const [portfolio = "", caps = ""] = reported.split(CAPS_MARK);
  return { portfolio: portfolio || null, caps: caps || null };
}

/** One that is not pending may have been sent; one without a send time asks again at once. */
const KEEPS: ReadonlySet<string | undefined> = new Set(["granted", "not_pending", "no_slot_yet"]);

export type ClaimCount = ReturnType<typeof createClaimCount>;
