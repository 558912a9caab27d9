import { expect, test } from "vitest";
import type { Json } from "../../../src/core/json.ts";
import { checkText } from "./check-text.ts";

test("amounts of a list go out as numbers, and a row with another amount is rejected", async () => {
  const currency = { fallback_value: "{{price}}", code: "EUR", amount_1000: "{{amount}}" };
  const checked = await checkText(
    "phone,price,amount\n+48600107000,12.99 EUR,12990\n+48600107001,12 EUR,12 EUR\n",
    {
      components: [{ type: "body", parameters: [{ type: "currency", currency }] }],
      recipients: { maxRejected: 0.5 },
    },
  );

  expect(checked.report).toMatchObject({
    ok: 1,
    rejected: 1,
    problems: [{ code: "value_not_whole", lines: [3], columns: [{ column: "amount", count: 1 }] }],
  });
  expect(JSON.stringify(checked.report.samples[0]?.body)).toContain('"amount_1000":12990');
});

test("a coupon code that WhatsApp may refuse is told with its line, and rejected when strict", async () => {
  const parameters = [{ type: "coupon_code", coupon_code: "{{code}}" }];
  const components: Json[] = [{ type: "button", sub_type: "copy_code", index: "0", parameters }];
  const list = "phone,code\n+48600107000,1234567890123456ABC\n+48600107001,SALE25\n";

  const told = await checkText(list, { components });
  const strict = await checkText(list, {
    components,
    recipients: { strictValues: true, maxRejected: 0.5 },
  });

  expect(told.report).toMatchObject({
    ok: 2,
    warnings: [{ code: "value_coupon", count: 1, lines: [2] }],
  });
  expect(told.report.warnings[0]?.reason).toContain("(code)");
  expect(strict.report).toMatchObject({ ok: 1, problems: [{ code: "value_coupon", lines: [2] }] });
});
