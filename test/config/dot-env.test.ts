import { describe, expect, test } from "vitest";
import { parseDotEnv } from "../../src/config/dot-env.ts";

/** What the file sets, and what is told about it. */
function read(text: string): { values: Record<string, string>; problems: readonly string[] } {
  const { values, problems } = parseDotEnv(Buffer.from(text));
  return { values: Object.fromEntries(values), problems };
}

describe("a .env", () => {
  test.each([
    ["with a byte order mark", "\ufeffDROPCAST_A=1"],
    ["with a mark before a comment", "\ufeff# rate\nDROPCAST_A=1"],
    ["with the line ends of Windows", "DROPCAST_A=1\r\n"],
    ["with the line ends of an old Mac", "# rate\rDROPCAST_A=1\r"],
    ["with spaces around the sign", "  DROPCAST_A =  1  "],
    ["with tabs around the sign", "DROPCAST_A\t=\t1\t"],
    ["with export in front", "export DROPCAST_A=1"],
    ["with double quotes", 'DROPCAST_A="1"'],
    ["with single quotes", "DROPCAST_A='1' # the rate"],
    ["with backticks", "DROPCAST_A=`1`"],
    ["with a comment behind", "DROPCAST_A=1 # the rate\n#DROPCAST_A=2"],
    ["with an empty line of the example before", "DROPCAST_A=\nDROPCAST_A=1"],
    ["with the same line twice", "DROPCAST_A=1\nDROPCAST_A=1"],
  ])("%s is read", (_, text) => {
    expect(read(text)).toEqual({ values: { DROPCAST_A: "1" }, problems: [] });
  });

  test("may hold values that span lines, and those of other programs", () => {
    const text = `UID=1000\nPEM='a\n#dropcast=\nb'\nURL="x\\ny"\nnot a setting\nA=b#c\nA=d\nB=“e”\nEMPTY= # none`;

    expect(read(text)).toEqual({
      values: { UID: "1000", PEM: "a\n#dropcast=\nb", URL: "x\ny", A: "d", EMPTY: "" },
      problems: [],
    });
  });

  test.each([
    ["a no-break space before the sign", "DROPCAST_A\u00a0=1", /column 11 .* \(U\+00A0\): type/],
    ["a no-break space behind the sign", "DROPCAST_A=\u00a01", /column 12 .* \(U\+00A0\)/],
    ["a zero-width space in the name", "DROPCAST_\u200bA=1", /column 10 .* \(U\+200B\)/],
    [
      "a mark in the middle",
      "\nDROPCAST_A=1\n\ufeffDROPCAST_B=1",
      /^line 3: column 1 .* \(U\+FEFF/,
    ],
    ["a full-width sign", "DROPCAST_A＝1", /column 11 .* \(＝ U\+FF1D\)/],
    ["curly quotes", "DROPCAST_A=“1”", /column 12 .* \(“ U\+201C\)/],
    ["low quotes", "DROPCAST_A=„1”", /column 12 .* \(„ U\+201E\)/],
    ["a colon", "DROPCAST_A: 1", /^line 1: is not NAME=value$/],
    ["a space for the sign", "DROPCAST_A 1", /is not NAME=value/],
    ["set, as in cmd.exe", "set DROPCAST_A=1", /is not NAME=value/],
    ["$env:, as in PowerShell", '$env:DROPCAST_A="1"', /is not NAME=value/],
    ["a quote that is not closed", 'DROPCAST_A="1\nB=2', /^line 1: DROPCAST_A has a quote " that/],
    ["text behind the quote", 'DROPCAST_A="1"2', /DROPCAST_A continues after its closing quote "/],
    [
      "a # in the value",
      "DROPCAST_A=a#b",
      /DROPCAST_A has a # in its value: put the value in quotes/,
    ],
    [
      "a letter of another script in its name",
      "DR\u041ePCAST_A=1",
      /^line 1: its name has a letter that only looks like one \(\u041e U\+041E\)/,
    ],
    ["a line separator in a comment before it", "# rate\u2028DROPCAST_A=1", /\(U\+2028\)/],
    [
      "a line separator in a comment behind another",
      "B=1 # rate\u2028DROPCAST_A=1",
      /^line 1: column 11 .*\(U\+2028\)/,
    ],
    [
      "two values",
      "DROPCAST_A=1\nB=\nDROPCAST_A=2",
      /^line 3: DROPCAST_A is set in line 1 already/,
    ],
    [
      "a value taken away again",
      "DROPCAST_A=1\nDROPCAST_A=",
      /^line 2: DROPCAST_A is set in line 1/,
    ],
  ])("with %s is refused with its line", (_, text, expected) => {
    const { problems } = read(text);

    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(expected);
  });

  test.each([
    ["never closed", 'B="1\n# rate\nDROPCAST_A=1'],
    ["closed by the next quote", 'B="1\nC=2\nDROPCAST_A=1\nD="4"'],
    ["closed lines later", 'B="1\nC=2\nexport DROPCAST_A="'],
    ["around a name with a slip", "B='1\nC=2\nDROPCSAT_A=1'"],
    ["of a variable of Dropcast", 'DROPCAST_B="1\nC=2\nDROPCAST_A=1"'],
  ])("with a quote before it that is %s is refused with both lines", (_, text) => {
    expect(read(text).problems).toEqual([
      "line 1: has a quote that is not closed in it, so line 3 is not read",
    ]);
  });

  test.each([
    ["UTF-16, as PowerShell writes it", Buffer.from("\ufeffDROPCAST_A=1", "utf16le"), "is UTF-16"],
    [
      "Windows-1250",
      Buffer.from("# \xb3\nDROPCAST_A=1", "latin1"),
      "line 1, column 3: is not UTF-8",
    ],
  ])("in %s is refused", (_, bytes, expected) => {
    const { values, problems } = parseDotEnv(bytes);

    expect(values.size).toBe(0);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(expected);
  });

  test("never shows a value in what it tells", () => {
    const secret = "SeCr3t";
    const lines = ["A=S", "A: S", "A=“S”", 'A="S', "A=S#x", 'A="S"S', "A\u00a0=S"];

    for (const line of lines) {
      const { problems } = read(`DROPCAST_A=1\nDROPCAST_${line.replaceAll("S", secret)}`);

      expect(problems).toHaveLength(1);
      expect(problems.join()).not.toContain(secret);
    }
  });
});
