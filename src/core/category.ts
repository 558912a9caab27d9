/** What a template is for, as WhatsApp prices it. */
export const CATEGORIES = ["marketing", "utility", "authentication"] as const;
export type Category = (typeof CATEGORIES)[number];
