/**
 * Error codes of a `failed` status that a template message to a phone number never gets: they
 * belong to an agent's free text or media, to groups, calls and flows, or to recipients given by
 * user id. Ranges are inclusive. Source: Meta's error codes page.
 */
const NOT_TEMPLATES: readonly (readonly [first: number, last: number])[] = [
  [131020, 131020], // groups
  [131041, 131041], // groups
  [131044, 131044], // calls
  [131047, 131047], // free text more than 24 hours after the person's last message
  [131051, 131051], // message types other than templates
  [131052, 131052], // media that a person sent
  [131062, 131062], // recipients by user id
  [131201, 131215], // groups
  [137000, 137000], // recipients by the hash of their identity
  [138000, 139999], // calls, flows, blocked users, direct sends
  [1752041, 1752041], // requests of onboarding
];

/** Whether a message that failed with this code may be a template message. */
export function canBeTemplates(code: number): boolean {
  return !NOT_TEMPLATES.some(([first, last]) => code >= first && code <= last);
}
