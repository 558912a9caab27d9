import { expect, test } from "vitest";
import { instantAt } from "../../src/time/local-time.ts";

test("a local time has the offset of its zone on that day", () => {
  expect(instantAt("2026-12-01T09:00", "Europe/Warsaw")).toBe("2026-12-01T09:00:00+01:00");
  expect(instantAt("2026-07-01T09:00", "Europe/Warsaw")).toBe("2026-07-01T09:00:00+02:00");
});

test.each([
  ["that is left out in spring", "2026-03-29T02:30", "Europe/Warsaw"],
  ["that comes twice in autumn", "2026-10-25T02:30", "Europe/Warsaw"],
  ["of a day that does not exist", "2026-02-30T09:00", "Europe/Warsaw"],
  ["in a zone that is not known", "2026-12-01T09:00", "Europe/Warsawa"],
  ["that is none", "tomorrow", "Europe/Warsaw"],
])("a time %s is no instant", (_, local, zone) => {
  expect(instantAt(local, zone)).toBeNull();
});
