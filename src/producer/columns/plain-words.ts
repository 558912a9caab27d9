import { foldColumnName } from "../../core/columns.ts";

/**
 * A name or a short answer as words to compare: lower case without accents, with one space where
 * signs were or a capital letter began (`Opt-in`, `optIn`). Digits stay.
 */
export function plainWords(text: string): string {
  const split = text.replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2").replace(/[\p{P}\p{S}\s]+/gu, " ");
  const folded = foldColumnName(split).normalize("NFD").replace(/\p{M}/gu, "");
  return folded.replaceAll("ł", "l").replaceAll("ı", "i");
}
