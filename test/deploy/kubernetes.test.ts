import { existsSync, readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { COMMAND_NAMES } from "../../src/cli/commands.ts";
import { VARIABLES } from "../../src/config/variables.ts";
import { timings } from "../../src/core/timings.ts";
import {
  kustomization,
  manifestOf,
  manifests,
  pathOf,
  podEnvironment,
  ROLES,
  read,
  workloadOf,
} from "./deployment.ts";

const STOP_MARGIN_MS = 5_000;

describe("deploy/kubernetes", () => {
  test("every file is a resource of the kustomization, but for the example of the secret", () => {
    const files = readdirSync(pathOf("deploy/kubernetes"));
    const expected = files.filter((f) => f !== "kustomization.yaml" && f !== "secret.example.yaml");

    expect([...kustomization.resources].sort()).toEqual(expected.sort());
    for (const file of kustomization.resources) {
      expect(existsSync(pathOf(`deploy/kubernetes/${file}`)), file).toBe(true);
    }
  });

  test("no object is there twice", () => {
    const names = manifests.map(({ kind, metadata }) => `${kind}/${metadata.name}`);

    expect(new Set(names).size).toBe(names.length);
  });

  test("has a workload for Redis and for each role, and no other", () => {
    const workloads = manifests.filter(({ kind }) => kind === "Deployment" || kind.endsWith("Set"));

    expect(workloads.map(({ metadata }) => metadata.name).sort()).toEqual(
      ["redis", ...ROLES].sort(),
    );
  });

  test.each(ROLES)("%s runs a command that the command line has", (role) => {
    const { container } = workloadOf(role);

    expect(container.args).toEqual([role]);
    expect(COMMAND_NAMES).toContain(role);
  });

  test.each(ROLES)("%s gets variables that the configuration knows, and no secret", (role) => {
    const env = podEnvironment(role);

    const names = Object.keys(env).filter((name) => !name.startsWith("NODE_"));
    expect(names.filter((name) => !VARIABLES.some((known) => known === name))).toEqual([]);
    expect(names).not.toContain("DROPCAST_API_TOKEN");
    expect(names).not.toContain("DROPCAST_WEBHOOK_SECRET");
    expect(names).not.toContain("DROPCAST_DASHBOARD_PASSWORD");
  });

  test.each(ROLES)("%s finds its secret where the volume puts it", (role) => {
    const { container, pod } = workloadOf(role);
    const wanted = container.env.filter(({ name }) => name.endsWith("_FILE"));
    const mounts = container["volumeMounts"] as { name: string; mountPath: string }[];
    const volumes = pod["volumes"] as {
      name: string;
      secret?: { secretName: string; items: { key: string; path: string }[] };
    }[];
    const example = parse(read("deploy/kubernetes/secret.example.yaml")) as {
      metadata: { name: string };
      stringData: object;
    };

    for (const { value } of wanted) {
      const mount = mounts.find(({ mountPath }) => value.startsWith(`${mountPath}/`));
      const secret = volumes.find(({ name }) => name === mount?.name)?.secret;
      const file = value.slice((mount?.mountPath.length ?? 0) + 1);
      const item = secret?.items.find(({ path }) => path === file);
      expect(secret?.secretName).toBe(example.metadata.name);
      expect(Object.keys(example.stringData)).toContain(item?.key);
    }
    expect(wanted).toHaveLength(role === "producer" ? 0 : 1);
  });

  test.each(ROLES)("%s is not given variables of other services by the cluster", (role) => {
    // A service called `dashboard` beside a prefix would set DROPCAST_DASHBOARD_PORT to a URL.
    expect(workloadOf(role).pod.enableServiceLinks).toBe(false);
  });

  test.each(ROLES)("%s has more time to stop than it takes at most", (role) => {
    const { pod, container } = workloadOf(role);
    const answerTimeoutMs = Number(podEnvironment(role)["DROPCAST_ANSWER_TIMEOUT_SECONDS"]) * 1_000;
    const { drainMs } = timings({ answerTimeoutMs, timeScale: 1 });
    const preStopMs = Number(container.lifecycle?.preStop.exec.command[1] ?? 0) * 1_000;

    expect(pod.terminationGracePeriodSeconds * 1_000).toBeGreaterThanOrEqual(
      preStopMs + drainMs + STOP_MARGIN_MS,
    );
  });

  test.each(ROLES)("%s is probed on the port it serves", (role) => {
    const { container } = workloadOf(role);
    const env = podEnvironment(role);
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

  test.each([...ROLES, "redis"] as const)("%s may do as little as it can with", (name) => {
    const { pod, container } = workloadOf(name);

    expect(pod.automountServiceAccountToken).toBe(false);
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: "RuntimeDefault" },
    });
    expect(pod.securityContext.runAsUser).toBeGreaterThan(0);
    expect(container.securityContext).toMatchObject({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
  });

  test("webhooks has as much memory again as its heap, for what a flood brings", () => {
    const [, heap] =
      /^--max-old-space-size=(\d+)$/.exec(podEnvironment("webhooks")["NODE_OPTIONS"] ?? "") ?? [];
    const [, limit] =
      /^(\d+)Mi$/.exec(workloadOf("webhooks").container.resources.limits.memory) ?? [];

    expect(Number(heap)).toBeGreaterThanOrEqual(64);
    expect(Number(limit)).toBeGreaterThanOrEqual(2 * Number(heap));
  });

  test("several workers, replaced one by one; one producer for the one drop folder", () => {
    const worker = workloadOf("worker").spec;
    const producer = workloadOf("producer").spec;

    expect(worker.replicas).toBeGreaterThan(1);
    // A StatefulSet takes one at a time.
    expect(worker.updateStrategy).toEqual({ type: "RollingUpdate" });
    expect(worker["podManagementPolicy"]).toBe("Parallel");
    expect(producer).toMatchObject({ replicas: 1, strategy: { type: "Recreate" } });
  });

  test("what a worker remembers of Redis outlives its pod, whichever replica it is", () => {
    const { kind, spec, container } = workloadOf("worker");
    const dataDir = podEnvironment("worker")["DROPCAST_DATA_DIR"];
    const mounts = container["volumeMounts"] as { name: string; mountPath: string }[];

    const mount = mounts.find(({ mountPath }) => mountPath === dataDir);

    expect(kind).toBe("StatefulSet");
    expect(manifestOf("Service", String(spec["serviceName"]))["spec"]).toMatchObject({
      clusterIP: "None",
    });
    expect(spec["volumeClaimTemplates"]).toMatchObject([
      { metadata: { name: mount?.name }, spec: { accessModes: ["ReadWriteOnce"] } },
    ]);
  });

  test("Redis keeps every confirmed write, evicts nothing, and has one copy and a volume", () => {
    const { spec, container } = workloadOf("redis");

    const args = container.args.join(" ");
    expect(args).toContain("--appendonly yes --appendfsync always --no-appendfsync-on-rewrite no");
    expect(args).toContain("--maxmemory-policy noeviction");
    expect(spec.replicas).toBe(1);
    expect(spec["volumeClaimTemplates"]).toHaveLength(1);
  });

  test("the roles, and nobody else, reach Redis", () => {
    const policy = manifestOf("NetworkPolicy", "redis")["spec"] as {
      ingress: { from: { podSelector: { matchLabels: Record<string, string> } }[] }[];
    };

    const wanted = policy.ingress[0]?.from[0]?.podSelector.matchLabels ?? {};

    expect(wanted).not.toEqual({});
    for (const role of ROLES) {
      expect(workloadOf(role).labels).toMatchObject(wanted);
    }
  });

  test("webhooks stay reachable while a node is emptied", () => {
    const budget = manifestOf("PodDisruptionBudget", "webhooks")["spec"];

    expect(budget).toMatchObject({ minAvailable: 1 });
    expect(workloadOf("webhooks").spec.replicas).toBeGreaterThan(1);
  });
});
