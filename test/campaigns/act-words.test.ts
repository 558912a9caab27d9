import { expect, it } from "vitest";
import { actWords } from "../../src/campaigns/act-words.ts";
import type { ActLine } from "../../src/core/act.ts";

const line: Omit<ActLine, "details"> = {
  ...{ id: "1-0", at: 0, who: "anna", via: "HTTP API", from: "-", code: null },
  ...{ what: "resume", campaigns: ["main-17"], result: "done" },
};

it.each(["suspensionLifted", "haltLifted"])(
  "a lifted suspension is called so, kept as %s",
  (name) => {
    const words = actWords({ ...line, details: { status: "running", [name]: true } });

    expect(words).toBe("resume main-17 (status running; suspension lifted true)");
  },
);
