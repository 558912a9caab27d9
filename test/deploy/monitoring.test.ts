import { execFile, execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { exposedIn, type Sample, samplesOf } from "../metrics/exposition.ts";
import { readsOf } from "../metrics/promql.ts";
import { createStage, type Stage } from "../support/processes.ts";
import { redisUrl, testNumber } from "../support/redis.ts";
import { manifests, pathOf, ROLES, read, serviceOf, workloadOf } from "./deployment.ts";

const OURS = /^(dropcast|bullmq)_/;
/** Prometheus adds them to what it scrapes. */
const OF_PROMETHEUS = ["instance", "job"];
const ROWS = 5;

let stage: Stage;
let scraped = "";

/** A whole system that has sent a campaign, was told of it, and has all that can be configured. */
beforeAll(async () => {
  const number = testNumber();
  stage = createStage({
    DROPCAST_REDIS_URL: redisUrl(),
    DROPCAST_CONFIG: "numbers.yaml",
    DROPCAST_WEBHOOK_PORT: "0",
    DROPCAST_DASHBOARD_PORT: "0",
    DROPCAST_WEBHOOK_METRICS: "true",
  });
  stage.write(
    "numbers.yaml",
    JSON.stringify({
      numbers: { [number]: { ratePerSecond: 100 } },
      portfolios: { all: { dailyRecipients: 1_000 } },
      webhooksOut: { url: "http://127.0.0.1:1/away", secret: `whsec_${"A".repeat(44)}` },
    }),
  );
  stage.write(
    "sale.yaml",
    JSON.stringify({
      name: "Sale",
      number,
      category: "marketing",
      template: { name: "hello", language: { code: "en_US" }, components: [] },
    }),
  );
  const people = Array.from({ length: ROWS }, (_, row) => `4860100000${row}`);
  stage.write("list.csv", `phone\n${people.join("\n")}\n`);
  const up = await stage.start<{ webhooks: string }>("up", ["up", "--sandbox"]);
  const url = new URL("/metrics", up.ready.webhooks);
  const sent = await stage.run(["send", "sale.yaml", "list.csv", "--sandbox", "--yes"]);
  if (sent.code !== 0) throw new Error(sent.stderr);
  await fetch(up.ready.webhooks, { method: "POST", body: "{}" });
  for (;;) {
    scraped = await (await fetch(url)).text();
    if (isTold(samplesOf(scraped))) return;
    await sleep(200);
  }
});

afterAll(() => stage.close());

/** All of it was delivered, and the part that is cached for some seconds knows of it. */
function isTold(samples: readonly Sample[]): boolean {
  const has = (name: string, label: string, atLeast: number) =>
    samples.some(
      (one) =>
        one.name === name && Object.values(one.labels).includes(label) && one.value >= atLeast,
    );
  return (
    has("dropcast_webhook_statuses_total", "delivered", ROWS) &&
    has("dropcast_messages", "accepted", 0) &&
    has("dropcast_webhooks_out", "delivered", 0)
  );
}

describe("docs/metrics.md", () => {
  test("has every metric of a running system, with its type, labels and help, and no other", () => {
    const documented = [
      ...read("docs/metrics.md").matchAll(/^\| `(\w+)` \| (\w+) \| ([^|]*) \| (.*) \|$/gm),
    ].map(([, name, type, labels = "", help]) => ({
      name,
      type,
      help,
      labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label),
    }));

    const byName = (a: { name?: string | undefined }, b: { name?: string | undefined }) =>
      (a.name ?? "").localeCompare(b.name ?? "");
    expect(documented.toSorted(byName)).toEqual(exposedIn(scraped, OURS).toSorted(byName));
  });
});

const rulesSchema = z.object({
  groups: z.array(
    z.object({
      name: z.string(),
      rules: z.array(
        z.union([
          z.strictObject({ record: z.string(), expr: z.string() }),
          z.strictObject({
            alert: z.string(),
            expr: z.string(),
            for: z.string().optional(),
            labels: z.strictObject({ severity: z.enum(["page", "ticket"]) }),
            annotations: z.strictObject({
              summary: z.string(),
              description: z.string(),
              runbook_url: z.string(),
            }),
          }),
        ]),
      ),
    }),
  ),
});

const rules = rulesSchema
  .parse(parse(read("deploy/monitoring/alerts.yml")))
  .groups.flatMap((group) => group.rules);

const dashboardSchema = z.looseObject({
  schemaVersion: z.number(),
  templating: z.object({ list: z.array(z.looseObject({ name: z.string(), type: z.string() })) }),
  panels: z.array(
    z.looseObject({
      title: z.string(),
      datasource: z.looseObject({ uid: z.string() }).optional(),
      targets: z.array(z.looseObject({ expr: z.string() })).default([]),
    }),
  ),
});

const dashboard = dashboardSchema.parse(JSON.parse(read("deploy/monitoring/dashboard.json")));

/** What an expression reads that a running system does not have. */
function missing(expression: string): string[] {
  const recorded: Sample[] = rules.flatMap((rule) =>
    "record" in rule ? [{ name: rule.record, labels: { number: "" }, value: 0 }] : [],
  );
  const samples = [...samplesOf(scraped), ...recorded];
  const { metrics, groups } = readsOf(expression);
  const known = new Set(OF_PROMETHEUS);
  const unknown = metrics.flatMap(({ name, labels }) => {
    const own = samples.filter((one) => one.name === name);
    if (own.length === 0) return [name];
    for (const one of own) for (const label of Object.keys(one.labels)) known.add(label);
    return labels.flatMap(({ name: label, values }) => {
      if (!own.some((one) => label in one.labels)) return [`${name}{${label}}`];
      return values
        .filter((value) => !own.some((one) => one.labels[label] === value))
        .map((value) => `${name}{${label}="${value}"}`);
    });
  });
  return [...unknown, ...groups.filter((label) => !known.has(label))];
}

