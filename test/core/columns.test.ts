import { expect, test } from "vitest";
import { findColumns, foldColumnName } from "../../src/core/columns.ts";

test.each([
  ["First Name", "first name"],
  ["First\u00a0Name", "first  name "],
  ["\ufeffphone", "PHONE\u200b"],
  ["imię", "IMIĘ"],
  ["étage", "e\u0301TAGE"],
  ["Straße", "STRASSE"],
  ["İsim", "isim"],
  ["ILGAZ", "ılgaz"],
])("%j and %j are one column", (one, other) => {
  expect(foldColumnName(one)).toBe(foldColumnName(other));
});

test.each([
  ["first name", "first_name"],
  ["name", "nàme"],
  ["a", ""],
])("%j and %j are two", (one, other) => {
  expect(foldColumnName(one)).not.toBe(foldColumnName(other));
});

test.each(["phone,name", "phone^name"])(
  "a list whose lines are not split is told as that: %s",
  (header) => {
    expect(findColumns(["name"], [header])).toMatchObject({
      refusal: {
        code: "template_column_missing",
        message: expect.stringContaining("not split into cells"),
      },
    });
  },
);

test.each(["Phone: mobile", "phone  number", "phone      name"])(
  "a list with one column is told to add the missing one, and what else it may be: %s",
  (header) => {
    expect(findColumns(["first_name"], [header])).toMatchObject({
      refusal: {
        code: "template_column_missing",
        message: expect.stringContaining("{{first_name}}, which the list does not have"),
        fix: expect.stringMatching(/add the column to the list\. If its lines are not split/),
      },
    });
  },
);
