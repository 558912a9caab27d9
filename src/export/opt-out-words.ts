import { printable } from "../core/format.ts";
import type { KnownOptOut } from "../store/index.ts";

/** Where an entry of the list comes from: `by hand (token:crm): phone call`. */
export function originWords({
  origin,
  who,
  source,
}: Pick<KnownOptOut, "origin" | "who" | "source">): string {
  const by = who === "" ? "" : ` (${printable(who)})`;
  const said = printable(source);
  switch (origin) {
    case "whatsapp":
      return said === "erased" ? "from WhatsApp" : `from WhatsApp ${said}`;
    case "hand":
      return said === "" ? `by hand${by}` : `by hand${by}: ${said}`;
    case "import":
      return `imported${by}: ${said}`;
    case null:
      return said === "" ? "not noted" : said;
  }
}
