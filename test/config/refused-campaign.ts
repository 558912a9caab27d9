import { expect } from "vitest";
import { parseCampaign } from "../../src/config/campaign-file.ts";

export const SMALLEST = `
name: Spring sale
template: { name: spring_sale, language: { code: en_US } }
category: marketing
`;

/** What a file is refused with. */
export function message(text: string): string {
  const result = parseCampaign(text, "c.yaml");
  if (result.ok) throw new Error("it was not refused");
  expect(result.refusal.code).toBe("campaign_file_invalid");
  return result.refusal.message;
}
