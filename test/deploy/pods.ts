import { z } from "zod";
import type { Manifest } from "./kustomize.ts";

export const selectorSchema = z.looseObject({
  matchLabels: z.record(z.string(), z.string()).default({}),
  matchExpressions: z
    .array(
      z.strictObject({
        key: z.string(),
        operator: z.literal("In"),
        values: z.array(z.string()),
      }),
    )
    .default([]),
});

export const templateSchema = z.looseObject({
  spec: z.looseObject({
    replicas: z.number().optional(),
    selector: selectorSchema.optional(),
    template: z.looseObject({
      metadata: z.looseObject({ labels: z.record(z.string(), z.string()) }),
      spec: z.looseObject({
        automountServiceAccountToken: z.boolean(),
        topologySpreadConstraints: z.array(z.looseObject({})).default([]),
        securityContext: z.looseObject({ runAsUser: z.number() }),
        containers: z.array(
          z.looseObject({
            ports: z
              .array(z.looseObject({ name: z.string(), containerPort: z.number() }))
              .default([]),
            securityContext: z.unknown(),
          }),
        ),
      }),
    }),
  }),
});

export type Selector = z.output<typeof selectorSchema>;

export interface Pods {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** 0: an autoscaler sets it. */
  readonly replicas: number;
  readonly ports: readonly { name: string; containerPort: number }[];
}

/** What runs, a replica of a StatefulSet by its name as well. */
export function podsOf(from: readonly Manifest[]): Pods[] {
  const kinds = ["Deployment", "StatefulSet", "Job"];
  return from
    .filter(({ kind }) => kinds.includes(kind))
    .flatMap((manifest) => {
      const { name } = manifest.metadata;
      const { spec } = templateSchema.parse(manifest);
      const { labels } = spec.template.metadata;
      const ports = spec.template.spec.containers.flatMap((container) => container.ports);
      const replicas = spec.replicas ?? 0;
      const one = { name, labels, replicas, ports };
      if (manifest.kind !== "StatefulSet") return [one];
      return Array.from({ length: Math.max(1, replicas) }, (_, at) => ({
        ...one,
        labels: { ...labels, "statefulset.kubernetes.io/pod-name": `${name}-${at}` },
      }));
    });
}

export function selects({ matchLabels, matchExpressions }: Selector, { labels }: Pods): boolean {
  return (
    Object.entries(matchLabels).every(([label, value]) => labels[label] === value) &&
    matchExpressions.every(({ key, values }) => values.includes(labels[key] ?? ""))
  );
}

export function specsOf(kind: string, from: readonly Manifest[]): unknown[] {
  return from.filter((each) => each.kind === kind).map((each) => each["spec"]);
}

/** What an autoscaler leaves at least; 0: there is none. */
export function minReplicasOf(name: string, from: readonly Manifest[]): number {
  const scaler = from.find(
    ({ kind, metadata }) =>
      /^(HorizontalPodAutoscaler|ScaledObject)$/.test(kind) && metadata.name === name,
  );
  const { minReplicas, minReplicaCount } = (scaler?.["spec"] ?? {}) as {
    minReplicas?: number;
    minReplicaCount?: number;
  };
  return minReplicas ?? minReplicaCount ?? 0;
}
