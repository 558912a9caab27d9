import { execFileSync } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Encoding } from "../../../src/core/encoding.ts";
import { readListBytes } from "../../../src/producer/list/bytes.ts";
import { createUtf8Check } from "../../../src/producer/list/encoding/utf8.ts";
import { openList } from "../../../src/producer/list/open.ts";
import { encodeAs } from "./encoding/encode.ts";
import { testFolder } from "./read-list.ts";

async function open(
  content: Buffer | string,
  given: Encoding | null = null,
  wanted: "letters" | "digits" = "letters",
) {
  const path = join(await testFolder(), "list.csv");
  await writeFile(path, content);
  const opened = await openList(path, { links: "follow" });
  if (!opened.ok) return opened;
  try {
    return await readListBytes(opened.value, { given, wanted });
  } finally {
    await opened.value.close();
  }
}

describe("what is no list", () => {
  it.each([
    ["an .xlsx", Buffer.from("PK\x03\x04rest of a workbook"), "(.xlsx)"],
    ["an .xls", Buffer.from("d0cf11e0a1b11ae100", "hex"), "(.xls)"],
    ["a PDF", Buffer.from("%PDF-1.7\n"), "a PDF"],
    ["a gzip", Buffer.from("1f8b0800", "hex"), "a gzip archive"],
    ["a PNG", Buffer.from("89504e470d0a1a0a0000000d49484452000002", "hex"), "do not occur in text"],
    ["UTF-32", Buffer.from("fffe0000700000006800000a000000", "hex"), "do not occur in text"],
    ["a page", Buffer.from("<html><table><tr><td>phone</td></tr></table></html>"), "a web page"],
    ["a page with a mark", Buffer.from("\ufeff\n<!DOCTYPE html>\n"), "a web page"],
    ["XML", Buffer.from('<?xml version="1.0"?>\n<Workbook/>\n'), "an XML file"],
    ["RTF", Buffer.from("{\\rtf1\\ansi phone\\par 1}"), "(RTF)"],
    ["contacts", Buffer.from("BEGIN:VCARD\r\nTEL:+48600100200\r\n"), "(vCard)"],
    ["JSON", Buffer.from('[ { "phone": "+48600100200" } ]'), "JSON"],
    ["JSON lines", Buffer.from('{"phone":"+48600100200"}\n'), "JSON"],
    ["with zero bytes", Buffer.from("phone,name\n+48600100200,A\0\n"), "(0x00 on line 2)"],
  ])("is known by its content: %s", async (_, content, what) => {
    const result = await open(content);

    expect(result).toMatchObject({ ok: false, refusal: { code: "list_not_csv" } });
    if (!result.ok) expect(result.refusal.message).toContain(what);
  });
});

