/**
 * The second person (maker and checker): a campaign of more than `access.secondPersonAbove`
 * messages is imported, and waits until another person lets it start. The script compares the two
 * (resume-campaign), so two presses at once, or a resume meanwhile, change nothing about it.
 */
import type { Actor } from "../core/act.ts";
import { accept, type Result, refuse } from "../core/refusal.ts";
import { audited } from "./audited.ts";
import { type Controlled, lifting } from "./control.ts";
import type { FoundCampaign } from "./find.ts";
import { refuseNoCampaign, refuseOfPool } from "./refusals.ts";

/**
 * Refusals: `pool_each`, `approval_needs_user`, `approval_same_person`, `approval_not_needed`, and
 * `approval_other_count` unless `expect` messages wait: rows may have been corrected since the
 * person looked. Only a person who is known by name can approve: a token or the dashboard's
 * password may be anybody's, also that of who started the campaign.
 */
export function approveCampaign(
  found: FoundCampaign,
  by: Actor,
  expect?: number,
): Promise<Result<Controlled>> {
  const { campaign, store } = found;
  if (found.pool !== undefined) return Promise.resolve(refuseOfPool(found, "An approval"));
  const { id } = campaign;
  const approve = async (): Promise<Result<Controlled>> => {
    if (!/^(?:user|oidc):/.test(by.who)) {
      return refuse(
        "approval_needs_user",
        `${id} needs the approval of a second person, by a user of their own.`,
        "Sign in as a user (dropcast user add) or by single sign-on. A token or the dashboard's password cannot approve.",
      );
    }
    const result = await store.campaigns.approve(id, by.who, expect);
    if (result.kind === "no_campaign") return refuseNoCampaign(id);
    if (result.kind === "same_person") {
      return refuse(
        "approval_same_person",
        `You started ${id} yourself.`,
        "Another user with the role operator approves it.",
      );
    }
    if (result.kind === "other_count") {
      return refuse(
        "approval_other_count",
        `Not ${expect} messages of ${id} wait: the number changed. Nothing was started.`,
        "Look at the campaign again, and approve what it shows now.",
      );
    }
    if ("status" in result && (result.kind === "changed" || result.status !== "paused")) {
      const { kind, status, suspensionLifted } = result;
      return accept({ id, status, changed: kind === "changed", ...lifting(suspensionLifted) });
    }
    return refuse(
      "approval_not_needed",
      `${id} does not wait for an approval.`,
      "Resume it if it is paused.",
    );
  };
  const act = { what: "approve", campaigns: [id] } as const;
  return audited(store.acts, by, act, approve, ({ status, changed }) => ({
    details: { status, changed },
  }));
}
