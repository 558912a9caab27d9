/** What a template is for, as WhatsApp prices it. */
export const CATEGORIES = ["marketing", "utility", "authentication"] as const;
export type Category = (typeof CATEGORIES)[number];

/** What a person opted out of: messages of this category, or all. */
export const SCOPES = ["marketing", "all"] as const;
export type Scope = (typeof SCOPES)[number];
