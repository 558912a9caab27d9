import { expect, it } from "vitest";
import { checkText, sampleTexts } from "./check-text.ts";

/** A list of one name a row, each with a phone of its own. */
function named(...names: string[]): string {
  const rows = names.map((name, at) => `4860010400${at + 1},"${name.replaceAll('"', '""')}"`);
  return `phone,name\n${rows.join("\n")}\n`;
}

it("the guards of spreadsheets come off values as they do off phones", async () => {
  const list =
    'phone,name\n="48600104001",="00123"\n="48600104002",="Bob"\n\'48600104003,\'00123\n';

  const checked = await checkText(list);

  expect(checked).toMatchObject({ ok: true, report: { ok: 3, warnings: [] } });
  expect(sampleTexts(checked)).toEqual([["00123"], ["Bob"], ["00123"]]);
});

it("what a spreadsheet or a program wrote for no value is told with its lines, and sent", async () => {
  const { report } = await checkText(
    named("#N/A", "#REF!", "NULL", "########", "1.23457E+12", '=A1&"x"', "Jos&eacute;", "Ann"),
  );

  expect(report).toMatchObject({ ok: 8, rejected: 0 });
  expect(report.warnings).toMatchObject([
    { code: "value_formula", count: 1, lines: [7] },
    { code: "value_spreadsheet", count: 4, lines: [2, 3, 5] },
    { code: "value_placeholder", count: 1, lines: [4] },
    { code: "value_escaped", count: 1, lines: [8] },
  ]);
  expect(report.warnings[1]?.reason).toContain("(name)");
});

it("with strictValues they reject their rows, which count towards maxRejected", async () => {
  const list = named("#N/A", "NULL", "Ann", "Ben", "Cem", "Dan");

  const strict = await checkText(list, { recipients: { strictValues: true, maxRejected: 0.4 } });
  const refused = await checkText(list, { recipients: { strictValues: true } });

  expect(strict.report).toMatchObject({
    ok: 4,
    rejected: 2,
    warnings: [],
    problems: [
      { code: "value_spreadsheet", lines: [2] },
      { code: "value_placeholder", lines: [3] },
    ],
  });
  expect(refused).toMatchObject({ ok: false, refusal: { code: "list_too_many_rejected" } });
});

it("letters that were lost or garbled before reject their rows, where the template uses them", async () => {
  const list =
    "phone,name,note\n48600104001,Ma\ufffda,x\n48600104002,JosÃ©,x\n48600104003,PaweĹ‚,x\n" +
    "48600104004,Ann,JosÃ©\n48600104005,Zoë,x\n";

  const { report } = await checkText(list, { recipients: { maxRejected: 1 } });

  expect(report).toMatchObject({
    ok: 2,
    rejected: 3,
    problems: [
      { code: "value_garbled", lines: [3, 4] },
      { code: "value_letters_lost", lines: [2] },
    ],
  });
});

it("a row with two doubtful values counts once, and both columns are named", async () => {
  const list = "phone,a,b\n48600104001,#N/A,#N/A\n48600104002,x,#N/A\n";

  const { report } = await checkText(list, { texts: ["{{a}}", "{{b}}"] });

  expect(report.warnings).toMatchObject([{ code: "value_spreadsheet", count: 2, lines: [2, 3] }]);
  expect(report.warnings[0]?.reason).toContain("(a, b)");
});

it("doubtful values that the template does not use are nobody's concern", async () => {
  const { report } = await checkText(named("#N/A"), {
    texts: ["fixed"],
    recipients: { strictValues: true },
  });

  expect(report).toMatchObject({ ok: 1, warnings: [] });
});

it("a cell that shows nothing is empty, and control characters reject the row", async () => {
  const list = named("\u3164", "\u200b\u2800", "An\u0000na", "An\u202ena", "Ann");

  const fallback = await checkText(list, {
    texts: ["{{name|there}}"],
    recipients: { maxRejected: 1 },
  });
  const required = await checkText(list, { recipients: { maxRejected: 1 } });

  expect(sampleTexts(fallback)).toEqual([["there"], ["there"], ["Ann"]]);
  expect(fallback.report.problems).toMatchObject([
    { code: "value_control", lines: [4] },
    { code: "value_bidi", lines: [5] },
  ]);
  expect(required.report.problems[0]).toMatchObject({ code: "value_empty", lines: [2, 3] });
});

it("the preview shows what is sent", async () => {
  const list = 'phone,name\n48600104001,="00123"\n48600104002,\u3164\n';
  const { report } = await checkText(list, {
    texts: ["{{name|there}}"],
    preview: "Hi {{1}}!",
  });

  expect(report.samples.map(({ preview }) => preview)).toEqual(["Hi 00123!", "Hi there!"]);
});

it("a row may end before columns that nothing uses, and not before one that is used", async () => {
  const list = "name,phone,city,note\nAnn,48600104001\nBen,48600104002,Lodz\nCem\n,,,x\n";

  const { report } = await checkText(list, { recipients: { maxRejected: 1 } });
  const city = await checkText(list, { texts: ["{{city|here}}"], recipients: { maxRejected: 1 } });

  expect(report).toMatchObject({ ok: 2, problems: [{ lines: [4] }, { code: "phone_missing" }] });
  expect(report.problems[0]?.code).toBe("row_columns");
  expect(city.report).toMatchObject({
    ok: 1,
    problems: [{ code: "row_columns", lines: [2, 4] }, {}],
  });
});

it("a name that the list has twice is refused where it is used, with both places", async () => {
  const list = "name,phone,Email,EMAIL\nAnn,48600104001,a,b\n";
  const used = await checkText(list, { texts: ["{{email}}"] });
  const phone = await checkText("a,whom,whom\nx,+48600104001,\n");
  const named = await checkText(list, { recipients: { to: "email" } });

  for (const refused of [used, phone, named]) {
    expect(refused).toMatchObject({ ok: false, refusal: { code: "header_name_twice" } });
  }
  if (!used.ok) expect(used.refusal.message).toContain("columns 3 and 4");
});

it("2,000 columns are read, and of 2,001 the line is told", async () => {
  const list = (columns: number) => {
    const names = Array.from({ length: columns - 2 }, (_, at) => `p${at}`);
    const cells = names.map((_, at) => (at % 3 === 0 ? String(5_000_000 + at) : ""));
    const rows = Array.from({ length: 20 }, (_, at) => ["Ann", `486001040${at + 10}`, ...cells]);
    return [["name", "phone", ...names], ...rows].map((row) => row.join(",")).join("\n");
  };

  const wide = await checkText(list(2_000));
  const wider = await checkText(list(2_001));

  expect(wide).toMatchObject({ ok: true, report: { ok: 20, phoneColumn: "phone" } });
  expect(wider).toMatchObject({ ok: false, refusal: { code: "list_too_many_columns" } });
});
