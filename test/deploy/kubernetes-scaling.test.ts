import { describe, expect, test } from "vitest";
import { z } from "zod";
import { readsOf } from "../metrics/promql.ts";
import { manifestOf, read, workloadOf } from "./deployment.ts";
import { variants } from "./overlays.ts";
import { minReplicasOf, type Pods, podsOf, selectorSchema, selects, specsOf } from "./pods.ts";

describe.each(variants)(
  "the replicas of deploy/kubernetes/overlays/$name",
  ({ manifests: all }) => {
    const pods = podsOf(all);

    test("what has several replicas may lose one, and never its last, to a drain", () => {
      const budgets = specsOf("PodDisruptionBudget", all).map((spec) =>
        z
          .looseObject({
            selector: selectorSchema,
            minAvailable: z.number().optional(),
            maxUnavailable: z.number().optional(),
          })
          .parse(spec),
      );
      const least = (pod: Pods) => (pod.replicas > 0 ? pod.replicas : minReplicasOf(pod.name, all));
      for (const pod of pods) {
        const mine = budgets.filter(({ selector }) => selects(selector, pod));
        expect(mine, pod.name).toHaveLength(least(pod) > 1 ? 1 : 0);
        for (const { minAvailable, maxUnavailable } of mine) {
          if (minAvailable !== undefined) expect(minAvailable).toBeLessThan(least(pod));
          if (maxUnavailable !== undefined) expect(maxUnavailable).toBe(1);
        }
      }
    });
  },
);

const full = variants.filter(({ isFull }) => isFull);

describe.each(full)("deploy/kubernetes/overlays/$name", ({ manifests: all }) => {
  test("strangers reach the webhook path alone", () => {
    expect(specsOf("Ingress", all)).toMatchObject([
      {
        rules: [
          {
            http: {
              paths: [
                {
                  path: "/webhooks/livechat",
                  pathType: "Prefix",
                  backend: { service: { name: "webhooks", port: { name: "http" } } },
                },
              ],
            },
          },
        ],
      },
    ]);
    expect(JSON.stringify(manifestOf("Service", "webhooks", all))).toContain('"name":"http"');
  });

  test("an autoscaler owns the replicas of what it scales", () => {
    for (const [kind, role] of [
      ["HorizontalPodAutoscaler", "webhooks"],
      ["ScaledObject", "worker"],
    ] as const) {
      const spec = z
        .looseObject({ scaleTargetRef: z.looseObject({ kind: z.string(), name: z.string() }) })
        .parse(manifestOf(kind, role, all)["spec"]);
      const target = workloadOf(role, all);
      expect(spec.scaleTargetRef).toMatchObject({ kind: target.kind, name: role });
      expect(target.spec.replicas).toBeUndefined();
      expect(minReplicasOf(role, all)).toBeGreaterThan(1);
    }
  });

  test("workers are scaled by metrics that there are", () => {
    const text = JSON.stringify(manifestOf("ScaledObject", "worker", all));
    const query = z
      .looseObject({
        triggers: z.tuple([z.looseObject({ metadata: z.looseObject({ query: z.string() }) })]),
      })
      .parse(manifestOf("ScaledObject", "worker", all)["spec"]).triggers[0].metadata.query;
    const documented = new Map(
      [...read("docs/metrics.md").matchAll(/^\| `(\w+)` \| \w+ \| ([^|]*) \|/gm)].map(
        ([, name = "", labels = ""]) => [name, labels],
      ),
    );

    const { metrics, groups } = readsOf(query);

    expect(text).toContain("prometheus");
    expect(metrics.map(({ name }) => name)).toEqual([
      "dropcast_rate_allowed",
      "dropcast_messages_due",
    ]);
    for (const { name, labels } of metrics) {
      const own = documented.get(name) ?? "";
      for (const label of [...labels.map((each) => each.name), ...groups]) {
        expect(own, name).toContain(`\`${label}\``);
      }
    }
  });
});
