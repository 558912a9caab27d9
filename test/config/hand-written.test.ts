import { describe, expect, test } from "vitest";
import { parseCampaign } from "../../src/config/campaign-file.ts";
import { readHandWritten } from "../../src/config/hand-written.ts";

const utf16le = (text: string) => Buffer.from(text, "utf16le");
const CAMPAIGN = `name: a
category: utility
template:
  name: t
  language: { code: pl }
  components:
    - { type: body, parameters: [ { type: text, text: "Szanowni Państwo" } ] }
`;

/** Place and message of the refusal. */
function told(bytes: Uint8Array): string {
  const read = readHandWritten(bytes);
  if (read.ok) throw new Error("it was not refused");
  return `${read.problem.place ?? "-"}: ${read.problem.message}`;
}

describe("a file that a person wrote", () => {
  test.each([
    ["UTF-8", Buffer.from("zażółć: 1\n")],
    ["UTF-8 with a mark", Buffer.from("\ufeffzażółć: 1\n")],
    ["lines that end as on Windows", Buffer.from("zażółć: 1\r\n")],
    ["lines that end as on an old Mac", Buffer.from("zażółć: 1\r")],
  ])("is read in %s", (_, bytes) => {
    expect(readHandWritten(bytes)).toEqual({ ok: true, text: "zażółć: 1\n" });
  });

  test.each([
    ["UTF-16 with a mark", Buffer.concat([Buffer.from([0xff, 0xfe]), utf16le("name: a\n")])],
    ["UTF-16 without one", utf16le("name: a\n")],
    ["big-endian UTF-16", Buffer.concat([Buffer.from([0xff, 0xfe]), utf16le("a: b")]).swap16()],
  ])("is refused in %s, with what to do", (_, bytes) => {
    expect(told(bytes)).toMatch(/^-: is UTF-16, .* save the file as UTF-8$/);
  });

  test.each([
    [
      "Windows-1250",
      Buffer.from("a: b\nna: Pa\xf1stwo\n", "latin1"),
      /^line 2, column 7: is not UTF-8/,
    ],
    ["half a character", Buffer.from("a: \xc5", "latin1"), /^line 1, column 4: is not UTF-8/],
    [
      "a letter lost before",
      Buffer.from("a: Pa\ufffdstwo"),
      /^line 1, column 6: holds \ufffd, which/,
    ],
    [
      "a NUL",
      Buffer.from("a: this is a text\nwith one NUL: \0"),
      /^line 2, column 15: holds the control character U\+0000/,
    ],
    ["a C1 control", Buffer.from("a:\r\nb: \u0081"), /^line 2, column 4: .* U\+0081/],
  ])("is refused with %s, with the place of it", (_, bytes, expected) => {
    expect(told(bytes)).toMatch(expected);
  });

  test("is refused as a campaign with its name and the place of the first wrong byte", () => {
    const bytes = Buffer.from(CAMPAIGN.replace("ń", "\xf1"), "latin1");

    const result = parseCampaign(bytes, "c.yaml");

    expect(result).toMatchObject({ ok: false, refusal: { code: "campaign_file_invalid" } });
    if (result.ok) return;
    expect(result.refusal.message).toMatch(/^c\.yaml: line 7, column 67: is not UTF-8 here: save/);
    expect(parseCampaign(Buffer.from(`\ufeff${CAMPAIGN}`), "c.yaml").ok).toBe(true);
    expect(parseCampaign(CAMPAIGN.replaceAll("\n", "\r"), "c.yaml").ok).toBe(true);
  });
});
