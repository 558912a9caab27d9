import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { peekList } from "../../../src/producer/rejects/peek.ts";
import { encodeAs } from "../list/encoding/encode.ts";
import { testFolder } from "../list/read-list.ts";

async function rejectsOf(content: string | Buffer): Promise<string | null> {
  const path = join(await testFolder(), "list.csv");
  await writeFile(path, content);
  const list = await peekList(path, { links: "refuse" });
  if (!list.ok) throw new Error(list.refusal.message);
  await list.value.close();
  return list.value.rejectsOf;
}

const ROWS = "Łucja,,1\n+48600100200,main-3,2\n";

it.each([
  ["as it is written", `\ufeffphone,dropcast_campaign,dropcast_row\n${ROWS}`],
  ["without a mark", `phone,dropcast_campaign,dropcast_row\n${ROWS}`],
  ["with its columns moved", "\ufeffdropcast_campaign,phone,dropcast_row\nmain-3,x,1\n"],
  ["in capitals", `phone,DROPCAST_CAMPAIGN,DROPCAST_ROW\n${ROWS}`],
  ["with a character that nobody sees", `phone,drop\u200bcast_campaign,dropcast_row\n${ROWS}`],
  ["in Windows-1250", encodeAs(`phone,dropcast_campaign,dropcast_row\n${ROWS}`, "windows-1250")],
  ["in UTF-16", Buffer.from(`\ufeffphone,dropcast_campaign,dropcast_row\n${ROWS}`, "utf16le")],
  [
    "in big-endian UTF-16",
    Buffer.from(`\ufeffphone,dropcast_campaign,dropcast_row\n${ROWS}`, "utf16le").swap16(),
  ],
])("a rejects file is known %s", async (_, content) => {
  expect(await rejectsOf(content)).toBe("main-3");
});

it.each([
  ["has no such columns", "phone,name\n+48600100200,Ana\n"],
  ["has their names in its rows", "phone,name\n+48600100200,dropcast_campaign dropcast_row\n"],
  ["names no campaign", "phone,dropcast_campaign,dropcast_row\n+48600100200,,1\n"],
  ["is cut within a character", Buffer.from("\ufeffdropcast_campaign", "utf16le").subarray(0, -1)],
])("a list is one of its own when it %s", async (_, content) => {
  expect(await rejectsOf(content)).toBeNull();
});
