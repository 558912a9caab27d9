import { execFileSync } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { digestList, openList } from "../../src/producer/list-file.ts";
import { createUtf8Check } from "../../src/producer/utf8.ts";
import { testFolder } from "./read-list.ts";

async function open(content: Buffer | string) {
  const path = join(await testFolder(), "list.csv");
  await writeFile(path, content);
  const opened = await openList(path, { links: "follow" });
  if (!opened.ok) return opened;
  try {
    return await digestList(opened.value);
  } finally {
    await opened.value.close();
  }
}

describe("what is no CSV in UTF-8", () => {
  it.each([
    ["an .xlsx", Buffer.from("PK\x03\x04rest of a workbook"), "list_not_csv"],
    ["an .xls", Buffer.from("d0cf11e0a1b11ae100", "hex"), "list_not_csv"],
    ["a PDF", Buffer.from("%PDF-1.7\n"), "list_not_csv"],
    ["a gzip", Buffer.from("1f8b0800", "hex"), "list_not_csv"],
    ["UTF-16 with a mark", Buffer.from("\ufeffphone\n1\n", "utf16le"), "list_not_utf8"],
    ["UTF-16 without", Buffer.from("phone,name\n1,a\n", "utf16le"), "list_not_utf8"],
    ["Windows-1252", Buffer.from("phone,name\n1,Zo\xeb\n", "latin1"), "list_not_utf8"],
  ])("is known by its content: %s", async (_, content, code) => {
    const result = await open(content);

    expect(result).toMatchObject({ ok: false, refusal: { code } });
  });

  it("names the line of the first byte that is not UTF-8", async () => {
    const good = "48600100200,Zoë\n".repeat(20_000);

    const result = await open(
      Buffer.concat([Buffer.from(good), Buffer.from("2,Zo\xeb\n3\n", "latin1")]),
    );

    expect(result).toMatchObject({ ok: false, refusal: { code: "list_not_utf8" } });
    if (!result.ok) expect(result.refusal.message).toContain("line 20001 ");
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

  it("is refused by name when it does not exist", async () => {
    const opened = await openList(join(await testFolder(), "none.csv"), { links: "follow" });

    expect(opened).toMatchObject({ ok: false, refusal: { code: "list_not_found" } });
  });
});

it("the same bytes have the same digest, other bytes another", async () => {
  const digests = await Promise.all(["a\n1\n", "a\n1\n", "a\n2\n"].map(open));

  expect(digests[0]).toEqual(digests[1]);
  expect(digests[0]).not.toEqual(digests[2]);
});
