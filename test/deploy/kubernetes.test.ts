import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { COMMAND_NAMES } from "../../src/cli/commands.ts";
import { SECRETS, VARIABLES } from "../../src/config/variables.ts";
import { timings } from "../../src/core/timings.ts";
import {
  exampleOfSecret,
  manifestOf,
  manifests,
  pathOf,
  podEnvironment,
  ROLES,
  read,
  workloadOf,
} from "./deployment.ts";
import { filesOf, type Manifest } from "./kustomize.ts";
import { OVERLAYS, REDIS, variants } from "./overlays.ts";
import { minReplicasOf, podsOf, selectorSchema, selects, specsOf, templateSchema } from "./pods.ts";

const STOP_MARGIN_MS = 5_000;
const WORKLOADS = ["Deployment", "StatefulSet"];
describe("deploy/kubernetes", () => {
  test("has no file that no kustomization reads, but for the example of the secret", () => {
    const root = pathOf("deploy/kubernetes");
    const all = readdirSync(root, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".yaml"))
      .map((file) => `${root}/${file}`);
    const components = readdirSync(`${root}/components`).map((name) => `components/${name}`);
    const overlays = OVERLAYS.map((name) => `overlays/${name}`);

    const folders = [".", ...overlays, ...components];
    const used = new Set(folders.flatMap((folder) => filesOf(`${root}/${folder}`)));

    const unused = all.filter(
      (file) => !used.has(file) && !used.has(file.replace(root, `${root}/.`)),
    );
    expect(unused).toEqual([`${root}/secret.example.yaml`]);
  });

  test("by itself it is the overlay with one Redis", () => {
    expect(manifests).toEqual(variants.find(({ name }) => name === "single")?.manifests);
  });

  test("each overlay offers every component", () => {
    const components = readdirSync(pathOf("deploy/kubernetes/components")).sort();
    for (const overlay of OVERLAYS) {
      const text = read(`deploy/kubernetes/overlays/${overlay}/kustomization.yaml`);
      const offered = [...text.matchAll(/^# {3}- \.\.\/\.\.\/components\/(\S+)$/gm)];
      expect(offered.map(([, name = ""]) => name).sort()).toEqual(components);
    }
  });
});

describe.each(variants)("deploy/kubernetes/overlays/$name", (variant) => {
  const { overlay } = variant;
  const all = variant.manifests;
  const pods = podsOf(all);

  test("kubectl, where there is one, builds the same", () => {
    const { path, remove } = variant.folder();
    const built = spawnSync("kubectl", ["kustomize", path], { encoding: "utf8" });
    remove();
    if (built.error !== undefined && "code" in built.error && built.error.code === "ENOENT") return;

    expect(built.stderr).toBe("");
    const theirs = built.stdout.split(/^---\n/m).map((text) => parse(text) as Manifest);
    const key = ({ kind, metadata }: Manifest) => `${kind}/${metadata.name}`;
    const byName = (a: Manifest, b: Manifest) => (key(a) < key(b) ? -1 : 1);
    expect([...all].sort(byName)).toEqual(theirs.sort(byName));
  });

  test("no object is there twice, and all are in one namespace", () => {
    const names = all.map(({ kind, metadata }) => `${kind}/${metadata.name}`);

    expect(new Set(names).size).toBe(names.length);
    for (const { metadata } of all) expect(metadata.namespace).toBe("dropcast");
  });

  test("has a workload for each role and for its Redis, and no other", () => {
    const workloads = all.filter(({ kind }) => WORKLOADS.includes(kind));

    expect(workloads.map(({ metadata }) => metadata.name).sort()).toEqual(
      [...REDIS[overlay], ...ROLES].sort(),
    );
  });

  test.each(ROLES)("%s runs a command that the command line has", (role) => {
    const { container } = workloadOf(role, all);

    expect(container.args).toEqual([role]);
    expect(COMMAND_NAMES).toContain(role);
  });

  test.each(ROLES)("%s gets variables that the configuration knows, and no secret", (role) => {
    const names = [
      ...Object.keys(podEnvironment(role, all)),
      ...workloadOf(role, all).container.env.map(({ name }) => name),
    ].filter((name) => !name.startsWith("NODE_"));

    expect(names.filter((name) => !VARIABLES.some((known) => known === name))).toEqual([]);
    expect(names.filter((name) => SECRETS.some((secret) => secret === name))).toEqual([]);
  });

  test("no ConfigMap has a secret, or an address with a password", () => {
    for (const manifest of all.filter(({ kind }) => kind === "ConfigMap")) {
      const { data } = z.looseObject({ data: z.record(z.string(), z.string()) }).parse(manifest);
      for (const [name, value] of Object.entries(data)) {
        expect(SECRETS.some((secret) => name.startsWith(secret))).toBe(false);
        expect(value).not.toMatch(/:\/\/[^/]*@|whsec_/);
      }
    }
    expect(all.some(({ kind }) => kind === "Secret")).toBe(false);
  });

  test.each(ROLES)("%s finds its secrets where the pod puts them", (role) => {
    const { container, pod } = workloadOf(role, all);
    const wanted = container.env.filter(({ name }) => name.endsWith("_FILE"));
    const mounts = container["volumeMounts"] as { name: string; mountPath: string }[];
    const volumes = pod["volumes"] as {
      name: string;
      secret?: { secretName: string; items: { key: string; path: string }[] };
    }[];
    const example = exampleOfSecret();

    for (const { value = "" } of wanted) {
      const mount = mounts.find(({ mountPath }) => value.startsWith(`${mountPath}/`));
      const secret = volumes.find(({ name }) => name === mount?.name)?.secret;
      const file = value.slice((mount?.mountPath.length ?? 0) + 1);
      const item = secret?.items.find(({ path }) => path === file);
      expect(secret?.secretName).toBe(example.metadata.name);
      expect(Object.keys(example.stringData)).toContain(item?.key);
    }
    expect(wanted).toHaveLength(role === "producer" ? 0 : 1);
    const references = container.env.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef ?? []);
    for (const { name, key } of references) {
      expect(name).toBe(example.metadata.name);
      expect(Object.keys(example.stringData)).toContain(key);
    }
  });

  test.each(ROLES)("%s is not given variables of other services by the cluster", (role) => {
    // A service called `dashboard` beside a prefix would set DROPCAST_DASHBOARD_PORT to a URL.
    expect(workloadOf(role, all).pod.enableServiceLinks).toBe(false);
  });

  test.each(ROLES)("%s has more time to stop than it takes at most", (role) => {
    const { pod, container } = workloadOf(role, all);
    const seconds = podEnvironment(role, all)["DROPCAST_ANSWER_TIMEOUT_SECONDS"];
    const { drainMs } = timings({ answerTimeoutMs: Number(seconds) * 1_000, timeScale: 1 });
    const preStopMs = Number(container.lifecycle?.preStop.exec.command[1] ?? 0) * 1_000;

    expect(pod.terminationGracePeriodSeconds * 1_000).toBeGreaterThanOrEqual(
      preStopMs + drainMs + STOP_MARGIN_MS,
    );
  });

  test.each(ROLES)("%s is probed on the port it serves", (role) => {
    const { container } = workloadOf(role, all);
    const env = podEnvironment(role, all);
    const variable = {
      producer: "DROPCAST_METRICS_PORT",
      worker: "DROPCAST_METRICS_PORT",
      webhooks: "DROPCAST_WEBHOOK_PORT",
      dashboard: "DROPCAST_DASHBOARD_PORT",
    }[role];

    const [port] = container.ports;
    expect(String(port?.containerPort)).toBe(env[variable]);
    expect(port?.hostPort).toBeUndefined();
    expect(container.livenessProbe.httpGet).toEqual({ path: "/healthz", port: port?.name });
    expect(container.startupProbe.httpGet).toEqual({ path: "/healthz", port: port?.name });
    expect(container.readinessProbe.httpGet?.port).toBe(port?.name);
  });

  test("every pod may do as little as it can with", () => {
    const running = all.filter(({ kind }) => /^(Deployment|StatefulSet|Job)$/.test(kind));
    for (const manifest of running) {
      const { spec } = templateSchema.parse(manifest).spec.template;
      expect(spec.automountServiceAccountToken).toBe(false);
      expect(spec.securityContext).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: "RuntimeDefault" },
      });
      expect(spec.securityContext.runAsUser).toBeGreaterThan(0);
      for (const container of spec.containers) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        });
        expect(container).toMatchObject({
          resources: { requests: { cpu: expect.any(String), memory: expect.any(String) } },
        });
      }
    }
  });

  test("every selector finds pods, and every service a port of theirs", () => {
    const one = z.looseObject({ selector: z.record(z.string(), z.string()) });
    const portSchema = z.array(
      z.looseObject({
        port: z.number(),
        targetPort: z.union([z.string(), z.number()]).optional(),
      }),
    );
    for (const spec of specsOf("Service", all)) {
      const selector = selectorSchema.parse({ matchLabels: one.parse(spec).selector });
      const found = pods.filter((each) => selects(selector, each));
      expect(found, JSON.stringify(selector)).not.toEqual([]);
      const { ports } = z.looseObject({ ports: portSchema }).parse(spec);
      for (const { port, targetPort = port } of ports) {
        const own = found[0]?.ports.flatMap((each) => [each.name, each.containerPort]);
        expect(own).toContain(targetPort);
      }
    }
    for (const kind of ["PodDisruptionBudget", "NetworkPolicy"]) {
      for (const spec of specsOf(kind, all)) {
        const either = spec as { selector?: unknown; podSelector?: unknown };
        const selector = selectorSchema.parse(either.selector ?? either.podSelector);
        expect(
          pods.some((each) => selects(selector, each)),
          JSON.stringify(spec),
        ).toBe(true);
      }
    }
    for (const manifest of all.filter(({ kind }) => WORKLOADS.includes(kind))) {
      const { selector, template } = templateSchema.parse(manifest).spec;
      const matchLabels = selector?.matchLabels ?? { missing: "" };
      expect(template.metadata.labels).toMatchObject(matchLabels);
      for (const constraint of template.spec.topologySpreadConstraints) {
        expect(constraint).toMatchObject({ labelSelector: { matchLabels } });
      }
    }
  });

  test("several workers, replaced one by one; one producer for the one drop folder", () => {
    const worker = workloadOf("worker", all).spec;
    const producer = workloadOf("producer", all).spec;

    expect(worker.replicas ?? minReplicasOf("worker", all)).toBeGreaterThan(1);
    // A StatefulSet takes one at a time.
    expect(worker.updateStrategy).toEqual({ type: "RollingUpdate" });
    expect(worker["podManagementPolicy"]).toBe("Parallel");
    expect(producer).toMatchObject({ replicas: 1, strategy: { type: "Recreate" } });
  });

  test("what a worker remembers of Redis outlives its pod, whichever replica it is", () => {
    const { kind, spec, container } = workloadOf("worker", all);
    const dataDir = podEnvironment("worker", all)["DROPCAST_DATA_DIR"];
    const mounts = container["volumeMounts"] as { name: string; mountPath: string }[];

    const mount = mounts.find(({ mountPath }) => mountPath === dataDir);

    expect(kind).toBe("StatefulSet");
    expect(manifestOf("Service", String(spec["serviceName"]), all)["spec"]).toMatchObject({
      clusterIP: "None",
    });
    expect(spec["volumeClaimTemplates"]).toMatchObject([
      { metadata: { name: mount?.name }, spec: { accessModes: ["ReadWriteOnce"] } },
    ]);
  });
});

describe("the webhooks pod", () => {
  test("has as much memory again as its heap, for what a flood brings", () => {
    const [, heap] =
      /^--max-old-space-size=(\d+)$/.exec(podEnvironment("webhooks")["NODE_OPTIONS"] ?? "") ?? [];
    const [, limit] =
      /^(\d+)Mi$/.exec(workloadOf("webhooks").container.resources.limits.memory) ?? [];

    expect(Number(heap)).toBeGreaterThanOrEqual(64);
    expect(Number(limit)).toBeGreaterThanOrEqual(2 * Number(heap));
  });
});
