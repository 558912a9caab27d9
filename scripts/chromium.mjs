import { existsSync } from "node:fs";

/** The shell is Chromium without its windows: the same pages, for half of the processor's time. */
const PATHS = [
  "/usr/bin/chromium-headless-shell",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];

export const chromiumPath = [process.env.DROPCAST_TEST_CHROMIUM ?? "", ...PATHS].find((path) =>
  existsSync(path),
);
