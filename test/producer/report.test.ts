import { expect, it } from "vitest";
import { emptyReport, withoutPhones } from "../../src/producer/report.ts";

it("a report that is kept has no phone, not even where the template or the preview writes it", () => {
  const parameters = [
    { type: "text", text: "(+48) 600-111-222" },
    { type: "text", text: "Ana 12" },
  ];
  const template = { name: "t", components: [{ type: "body", parameters }] };
  const sample = { line: 2, body: { to: "48600111222", template }, preview: "Call 600 111 222!" };

  const { samples } = withoutPhones({ ...emptyReport("list.csv"), samples: [sample] });

  expect(samples[0]?.body.to).toBe("48******22");
  expect(JSON.stringify(samples)).not.toMatch(/600.?111.?222/);
  expect(JSON.stringify(samples)).toContain("Ana 12");
  expect(samples[0]?.preview).toMatch(/^Call \*+!$/);
});
