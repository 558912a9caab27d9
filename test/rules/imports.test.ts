import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

/**
 * What the producer is made of, each from what stands before it, types included: from bytes to rows,
 * to what becomes of them, to the door that everything else comes in by.
 */
const PRODUCER: readonly string[] = [
  ...["list", "phones", "columns", "rejects", "check", "preflight", "sink"],
  ...[
    "request.ts",
    "report.ts",
    "suppressions",
    "import",
    "correct",
    "test-message.ts",
    "preview-people.ts",
    "import-file.ts",
    "drop",
  ],
  "recurring",
];

/**
 * The files of each part that other parts may import: its doors. The files of `core` are not listed,
 * because each of them is one.
 */
const DOORS: Readonly<Record<string, readonly string[]>> = {
  access: ["guesses", "oidc", "passwords", "sessions", "sign-in", "tokens", "users"],
  api: ["access", "answer", "api", "phone-forms", "seats"],
  app: [
    "backup",
    "lists",
    "notices",
    "platform",
    "reload",
    "roles",
    "serving",
    "spaces",
    "test-sender",
  ],
  backup: ["backup-file", "backup-key", "make-backup", "restore-backup"],
  campaigns: [
    "pools/listed",
    "pools/move",
    "pools/standing",
    ...["action-json", "action-words", "actions", "begin-action"],
    ...[
      "act-words",
      "approve",
      "audit",
      "audited",
      "budget",
      "campaign-view",
      "condition-facts",
      "condition-short",
      "control",
      "done-at",
      "drops",
      "find",
      "found-in-answer",
      "listing",
      "opt-outs",
      "overview",
      "pace-now",
      "rate",
      "recovery",
      "recurring",
    ],
    ...["refusals", "resolve", "retry", "said", "settle-test", "stops", "tabs", "test-message"],
    ...["timeline", "waits-for", "webhook-troubles"],
    ...["person-messages", "search"],
  ],
  config: [
    "access",
    ...["addresses", "api-mode", "campaign-file", "client-address", "config", "environment"],
    ...["campaign-text", "find-number", "portfolios", "public-address", "settings"],
  ],
  dashboard: ["password", "server"],
  export: [
    ...[
      "campaign-json",
      "access-json",
      "audit-csv",
      "number-words",
      "campaign-words",
      "endpoint-words",
      "export-rows",
      "row-facts",
      "row-words",
      "opt-out-words",
      "opt-outs",
    ],
    ...["silence-words", "pause-words", "stall-words"],
    ...["message-json", "message-timeline", "message-words", "person-words"],
  ],
  files: ["below", "whole-file"],
  health: [
    ...["topology", "check", "facts", "health", "number-facts-words", "redis", "runbook"],
    ...["survey", "survey-words"],
  ],
  http: ["answer-problem", "health", "listen", "probes", "problem", "throttle"],
  livechat: ["client"],
  mcp: ["api-client", "server"],
  metrics: ["deployment", "metrics", "process-metrics"],
  notices: ["body", "event", "notifier", "post"],
  privacy: ["erase", "erase-act"],
  producer: [
    ...[
      "drop/files",
      "drop/folder",
      "drop/mode",
      "drop/note-drop",
      "drop/probe",
      "drop/survey",
      "drop/tell",
    ],
    "import-file",
    "import/known-pool",
    "import/pool-sink",
    ...["import/store-rows", "phones/number-style", "phones/phone-reader", "preflight/countries"],
    ...["check/inspect-list", "preflight/preflight", "preview-people"],
    ...["preflight/estimate", "preflight/warnings", "preflight/window-report", "report"],
    ...[
      "recurring/addresses",
      "recurring/files",
      "recurring/newest",
      "recurring/recurring",
      "recurring/timing",
      "rejects/stored",
    ],
    ...[
      "request",
      "sink/sink",
      "suppressions/import-entries",
      "suppressions/paste",
      "suppressions/read-file",
      "test-message",
    ],
  ],
  queue: [
    ...["failed-queue", "in-time", "job-counts", "number-queues", "queues", "shared-backend"],
  ],
  redis: [
    "find-binary",
    ...["aof", "connections", "data-folder", "embedded", "outage", "permissions"],
    ...["process-identity", "safety", "server", "survey", "watches", "wrong-topology"],
  ],
  sandbox: ["knobs", "magic", "options", "sandbox"],
  store: ["index"],
  telemetry: [
    "count-sending",
    "log-sending",
    "observe-webhooks",
    "sparing",
    "trace-import",
    "trace-sending",
    "tracing",
  ],
  time: ["due-times", "forecast", "local-time", "places", "row-hours", "send-times"],
  webhooks: ["server"],
  worker: ["flight", "number-parts", "observer", "pool-chore", "send-one", "worker"],
};

