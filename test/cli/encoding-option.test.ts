import { expect, it } from "vitest";
import { encodingOption } from "../../src/cli/encoding-option.ts";

it("--encoding takes the names people use, and none means none", () => {
  expect(encodingOption({ encoding: "cp1250" })).toEqual({ ok: true, value: "windows-1250" });
  expect(encodingOption({})).toEqual({ ok: true, value: null });
});

it("--encoding with an unknown name is wrong usage, with the nearest one", () => {
  const refused = encodingOption({ encoding: "windows-125" });

  expect(refused).toMatchObject({ ok: false, refusal: { code: "usage" } });
  if (!refused.ok) expect(refused.refusal.message).toContain("did you mean");
});

it("--encoding ansi, which is another one on each machine, is refused with those it may be", () => {
  expect(encodingOption({ encoding: "ANSI" })).toMatchObject({
    refusal: {
      code: "usage",
      message: expect.stringMatching(/windows-1250 .*windows-1251 .*windows-1252 .*Leave .* out/),
    },
  });
});
