import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createPersonTrace } from "../../src/core/person-trace.ts";
import { eraseFromFolder } from "../../src/privacy/erase-files.ts";
import { ANY_NAME, bytePath } from "../support/byte-name.ts";

const trace = createPersonTrace({
  digits: "48600700811",
  countryCode: "48",
  national: "600700811",
});

function folder(files: Readonly<Record<string, string | Buffer>>): string {
  const dir = mkdtempSync(join(tmpdir(), "dropcast-erase-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), content, { mode: 0o600 });
  }
  return dir;
}

const read = (dir: string, name: string): string => readFileSync(join(dir, name), "utf8");
const none = { skip: [], inProgress: [] };

test("a list loses the person's lines and keeps every other byte", async () => {
  const before =
    '\uFEFFphone;note\r\n+48 600 700 811;"two\r\nlines"\r\n+48600700812;"5"" disk"\r\n"48600700813";a"b\n';
  const dir = folder({ "done/sale/list.csv": before, "failed/other.csv": "phone\n48600700812\n" });
  const untouched = statSync(join(dir, "failed/other.csv")).mtimeMs;

  const told = await eraseFromFolder(dir, trace, none);

  expect(told).toEqual({ files: 1, lines: 1, inProgress: [] });
  expect(read(dir, "done/sale/list.csv")).toBe(
    before.replace('+48 600 700 811;"two\r\nlines"\r\n', ""),
  );
  expect(statSync(join(dir, "done/sale/list.csv")).mode & 0o777).toBe(0o600);
  expect(statSync(join(dir, "failed/other.csv")).mtimeMs).toBe(untouched);
  expect(await eraseFromFolder(dir, trace, none)).toEqual({ files: 0, lines: 0, inProgress: [] });
});

test.each(["utf16le", "utf16be"] as const)("a list in %s is read as such", async (encoding) => {
  const bytes = (text: string): Buffer => {
    const little = Buffer.from(`\uFEFF${text}`, "utf16le");
    return encoding === "utf16le" ? little : little.swap16();
  };
  const dir = folder({
    "done/list.csv": bytes("phone\tname\r\n600 700 811\tŁucja\r\n48600700812\tŻaneta\r\n"),
  });

  await eraseFromFolder(dir, trace, none);

  expect(readFileSync(join(dir, "done/list.csv"))).toEqual(
    bytes("phone\tname\r\n48600700812\tŻaneta\r\n"),
  );
});

test("a list with the longest name that the disk takes is erased from as any other", async () => {
  const name = `${"ж".repeat(125)}x.csv`;
  const dir = folder({ [name]: "phone\n48600700811\n48600700812\n" });
  expect(Buffer.byteLength(name)).toBe(255);

  expect((await eraseFromFolder(dir, trace, none)).lines).toBe(1);
  expect(read(dir, name)).toBe("phone\n48600700812\n");
  expect(readdirSync(dir)).toEqual([name]);
});

test("a number across two pieces of a large file is found, and only its line goes", async () => {
  const line = (index: number): string => `48601${String(index).padStart(6, "0")},Name\n`;
  const head = Array.from({ length: 13_796 }, (_, index) => line(index)).join("");
  // 256 KiB is the size of a piece.
  const filled = head + "x".repeat(Math.max(0, 262_144 - head.length - 5));
  const before = `${filled}\n48600700811,Anna\n${line(99)}`;
  const dir = folder({ "done/large.csv": before });

  expect((await eraseFromFolder(dir, trace, none)).lines).toBe(1);
  expect(read(dir, "done/large.csv")).toBe(before.replace("48600700811,Anna\n", ""));
});

test("a stray quote does not take the rest of the list along", async () => {
  const dir = folder({
    "done/list.csv": 'phone,name\n48600700812,"open\n48600700811,A\n48600700813,B\n',
  });

  await eraseFromFolder(dir, trace, none);

  expect(read(dir, "done/list.csv")).toContain("48600700813,B");
  expect(read(dir, "done/list.csv")).not.toContain("48600700811");
});

test("in a log the number is overwritten in place, and what is appended meanwhile stays", async () => {
  const wamid = `wamid.${Buffer.from("\x1c\x18\x0b48600700811\x15\x02\x00", "latin1").toString("base64")}`;
  const dir = folder({ "sandbox.log": `${JSON.stringify({ to: "48600700811", wamid })}\n` });
  const size = statSync(join(dir, "sandbox.log")).size;

  const erasing = eraseFromFolder(dir, trace, none);
  appendFileSync(join(dir, "sandbox.log"), '{"to":"48600700812"}\n');
  await erasing;

  const [first = "", second] = read(dir, "sandbox.log").split("\n");
  expect(first).toHaveLength(size - 1);
  expect(JSON.parse(first)).toMatchObject({ to: "***********" });
  expect(trace.found(first)).toBe(false);
  expect(second).toBe('{"to":"48600700812"}');
});

test("a list that is being imported is left alone and told, and a skipped folder is not looked at", async () => {
  const list = "phone\n48600700811\n";
  const dir = folder({ "processing/a/list.csv": list, "redis/appendonly.aof": list });

  const told = await eraseFromFolder(dir, trace, { skip: ["redis"], inProgress: ["processing"] });

  expect(told).toEqual({ files: 0, lines: 0, inProgress: ["list.csv"] });
  expect(read(dir, "processing/a/list.csv")).toBe(list);
  expect(read(dir, "redis/appendonly.aof")).toBe(list);
});

test.runIf(ANY_NAME)(
  "names that are not UTF-8 hide no file, and keep none of the others from it",
  async () => {
    const dir = folder({ "inbox/list.csv": "phone\n48600700811\n" });
    mkdirSync(bytePath(`${dir}/inbox/F?r`));
    for (const name of ["F?r/x.csv", "M?rz.csv", "M?rz.log"]) {
      writeFileSync(bytePath(`${dir}/inbox/${name}`), "phone\n48600700811\n48600700812\n");
    }

    expect(await eraseFromFolder(dir, trace, none)).toMatchObject({ files: 4, lines: 3 });

    expect(read(dir, "inbox/list.csv")).toBe("phone\n");
    for (const name of ["F?r/x.csv", "M?rz.csv"]) {
      expect(readFileSync(bytePath(`${dir}/inbox/${name}`), "utf8")).toBe("phone\n48600700812\n");
    }
    expect(readFileSync(bytePath(`${dir}/inbox/M?rz.log`), "utf8")).not.toContain("48600700811");
    expect(readdirSync(join(dir, "inbox"))).toHaveLength(4);
  },
);

test("a folder that is not there holds nobody", async () => {
  expect(await eraseFromFolder("/nowhere/at/all", trace, none)).toEqual({
    files: 0,
    lines: 0,
    inProgress: [],
  });
});
