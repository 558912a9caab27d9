import { expect, test } from "vitest";
import { timeZoneProblem } from "../../src/core/time-zone.ts";

test.each(["Europe/Warsaw", "UTC", "Asia/Calcutta", "America/Argentina/Buenos_Aires"])(
  "%s is a time zone",
  (name) => {
    expect(timeZoneProblem(name)).toBeNull();
  },
);

test.each(["Etc/GMT+1", "etc/gmt-2", "CET", "GMT+1", "+01:00", "Warsaw", "Europe/Warschau"])(
  "%s is refused: its author may mean another clock",
  (name) => {
    expect(timeZoneProblem(name)).toContain("must be the name of a time zone");
  },
);
