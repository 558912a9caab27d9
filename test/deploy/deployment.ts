import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { z } from "zod";
import { type Manifest, render } from "./kustomize.ts";

export const ROLES = ["producer", "worker", "webhooks", "dashboard"] as const;
export type Role = (typeof ROLES)[number];

export function pathOf(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}

export function read(path: string): string {
  return readFileSync(pathOf(path), "utf8");
}

const environment = z.record(z.string(), z.string());

const serviceSchema = z.looseObject({
  image: z.string(),
  command: z.array(z.string()),
  environment: environment.default({}),
  env_file: z.string().optional(),
  profiles: z.array(z.string()).optional(),
  cap_add: z.array(z.string()).optional(),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  secrets: z.array(z.string()).default([]),
  networks: z.array(z.string()),
  init: z.boolean(),
  read_only: z.boolean(),
  cap_drop: z.array(z.string()),
  security_opt: z.array(z.string()),
  restart: z.string(),
  stop_grace_period: z.string(),
  healthcheck: z.object({ test: z.array(z.string()).min(2) }).loose(),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).optional(),
});

const composeSchema = z.looseObject({
  services: z.record(z.string(), serviceSchema),
  secrets: z.record(z.string(), z.object({ file: z.string() })),
  networks: z.record(z.string(), z.object({ internal: z.boolean().optional() })),
  volumes: z.record(z.string(), z.unknown()),
});

export type ComposeService = z.output<typeof serviceSchema>;

/** docker-compose.yml as it stands, `<<` merged and `${…}` left alone. */
export const compose = composeSchema.parse(parse(read("docker-compose.yml"), { merge: true }));

export function serviceOf(name: string): ComposeService {
  const service = compose.services[name];
  if (service === undefined) throw new Error(`docker-compose.yml has no service ${name}.`);
  return service;
}

/** The variables that the image sets. */
export function imageEnvironment(): Record<string, string> {
  const text = read("Dockerfile").replace(/\\\n/g, " ");
  const line = /^ENV (.*)$/m.exec(text)?.[1] ?? "";
  return Object.fromEntries(
    [...line.matchAll(/(\w+)=(\S+)/g)].map(([, name = "", value = ""]) => [name, value]),
  );
}

const probe = z.looseObject({
  httpGet: z.object({ path: z.string(), port: z.string() }).optional(),
  periodSeconds: z.number(),
  failureThreshold: z.number().default(3),
});

const containerSchema = z.looseObject({
  name: z.string(),
  image: z.string(),
  args: z.array(z.string()),
  env: z
    .array(
      z.strictObject({
        name: z.string(),
        value: z.string().optional(),
        valueFrom: z
          .strictObject({ secretKeyRef: z.strictObject({ name: z.string(), key: z.string() }) })
          .optional(),
      }),
    )
    .default([]),
  envFrom: z.array(z.object({ configMapRef: z.object({ name: z.string() }) })).default([]),
  ports: z.array(
    z.object({
      name: z.string(),
      containerPort: z.number(),
      hostPort: z.number().optional(),
    }),
  ),
  lifecycle: z
    .object({ preStop: z.object({ exec: z.object({ command: z.array(z.string()) }) }) })
    .optional(),
  securityContext: z.looseObject({
    allowPrivilegeEscalation: z.boolean(),
    readOnlyRootFilesystem: z.boolean(),
    capabilities: z.object({ drop: z.array(z.string()) }),
  }),
  startupProbe: probe,
  readinessProbe: probe,
  livenessProbe: probe,
  resources: z.object({
    requests: z.object({ cpu: z.string(), memory: z.string() }),
    limits: z.object({ memory: z.string() }),
  }),
});

const podSchema = z.looseObject({
  automountServiceAccountToken: z.boolean(),
  enableServiceLinks: z.boolean(),
  terminationGracePeriodSeconds: z.number(),
  securityContext: z.looseObject({
    runAsNonRoot: z.boolean(),
    runAsUser: z.number(),
    seccompProfile: z.object({ type: z.string() }),
  }),
  containers: z.array(containerSchema).length(1),
});

/** Every object of `kubectl apply -k deploy/kubernetes`, in its order. */
export const manifests: readonly Manifest[] = render(pathOf("deploy/kubernetes"));

export function manifestOf(kind: string, name: string, from = manifests): Manifest {
  const found = from.find((each) => each.kind === kind && each.metadata.name === name);
  if (found === undefined) throw new Error(`deploy/kubernetes has no ${kind} ${name}.`);
  return found;
}

const workloadSchema = z.looseObject({
  spec: z.looseObject({
    /** Not given where an autoscaler sets it. */
    replicas: z.number().optional(),
    strategy: z.looseObject({ type: z.string() }).optional(),
    updateStrategy: z.looseObject({ type: z.string() }).optional(),
    template: z.looseObject({
      metadata: z.object({ labels: z.record(z.string(), z.string()) }),
      spec: podSchema,
    }),
  }),
});

/** The workload of a role or of Redis, its pod, and the one container in it. */
export function workloadOf(name: string, from = manifests) {
  const kind = from.some((each) => each.kind === "StatefulSet" && each.metadata.name === name)
    ? "StatefulSet"
    : "Deployment";
  const { spec } = workloadSchema.parse(manifestOf(kind, name, from));
  const pod = spec.template.spec;
  const [container] = pod.containers;
  if (container === undefined) throw new Error(`${kind} ${name} has no container.`);
  return { kind, spec, labels: spec.template.metadata.labels, pod, container };
}

/**
 * What the container of a role gets: the image's variables, the ConfigMap's, its own. Those from a
 * Secret are left out: their values are not in the manifests.
 */
export function podEnvironment(role: Role, from = manifests): Record<string, string> {
  const { container } = workloadOf(role, from);
  const fromMaps = container.envFrom.map(({ configMapRef }) =>
    z.looseObject({ data: environment }).parse(manifestOf("ConfigMap", configMapRef.name, from)),
  );
  return Object.assign(
    imageEnvironment(),
    ...fromMaps.map(({ data }) => data),
    Object.fromEntries(
      container.env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])),
    ),
  );
}

/** The secret that deploy/kubernetes expects, with words for values. */
export function exampleOfSecret() {
  return z
    .looseObject({
      metadata: z.looseObject({ name: z.string() }),
      stringData: z.record(z.string(), z.string()),
    })
    .parse(parse(read("deploy/kubernetes/secret.example.yaml")));
}
