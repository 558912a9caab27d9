// `npm run screenshots [-- NAME]`: every page of the dashboard, or the one that docs/screens names
// so, at 1200 and at 390 pixels. It starts Dropcast with its sandbox in a folder of its own and
// sends a few invented lists; nothing leaves this machine. Needs Chromium; uses pngquant, if it is
// there.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { chromiumPath } from "./chromium.mjs";
import { crawl } from "./crawl.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const screens = join(root, "docs/screens");
const PASSWORD = "screens-of-the-sandbox";
const WIDTHS = [1200, 390];
const [only] = process.argv.slice(2);
const NAMES = ["Ana", "Piotr", "Inês", "Märta", "Zofia", "Jonas", ""];
/** Mobile prefixes of Poland. */
const PREFIXES = ["50", "51", "53", "57", "60", "66", "69", "72", "73", "78", "79", "88"];
/** A page is cut below this: what matters is at the top. */
const HEIGHT_MAX = 1_800;

const place = mkdtempSync(join(tmpdir(), "dropcast-screens-"));
const [dashboardPort, webhookPort] = await Promise.all([freePort(), freePort()]);
const url = `http://127.0.0.1:${dashboardPort}`;
const env = {
  PATH: process.env.PATH,
  HOME: place,
  TZ: "Europe/Warsaw",
  DROPCAST_DATA_DIR: join(place, "data"),
  DROPCAST_DROPS_DIR: join(place, "drops"),
  DROPCAST_DASHBOARD_PORT: String(dashboardPort),
  DROPCAST_WEBHOOK_PORT: String(webhookPort),
  DROPCAST_DASHBOARD_PASSWORD: PASSWORD,
  DROPCAST_RATE_PER_SECOND: "40",
  DROPCAST_ANSWER_TIMEOUT_SECONDS: "5",
};
const headers = { authorization: `Basic ${Buffer.from(`-:${PASSWORD}`).toString("base64")}` };

const up = spawn(process.execPath, ["bin/dropcast.js", "up", "--sandbox"], {
  cwd: root,
  env,
  stdio: ["ignore", "ignore", "inherit"],
});
const upEnded = new Promise((resolve) => up.once("exit", resolve));
process.once("exit", () => up.kill("SIGKILL"));
try {
  await waitFor("the dashboard", async () => (await fetch(`${url}/readyz`)).ok);
  await seed();
  await photograph();
} finally {
  up.kill("SIGTERM");
  await upEnded;
  rmSync(place, { recursive: true, force: true });
}

/** Campaigns as a week would leave them. */
async function seed() {
  send("Order updates", { people: 60, failing: ["9002", "9012", "9019"], unknown: ["9022"] });
  send("Loyalty points", { people: 40, failing: ["9002"] });
  send("Autumn coats", {
    people: 400,
    extra: "schedule:\n  startAt: 2030-10-01T09:00:00+02:00\n",
  });
  const last = send("Last chance", { people: 800 });
  await waitFor("the small lists", async () =>
    (await waiting()).every(([id, left]) => left === 0 || id === last || left > 100),
  );
  dropcast("pause", last, "--sandbox");
  send("Spring sale", { people: 6_000, failing: ["9002", "9016"] });
  dropcast("suppress", "add", "+48605550100", "--sandbox");
  // A list whose campaign file never comes.
  const inbox = join(place, "drops", "inbox");
  mkdirSync(inbox, { recursive: true });
  writeFileSync(join(inbox, "orphan.csv"), "phone\n+48605550111\n");
  await sleep(20_000);
}

async function waiting() {
  const { campaigns } = await (await fetch(`${url}/api/campaigns`, { headers })).json();
  return campaigns.map(({ id, counts }) => [id, counts.pending + counts.sending]);
}

/**
 * Imports an invented list; each of the endings is a number that the sandbox knows. Returns its id.
 */
function send(name, { people, failing = [], unknown = [], extra = "" }) {
  const file = name.toLowerCase().replaceAll(" ", "-");
  const lines = Array.from({ length: people }, (_, at) => phone(at, failing, unknown));
  writeFileSync(
    join(place, `${file}.csv`),
    `phone,first_name\n${lines.map((to, at) => `${to},${NAMES[at % NAMES.length]}`).join("\n")}\n`,
  );
  writeFileSync(
    join(place, `${file}.yaml`),
    `name: ${name}\ncategory: marketing\n${extra}template:\n  name: ${file.replaceAll("-", "_")}\n  language: { code: en }\n` +
      '  components:\n    - type: body\n      parameters: [{ type: text, text: "{{first_name|there}}" }]\n' +
      '  preview: "Hi {{1}}! It is here, until Sunday."\n',
  );
  const out = dropcast(
    "send",
    join(place, `${file}.yaml`),
    join(place, `${file}.csv`),
    "--sandbox",
    "--yes",
    "--json",
  );
  return JSON.parse(out).id;
}

