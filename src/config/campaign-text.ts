import { stringify } from "yaml";
import type { JsonObject } from "../core/json.ts";

/** A campaign file of this content, for people to keep and change. */
export function campaignText(content: JsonObject): string {
  return stringify(content, {
    lineWidth: 100,
    defaultStringType: "PLAIN",
    aliasDuplicateObjects: false,
  });
}
