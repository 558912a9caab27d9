/**
 * Why a person is removed from the list of opt-outs. A fixed choice, because the audit takes no
 * text that was typed freely: it could name the person.
 */
export const REMOVAL_REASONS = {
  asked: "the person asked to get messages again",
  mistake: "it was added by mistake",
  new_owner: "the phone number has a new owner",
  test: "it was a test",
} as const;

export type RemovalReason = keyof typeof REMOVAL_REASONS;

export const REMOVAL_NAMES = Object.keys(REMOVAL_REASONS) as [RemovalReason, ...RemovalReason[]];
