import { expect, it } from "vitest";
import { readList } from "./read-list.ts";

const latin1 = (text: string): Buffer => Buffer.from(text, "latin1");

it("the last line is read to its end in every encoding, with or without a line end", async () => {
  for (const encoding of ["utf-8", "windows-1250", "iso-8859-2", "cp852", "gbk"] as const) {
    for (const end of ["", "\n", "\r\n"]) {
      for (const piece of [null, 1, 7]) {
        const list = latin1(`name,phone\nAnn,+48 600 700 811\nBob,+49 30 1234 5678${end}`);

        const { rows } = await readList(list, encoding, piece);

        expect(rows).toEqual([
          ["Ann", "+48 600 700 811"],
          ["Bob", "+49 30 1234 5678"],
        ]);
      }
    }
  }
});

it("a list of a single line, its header, is read to its end as well", async () => {
  const { columns } = await readList(latin1("phone,nazwisko \xb3"), "windows-1250");

  expect(columns).toEqual(["phone", "nazwisko ł"]);
});

it("letters of the last line count for the encoding that is guessed", async () => {
  const list = "phone,name\n48600000001,Ann\n48600000002,\xa3ukasz";
  for (const end of ["", "\n", "\r"]) {
    const read = await readList(latin1((list + end).replaceAll("\n", end || "\n")));

    expect(read).toMatchObject({ encoding: "windows-1250", encodingGuessed: true });
    expect(read.rows.at(-1)).toEqual(["48600000002", "Łukasz"]);
  }
});

it("letters of a line that two pieces of the file share count for the guess", async () => {
  const before = `phone,name\n${"48600000001,Ann\n".repeat(6_000)}`;
  const list = latin1(`${before}48600000002,\xa3ukasz\n48600000003,Eve\n`);
  for (const piece of [before.length + 5, before.length + 13, 100]) {
    expect((await readList(list, null, piece)).encoding).toBe("windows-1250");
  }
});

it("a list that ends inside a letter of UTF-8 is never sent without it", async () => {
  const whole = Buffer.from("phone,name\n48600000001,Ann\n48600000002,Jos\u00e9");

  const { refusal } = await readList(whole.subarray(0, -1));

  expect(refusal?.code).toBe("encoding_unlikely");
});