/** Every tenth person has a number with an outcome of its own, while there are such. */
function phone(at, failing, unknown) {
  const endings = [...failing, ...unknown];
  if (at % 10 === 9 && endings.length > 0 && at / 10 < PREFIXES.length * endings.length) {
    const nth = Math.floor(at / 10);
    return `+48${PREFIXES[nth % PREFIXES.length]}555${endings[Math.floor(nth / PREFIXES.length)]}`;
  }
  return `+4860${(1_000_000 + at).toString()}`;
}

function dropcast(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["bin/dropcast.js", ...args], {
    cwd: root,
    env,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`dropcast ${args.join(" ")}: ${stderr}${stdout}`);
  return stdout;
}

async function photograph() {
  const pages = await crawl(async (path) => {
    const answer = await fetch(url + path, { headers: { ...headers, accept: "text/html" } });
    const type = answer.headers.get("content-type") ?? "";
    return { status: answer.status, type, text: await answer.text() };
  });
  const linked = await pagesBehindActs();
  if (only === undefined) rmSync(screens, { recursive: true, force: true });
  mkdirSync(screens, { recursive: true });
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    args: ["--no-sandbox", "--disable-gpu"],
  });
  for (const width of WIDTHS) {
    const context = await browser.newContext({
      ...{ viewport: { width, height: 800 }, locale: "en-GB", timezoneId: "Europe/Warsaw" },
      extraHTTPHeaders: headers,
    });
    const page = await context.newPage();
    for (const { path } of pages) await photographOne(page, { path, name: nameOf(path), width });
    for (const [name, path] of linked) await photographOne(page, { path, name, width });
    await photographSteps(page, width);
    await context.close();
    const strangers = await browser.newContext({ viewport: { width, height: 800 } });
    await photographOne(await strangers.newPage(), { path: "/sign-in", name: "sign-in", width });
    await strangers.close();
  }
  await browser.close();
  const files = readdirSync(screens).map((name) => join(screens, name));
  spawnSync("pngquant", ["--force", "--ext", ".png", "--skip-if-larger", "64", ...files]);
  console.log("The screens are in docs/screens.");
}

/** Pages to which no link of the others leads: they come after a search or a decision. */
async function pagesBehindActs() {
  const of = async (state) => {
    const answer = await fetch(`${url}/api/campaigns/main-1/messages?state=${state}`, { headers });
    const row = (await answer.json()).messages[0]?.row;
    return row === undefined ? undefined : `/campaigns/main-1/messages/${row}`;
  };
  const [read, unknown] = await Promise.all([of("read"), of("unknown")]);
  const person = /\/people\/[\w-]+/.exec(await (await fetch(url + read, { headers })).text())?.[0];
  const begun = await fetch(`${url}/api/campaigns/main-2/actions`, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json", "idempotency-key": "screens" },
    body: JSON.stringify({ kind: "retry", all: true }),
  });
  return [
    ["message", read],
    ...(unknown === undefined ? [] : [["message-unknown", unknown]]),
    ["campaign-resolve", "/campaigns/main-1/resolve"],
    ["action", `/actions/${(await begun.json()).id}`],
    ...(person === undefined ? [] : [["person", person]]),
  ];
}

/** The steps of a new campaign, with a list and a campaign file of the others. */
async function photographSteps(page, width) {
  await page.goto(`${url}/new`);
  const [list, campaign] = await page.locator('input[type="file"]').all();
  await list.setInputFiles(join(place, "loyalty-points.csv"));
  await campaign.setInputFiles(join(place, "autumn-coats.yaml"));
  await page.locator("main form button.main").last().click();
  await page.waitForURL("**/list");
  const draft = new URL(page.url()).pathname.replace(/\/list$/, "");
  for (const step of ["list", "template", "preview", "check", "test", "start"]) {
    await page.goto(`${url}${draft}/${step}`);
    // The check runs beside its page, which loads itself again until it has ended.
    if (step === "check") await sleep(6_000);
    await photographOne(page, { path: null, name: `new-${step}`, width });
  }
}

async function photographOne(page, { path, name, width }) {
  if (only !== undefined && only !== name) return;
  if (path !== null) await page.goto(url + path);
  await page.waitForFunction(() =>
    [...document.querySelectorAll("[data-chart]")].every((box) => box.querySelector("canvas")),
  );
  const height = await page.evaluate("document.documentElement.scrollHeight");
  const clip = { x: 0, y: 0, width, height: Math.min(HEIGHT_MAX, height) };
  await page.screenshot({ path: join(screens, `${name}-${width}.png`), fullPage: true, clip });
}

/** `/campaigns/main-1/retry?code=1` -> `campaign-retry`. */
function nameOf(path) {
  const name = path
    .replace(/^\/campaigns\/[\w.-]+/, "campaign")
    .replace(/=?[\w-]*\d[\w.-]*/g, "")
    .replace(/\W+/g, "-")
    .replace(/^-+|-+$/g, "");
  return name === "" ? "campaigns" : name;
}

async function waitFor(what, isThere) {
  const until = performance.now() + 120_000;
  for (;;) {
    if (await isThere().catch(() => false)) return;
    if (performance.now() > until) throw new Error(`waited for ${what} in vain`);
    await sleep(250);
  }
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