/** Packages that belong to one concern, and the parts that have it. Any part may use the others. */
const PACKAGE_HOMES: Readonly<Record<string, readonly string[]>> = {
  "age-encryption": ["backup"],
  bullmq: ["queue", "worker", "dashboard"],
  "close-with-grace": ["cli"],
  commander: ["cli"],
  "csv-parse": ["producer"],
  croner: ["time"],
  "csv-stringify": ["producer", "export"],
  "@hono/zod-openapi": ["api"],
  hono: ["api", "dashboard"],
  "iconv-lite": ["producer"],
  ioredis: [
    ...[
      "backup",
      "redis",
      "store",
      "queue",
      "worker",
      "dashboard",
      "privacy",
      "health",
      "metrics",
      "app",
    ],
  ],
  "libphonenumber-js": ["producer", "config"],
  "@modelcontextprotocol/server": ["mcp"],
  "@opentelemetry/api": ["telemetry"],
  oauth4webapi: ["access"],
  "prom-client": ["metrics"],
  standardwebhooks: ["webhooks", "notices"],
  undici: ["livechat", "notices", "producer", "sandbox"],
  yaml: ["config"],
};

/** core/ is pure: its functions give the same answer whenever and wherever they are asked. */
const IMPURE = /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(|\bprocess\.|\bMath\.random\(/;

const FILE_LINES_MAX = 300;

const architecture = readFileSync(new URL("../../ARCHITECTURE.md", import.meta.url), "utf8");

/**
 * What each part of src/ imports from other parts, by the table in ARCHITECTURE.md. A part is a
 * folder, or a file that lies in src/ itself. A new edge is a decision to be made there first.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  [...architecture.matchAll(/^\| `([\w.-]+)` \| ([\w., -]+) \| [^|]+ \|$/gm)].map(
    ([, part = "", imports = ""]) => [part, imports === "-" ? [] : imports.split(", ")],
  ),
);

const root = fileURLToPath(new URL("../../src/", import.meta.url));

const files = readdirSync(root, { recursive: true, encoding: "utf8" })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => path.endsWith(".ts"))
  .sort();

const texts = new Map(files.map((path) => [path, readFileSync(join(root, path), "utf8")]));

interface Edge {
  readonly from: string;
  /** A file of src/, or a package as it is written. */
  readonly to: string;
  readonly kind: "file" | "package";
}

const IMPORT =
  /^(?:import|export)\s[^"';]*?\bfrom\s+"([^"]+)"|^import\s+"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)/gm;

const edges: readonly Edge[] = files.flatMap((from) =>
  [...(texts.get(from) ?? "").matchAll(IMPORT)].map(([, named, bare, dynamic]) => {
    const to = named ?? bare ?? dynamic ?? "";
    return to.startsWith(".")
      ? { from, to: normalize(join(dirname(from), to)), kind: "file" as const }
      : { from, to, kind: "package" as const };
  }),
);

function partOf(path: string): string {
  return path.split("/", 1)[0] ?? path;
}

/** `@scope/name/sub` -> `@scope/name`. */
function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

describe("imports of src/", () => {
  test("every part is in the matrix, and the matrix names no part that is gone", () => {
    const parts = new Set(files.map(partOf));

    expect([...parts].filter((part) => MAY_IMPORT[part] === undefined)).toEqual([]);
    expect(Object.keys(MAY_IMPORT).filter((part) => !parts.has(part))).toEqual([]);
  });

  test("every relative import leads to a file, with its extension", () => {
    const dangling = edges
      .filter(({ kind, to }) => kind === "file" && !existsSync(join(root, to)))
      .map(({ from, to }) => `${from} imports ${to}, which is not there`);

    expect(dangling).toEqual([]);
  });

  test("a part imports only what the matrix allows", () => {
    const forbidden = edges
      .filter(({ kind, from, to }) => kind === "file" && partOf(from) !== partOf(to))
      .filter(({ from, to }) => !MAY_IMPORT[partOf(from)]?.includes(partOf(to)))
      .map(({ from, to }) => `${from} imports ${to}: ${partOf(from)} may not use ${partOf(to)}`);

    expect(forbidden).toEqual([]);
  });

  test("a part uses all that the matrix allows", () => {
    const used = new Set(edges.map(({ from, to }) => `${partOf(from)} imports ${partOf(to)}`));
    const allowed = Object.entries(MAY_IMPORT).flatMap(([part, imports]) =>
      imports.map((other) => `${part} imports ${other}`),
    );

    expect(allowed.filter((edge) => !used.has(edge))).toEqual([]);
  });

  test("a part is entered by its doors, and has none that is not used", () => {
    const entered = edges
      .filter(({ kind, from, to }) => kind === "file" && partOf(from) !== partOf(to))
      .map(({ to }) => to)
      .filter((to) => to.includes("/") && partOf(to) !== "core");
    const doors = Object.entries(DOORS).flatMap(([part, names]) =>
      names.map((name) => `${part}/${name}.ts`),
    );

    expect([...new Set(entered)].sort()).toEqual(doors.sort());
  });

  test("no file of the store goes out by its door to come in again", () => {
    const back = edges
      .filter(({ from, to }) => partOf(from) === "store" && to === "store/index.ts")
      .map(({ from }) => `${from} imports the door from inside`);

    expect(back).toEqual([]);
  });

  test("producer, worker, webhooks and dashboard never meet", () => {
    const roles = ["producer", "worker", "webhooks", "dashboard"];

    const allowed = roles.flatMap((role) =>
      roles.filter((other) => other !== role && MAY_IMPORT[role]?.includes(other)),
    );

    expect(allowed).toEqual([]);
  });

  test("only the command line imports the composition root", () => {
    const users = edges.filter(({ from, to }) => partOf(to) === "app" && partOf(from) !== "app");

    expect(new Set(users.map(({ from }) => partOf(from)))).toEqual(new Set(["cli"]));
  });

  test("core imports zod and itself, and nothing with a clock, a file or a socket", () => {
    const outside = edges
      .filter(({ from, kind }) => partOf(from) === "core" && kind === "package")
      .filter(({ to }) => packageOf(to) !== "zod")
      .map(({ from, to }) => `${from} imports ${to}`);
    const impure = files
      .filter((path) => partOf(path) === "core" && IMPURE.test(texts.get(path) ?? ""))
      .map((path) => `${path} reads a clock, chance or the process`);

    expect([...outside, ...impure]).toEqual([]);
  });

  test("a package is imported only where its concern lives", () => {
    const strays = edges
      .filter(({ kind }) => kind === "package")
      .filter(({ from, to }) => PACKAGE_HOMES[packageOf(to)]?.includes(partOf(from)) === false)
      .map(
        ({ from, to }) =>
          `${from} imports ${to}: it belongs to ${(PACKAGE_HOMES[packageOf(to)] ?? []).join(", ")}`,
      );

    expect(strays).toEqual([]);
  });

  test("in the producer nothing points back, and corrections and the import lie side by side", () => {
    const own = edges.filter(({ from, to }) => isProducer(from) && isProducer(to));
    const back = own
      .map((edge) => ({ ...edge, places: [roomOf(edge.from), roomOf(edge.to)] as const }))
      .filter(({ places: [from, to] }) => from !== to && placeOf(from) <= placeOf(to))
      .map(({ from, to }) => `${from} imports ${to}`);
    const beside = own.filter(
      ({ from, to }) => roomOf(from) === "correct" && roomOf(to) === "import",
    );

    expect([...new Set(own.map(({ from }) => roomOf(from)))].filter(isUnknown)).toEqual([]);
    expect(back).toEqual([]);
    expect(beside).toEqual([]);
  });

  test("no file is reached from itself by way of its imports", () => {
    expect(findCycle()).toBeUndefined();
  });

  test("only store/ names a key of Redis", () => {
    const naming = files
      .filter((path) => partOf(path) !== "store")
      .filter((path) => /dropcast:\{/.test(texts.get(path) ?? ""))
      .map((path) => `${path} names a key of Redis: ask the store instead`);

    expect(naming).toEqual([]);
  });

  test(`no file is longer than ${FILE_LINES_MAX} lines`, () => {
    const long = files
      .map((path) => ({ path, lines: (texts.get(path) ?? "").split("\n").length - 1 }))
      .filter(({ lines }) => lines > FILE_LINES_MAX)
      .map(({ path, lines }) => `${path} has ${lines} lines`);

    expect(long).toEqual([]);
  });
});

function isProducer(path: string): boolean {
  return path.startsWith("producer/");
}

function roomOf(path: string): string {
  return path.split("/")[1] ?? "";
}

function placeOf(room: string): number {
  return PRODUCER.indexOf(room);
}

function isUnknown(room: string): boolean {
  return placeOf(room) === -1;
}

/** The files of one cycle in their order, or undefined. Types count: who reads has to follow them. */
function findCycle(): string[] | undefined {
  const next = new Map<string, string[]>();
  for (const { from, to, kind } of edges) {
    if (kind === "file") next.set(from, [...(next.get(from) ?? []), to]);
  }
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] | undefined => {
    if (done.has(file)) return undefined;
    const at = path.indexOf(file);
    if (at >= 0) return [...path.slice(at), file];
    path.push(file);
    for (const each of next.get(file) ?? []) {
      const cycle = visit(each);
      if (cycle !== undefined) return cycle;
    }
    path.pop();
    done.add(file);
    return undefined;
  };
  for (const file of files) {
    const cycle = visit(file);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
