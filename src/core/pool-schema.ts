import { z } from "zod";
import { NUMBER_NAME, NUMBER_NAME_RULE } from "./campaign.ts";
import { isJsonObject, type Json } from "./json.ts";
import { POOL_MAX } from "./pool.ts";
import type { ShapeProblem } from "./shape.ts";

/** `numbers` of a campaign file. */
export const poolNumbers = z
  .array(z.string().regex(NUMBER_NAME, NUMBER_NAME_RULE))
  .min(2)
  .max(POOL_MAX);

/** What a campaign over several numbers cannot have. */
export function poolProblems(content: Json): ShapeProblem[] {
  const numbers = isJsonObject(content) ? (content["numbers"] ?? null) : null;
  if (numbers === null) return [];
  const given = ([key = "", inner]: readonly string[]): boolean => {
    const block = isJsonObject(content) ? (content[key] ?? null) : null;
    if (inner === undefined) return block !== null;
    return isJsonObject(block) && (block[inner] ?? null) !== null;
  };
  const names = Array.isArray(numbers) ? numbers : [];
  const twice = names.findIndex((name, at) => names.indexOf(name) !== at);
  const problems = [
    { path: ["number"], message: "does not go with numbers, which has all of them" },
    {
      path: ["recurring"],
      message: "does not go with numbers: a recurring campaign is sent from one number",
    },
    {
      path: ["recipients", "first"],
      message: "does not go with numbers: the first rows may all belong to one of them; use canary",
    },
    {
      path: ["recipients", "skipRepeat"],
      message: "does not go with numbers: caps keeps people from getting too much over all numbers",
    },
  ].filter(({ path }) => given(path));
  if (twice === -1) return problems;
  return [...problems, { path: ["numbers", String(twice)], message: "is named twice" }];
}