describe("the encoding of a list", () => {
  const text = "phone;imię\n48600100200;Bożena Wąs\n";

  it.each([
    ["UTF-8", Buffer.from(text), "utf-8"],
    ["UTF-8 with a mark", Buffer.from(`\ufeff${text}`), "utf-8"],
    ["ASCII", Buffer.from("phone\n1\n"), "utf-8"],
    ["UTF-16LE with a mark", encodeAs(`\ufeff${text}`, "utf-16le"), "utf-16le"],
    ["UTF-16BE with a mark", encodeAs(`\ufeff${text}`, "utf-16be"), "utf-16be"],
    ["UTF-16LE", encodeAs(text, "utf-16le"), "utf-16le"],
    ["UTF-16BE", encodeAs(text, "utf-16be"), "utf-16be"],
    [
      "UTF-16LE, mostly Cyrillic",
      encodeAs("имя,телефон\nАнна,79161234567\n", "utf-16le"),
      "utf-16le",
    ],
  ] as const)("is what its bytes say, whatever was given: %s", async (_, content, encoding) => {
    for (const given of [null, "windows-1250"] as const) {
      const result = await open(content, given);

      expect(result).toMatchObject({ ok: true, value: { encoding, encodingGuessed: false } });
    }
  });

  it("is the given one where the bytes do not say it, else a guess that is said to be one", async () => {
    const content = encodeAs(text, "iso-8859-2");

    const guessed = await open(content);
    const given = await open(content, "windows-1250");

    expect(guessed).toMatchObject({ value: { encoding: "iso-8859-2", encodingGuessed: true } });
    expect(given).toMatchObject({ value: { encoding: "windows-1250", encodingGuessed: false } });
  });

  it("is asked about where the letters fit several, with three words in each", async () => {
    const content = Buffer.from("phone;name\n48600100200;Ay\xfee\n", "latin1");

    const asked = await open(content);
    const named = await open(content, "windows-1254");

    expect(asked).toMatchObject({ ok: false, refusal: { code: "encoding_unlikely" } });
    expect(named).toMatchObject({ ok: true, value: { encoding: "windows-1254" } });
    if (asked.ok) return;
    const { message, fix, problems } = asked.refusal;
    expect(message).toContain("list.csv does not declare its encoding");
    expect(message + fix).not.toMatch(/Ay\P{ASCII}e/u);
    expect(fix).toMatch(/--encoding windows-12\d\d or recipients: \{ encoding: windows-12\d\d \}/);
    expect(problems).toContainEqual({
      name: "windows-1254",
      message: 'reads "Ayşe"',
      fix: "If that is right: --encoding windows-1254, or recipients: { encoding: windows-1254 }",
    });
  });

  it("does not matter where only digits are wanted", async () => {
    const content = Buffer.from("phone;name\n48600100200;Ay\xfee\n", "latin1");

    expect(await open(content, null, "digits")).toMatchObject({ value: { encodingGuessed: true } });
  });

  it("is seen by whole lines, wherever a large list is read in pieces", async () => {
    const rows = Array.from({ length: 20_000 }, (_, at) => `4860${10_000 + at};王伟${at}`);

    const result = await open(encodeAs(`phone;name\n${rows.join("\n")}\n`, "gbk"));

    expect(result).toMatchObject({ ok: false, refusal: { code: "encoding_unlikely" } });
    if (!result.ok) expect(result.refusal.problems?.[0]?.message).toContain("王伟");
  });

  it.each([
    [
      "a list glued together from two encodings",
      "1,Zoë\n".repeat(20_000),
      null,
      "although the rest",
    ],
    ["a list with the mark of UTF-8", `\ufeff${"1,x\n".repeat(20_000)}`, null, "the mark"],
    ["a list that was said to be UTF-8", "1,x\n".repeat(20_000), "utf-8", "was given"],
  ] as const)("is refused, with the line, for %s", async (_, good, given, why) => {
    const content = Buffer.concat([Buffer.from(good), Buffer.from("2,Zo\xeb\n3\n", "latin1")]);

    const result = await open(content, given);

    expect(result).toMatchObject({ ok: false, refusal: { code: "list_not_utf8" } });
    if (!result.ok) expect(result.refusal.message).toContain(`line 20001 holds bytes`);
    if (!result.ok) expect(result.refusal.message).toContain(why);
  });

  it("is found wherever the bytes are cut", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("a", "\n", "ł", "é", "日", "😀")),
        fc.option(fc.constantFrom(0x80, 0xc3, 0xe6, 0xff, 0xf0)),
        fc.array(fc.constantFrom("a", "\n", "ł", "é", "日", "😀")),
        fc.integer({ min: 1, max: 7 }),
        (before, wrong, after, size) => {
          const start = Buffer.from(before.join(""));
          const bytes =
            wrong === null
              ? Buffer.concat([start, Buffer.from(after.join(""))])
              : Buffer.concat([start, Buffer.from([wrong]), Buffer.from(after.join(""))]);
          const check = createUtf8Check();

          for (let at = 0; at < bytes.length; at += size) check.push(bytes.subarray(at, at + size));
          check.end();

          const line = before.filter((character) => character === "\n").length + 1;
          expect(check.badLine()).toBe(wrong === null ? null : line);
        },
      ),
      { numRuns: 3_000 },
    );
  });
});

describe("what is no regular file", () => {
  it("is refused: a folder, a FIFO, a device", async () => {
    const folder = await testFolder();
    const fifo = join(folder, "pipe.csv");
    execFileSync("mkfifo", [fifo]);
    await mkdir(join(folder, "folder.csv"));

    for (const path of [fifo, join(folder, "folder.csv"), "/dev/zero"]) {
      const opened = await openList(path, { links: "refuse" });
      expect(opened).toMatchObject({ ok: false, refusal: { code: "list_not_a_file" } });
    }
  });

  it("is refused where links are: a symbolic link", async () => {
    const folder = await testFolder();
    await writeFile(join(folder, "real.csv"), "phone\n1\n");
    await symlink(join(folder, "real.csv"), join(folder, "link.csv"));

    const refused = await openList(join(folder, "link.csv"), { links: "refuse" });
    const followed = await openList(join(folder, "link.csv"), { links: "follow" });

    expect(refused).toMatchObject({ ok: false, refusal: { code: "list_not_a_file" } });
    expect(followed.ok).toBe(true);
    if (followed.ok) await followed.value.close();
  });

  it.each([
    ["it does not exist", "none.csv"],
    ["no file can have its name", `${"x".repeat(252)}.csv`],
  ])("is refused by name when %s", async (_, name) => {
    const opened = await openList(join(await testFolder(), name), { links: "follow" });

    expect(opened).toMatchObject({ ok: false, refusal: { code: "list_not_found" } });
  });
});

it("the same bytes have the same digest, other bytes another", async () => {
  const digests = await Promise.all(["a\n1\n", "a\n1\n", "a\n2\n"].map((content) => open(content)));

  expect(digests[0]).toEqual(digests[1]);
  expect(digests[0]).not.toEqual(digests[2]);
});
