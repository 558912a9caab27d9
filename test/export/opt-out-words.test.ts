import { expect, test } from "vitest";
import { originWords } from "../../src/export/opt-out-words.ts";

test.each([
  [{ origin: "whatsapp", who: "", source: "131050 main-3" }, "from WhatsApp 131050 main-3"],
  [{ origin: "whatsapp", who: "", source: "erased" }, "from WhatsApp"],
  [{ origin: "hand", who: "ana", source: "phone call" }, "by hand (ana): phone call"],
  [{ origin: "hand", who: "ana", source: "" }, "by hand (ana)"],
  [{ origin: "import", who: "bo", source: "crm.csv" }, "imported (bo): crm.csv"],
  [{ origin: null, who: "", source: "a letter" }, "a letter"],
  [{ origin: null, who: "", source: "" }, "not noted"],
] as const)("%o", (entry, words) => {
  expect(originWords(entry)).toBe(words);
});