describe("deploy/monitoring/alerts.yml", () => {
  test("reads only metrics, labels and values that a running system has", () => {
    expect(rules.flatMap(({ expr }) => missing(expr))).toEqual([]);
    expect(missing('sum by (campaign) (dropcast_posts_total{result="sent"})')).toEqual([
      'dropcast_posts_total{result="sent"}',
      "campaign",
    ]);
  });

  test("each alert leads to a section of the runbooks", () => {
    const sections = [...read("docs/runbooks.md").matchAll(/^## (\w+)$/gm)].map(
      ([, code]) => `docs/runbooks.md#${code}`,
    );
    const leads = rules.flatMap((rule) => ("alert" in rule ? [rule.annotations.runbook_url] : []));

    expect(leads.length).toBeGreaterThan(10);
    expect(leads.filter((lead) => !sections.includes(lead))).toEqual([]);
  });
});

describe("deploy/monitoring/dashboard.json", () => {
  const queries = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

  test("reads only metrics, labels and values that a running system has", () => {
    expect(queries.length).toBeGreaterThan(20);
    expect(queries.flatMap(missing)).toEqual([]);
  });

  test("takes its data source from a variable", () => {
    const sources = new Set(
      dashboard.panels.flatMap(({ datasource }) => (datasource ? [datasource.uid] : [])),
    );

    expect([...sources]).toEqual([`\${DS}`]);
    expect(dashboard.templating.list[0]).toMatchObject({ name: "DS", type: "datasource" });
  });
});

const templateSchema = z.looseObject({
  spec: z.looseObject({
    template: z.looseObject({
      metadata: z.object({
        labels: z.record(z.string(), z.string()),
        annotations: z.record(z.string(), z.string()).default({}),
      }),
    }),
  }),
});

describe("what is scraped", () => {
  test("is every pod of a role, by annotation and by pod monitor, and no pod of Redis", () => {
    const monitor = z
      .looseObject({
        spec: z.object({
          selector: z.object({ matchLabels: z.record(z.string(), z.string()) }),
          podMetricsEndpoints: z.array(z.looseObject({ port: z.string() })),
        }),
      })
      .parse(parse(read("deploy/monitoring/podmonitor.yaml"))).spec;
    const pods = manifests
      .filter(({ kind }) => kind === "Deployment" || kind === "StatefulSet")
      .map((manifest) => {
        const { name } = manifest.metadata;
        const { labels, annotations } = templateSchema.parse(manifest).spec.template.metadata;
        const isMeant = Object.entries(monitor.selector.matchLabels).every(
          ([label, value]) => labels[label] === value,
        );
        return { name, isMeant, port: annotations["prometheus.io/port"] };
      });
    const ports = ROLES.map((role) => workloadOf(role).container.ports);

    expect(
      pods
        .filter(({ isMeant }) => isMeant)
        .map(({ name }) => name)
        .sort(),
    ).toEqual([...ROLES].sort());
    for (const { isMeant, port } of pods) expect(port).toBe(isMeant ? "9090" : undefined);
    const [endpoint] = monitor.podMetricsEndpoints;
    for (const own of ports) {
      expect(own).toContainEqual({ name: endpoint?.port, containerPort: 9090 });
    }
  });

  test("in compose is every role by its name, at the port that it serves metrics on", () => {
    const [job] = z
      .looseObject({
        scrape_configs: z.array(
          z.object({
            job_name: z.string(),
            dns_sd_configs: z.tuple([
              z.object({ names: z.array(z.string()), type: z.string(), port: z.number() }),
            ]),
          }),
        ),
      })
      .parse(parse(read("deploy/monitoring/prometheus.yml"))).scrape_configs;
    const found = job?.dns_sd_configs[0];

    expect(found?.names.toSorted()).toEqual([...ROLES].sort());
    for (const role of ROLES) {
      expect(serviceOf(role).environment["DROPCAST_METRICS_PORT"]).toBe(String(found?.port));
    }
  });
});

/** Prometheus's own check, where it is installed. */
const promtool = process.env["DROPCAST_TEST_PROMTOOL"] ?? findPromtool();

describe(
  promtool === null
    ? "promtool (skipped: it is neither on PATH nor named by DROPCAST_TEST_PROMTOOL)"
    : "promtool",
  () => {
    test.skipIf(promtool === null)("accepts the rules, and their own tests pass", async () => {
      const folder = pathOf("deploy/monitoring");
      await run(promtool ?? "", ["check", "rules", `${folder}/alerts.yml`]);
      await run(promtool ?? "", ["test", "rules", `${folder}/alerts.test.yml`]);
      await run(promtool ?? "", ["check", "config", `${folder}/prometheus.yml`]);
    });

    test.skipIf(promtool === null)(
      "finds nothing wrong with the names of our metrics",
      async () => {
        const ours = exposedIn(scraped, /^dropcast_/);
        const text = scraped
          .split("\n")
          .filter((line) => ours.some(({ name }) => line.includes(name)))
          .join("\n");
        expect(await run(promtool ?? "", ["check", "metrics"], `${text}\n`)).toBe("");
      },
    );
  },
);

function findPromtool(): string | null {
  try {
    return execFileSync("which", ["promtool"], { encoding: "utf8" }).trim();
  } catch {
    return null;
  }
}

/** Its output; rejects with it if it fails. */
function run(file: string, args: readonly string[], input = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(file, args, (error, stdout, stderr) => {
      if (error === null) resolve(args[1] === "metrics" ? stderr : stdout);
      else reject(new Error(`${stdout}${stderr}`));
    });
    child.stdin?.end(input);
  });
}
