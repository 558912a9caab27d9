/**
 * Pages in Chromium: `const { page, faults, go } = await openBrowser(dashboard)`, then at the
 * end `expect(faults).toEqual([])` (console errors, page errors, failed requests, other hosts) and
 * `expect(await findings(page)).toEqual([])` (what axe-core calls serious or critical, as it looks now).
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type Browser, chromium as launcher, type Page } from "playwright-core";
import { afterAll, describe, onTestFinished } from "vitest";
import { chromiumPath } from "../../scripts/chromium.mjs";
import { basic, PASSWORD, SOON, type TestDashboard } from "./support.ts";

const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

let launched: Promise<Browser> | undefined;

/** As `describe`; skipped, saying so, where there is no Chromium. */
export function describeInBrowser(title: string, tests: () => void): void {
  const skipped = chromiumPath === undefined ? " (skipped: no Chromium found)" : "";
  describe.skipIf(chromiumPath === undefined)(`${title}${skipped}`, () => {
    afterAll(async () => {
      const browser = await launched;
      launched = undefined;
      await browser?.close();
    });
    tests();
  });
}

export const PHONE = { width: 390, height: 844 };
export const DESK = { width: 1200, height: 900 };

interface Opening {
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly colorScheme?: "light" | "dark";
  /** Without JavaScript. */
  readonly noScript?: true;
  /** Default: the dashboard's password. Null: none, as a stranger. */
  readonly password?: string | null;
  /** What pages may do without asking: `clipboard-read`. */
  readonly permissions?: string[];
}

/** A page of a new profile; closed when the test ends. */
export async function openBrowser(
  { url }: Pick<TestDashboard, "url">,
  { viewport = DESK, colorScheme = "light", password = PASSWORD, ...more }: Opening = {},
) {
  launched ??= launcher.launch({ executablePath: chromiumPath ?? "", args: ARGS });
  const browser = await launched;
  const context = await browser.newContext({
    ...{ viewport, colorScheme, javaScriptEnabled: more.noScript !== true },
    permissions: more.permissions ?? [],
    // A browser without credentials is shown the sign-in, and is not asked for any.
    ...(password === null ? {} : { extraHTTPHeaders: { authorization: basic(password) } }),
  });
  // Less than a test may take, so that what it waited for in vain is named.
  context.setDefaultTimeout(SOON.timeout);
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const faults: string[] = [];
  watch(page, new URL(url).host, faults);
  return {
    page,
    faults,
    /** Opens a path of the dashboard. */
    go: (path: string) => page.goto(url + path),
  };
}

function watch(page: Page, host: string, faults: string[]): void {
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`page error: ${error.message}`));
  page.on("requestfailed", (request) => {
    const why = request.failure()?.errorText ?? "";
    // The browser ends what a page still loads, its event stream above all, when it is left.
    if (why !== "net::ERR_ABORTED") faults.push(`failed: ${request.url()} ${why}`);
  });
  page.on("request", (request) => {
    const to = new URL(request.url());
    if (to.protocol !== "data:" && to.host !== host) faults.push(`other host: ${request.url()}`);
  });
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe-core finds on the page as it looks now: the rule, and the first place that breaks it. */
export async function findings(page: Page): Promise<string[]> {
  // The devtools' evaluation is not bound by the page's content security policy.
  await page.evaluate(axe);
  return page.evaluate(`axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) =>
    violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => id + ": " + nodes[0].html.slice(0, 200)))`);
}

/** By how many pixels the page is wider than its window. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate(
    "document.documentElement.scrollWidth - document.documentElement.clientWidth",
  );
}
