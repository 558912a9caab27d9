import { describe, expect, test } from "vitest";
import { z } from "zod";
import { ROLES, type Role, read } from "./deployment.ts";
import type { Manifest } from "./kustomize.ts";
import { REDIS, variants } from "./overlays.ts";
import { type Pods, podsOf, selectorSchema, selects, specsOf } from "./pods.ts";

const portsSchema = z.array(z.strictObject({ port: z.number(), protocol: z.string() }));
const peerSchema = z.strictObject({
  podSelector: selectorSchema.optional(),
  namespaceSelector: selectorSchema.optional(),
  ipBlock: z.strictObject({ cidr: z.string(), except: z.array(z.string()).default([]) }).optional(),
});
const policySchema = z.strictObject({
  podSelector: selectorSchema,
  policyTypes: z.array(z.enum(["Ingress", "Egress"])),
  ingress: z
    .array(z.strictObject({ from: z.array(peerSchema).min(1), ports: portsSchema.min(1) }))
    .default([]),
  egress: z
    .array(z.strictObject({ to: z.array(peerSchema).min(1), ports: portsSchema.min(1) }))
    .default([]),
});

type Peer = z.output<typeof peerSchema>;

function policiesOf(from: readonly Manifest[]) {
  return specsOf("NetworkPolicy", from).map((spec) => policySchema.parse(spec));
}

/** Who a pod may talk to (`Egress`), or who may talk to it, in words: `redis:6379`. */
function reach(
  from: readonly Manifest[],
  pod: Pods,
  way: "Ingress" | "Egress",
): string[] | "everything" {
  const mine = policiesOf(from).filter(
    ({ podSelector, policyTypes }) => selects(podSelector, pod) && policyTypes.includes(way),
  );
  if (mine.length === 0) return "everything";
  const all = podsOf(from);
  const words = (peer: Peer): string[] => {
    if (peer.ipBlock !== undefined) {
      const { cidr, except } = peer.ipBlock;
      return [except.length > 0 ? "public" : cidr];
    }
    const space = peer.namespaceSelector?.matchLabels["kubernetes.io/metadata.name"];
    if (space !== undefined) return [space];
    const { podSelector } = peer;
    if (podSelector === undefined) return ["everything"];
    return all.filter((each) => selects(podSelector, each)).map(({ name }) => name);
  };
  const rules = mine.flatMap(({ ingress, egress }) =>
    way === "Ingress"
      ? ingress.map(({ from: peers, ports }) => ({ peers, ports }))
      : egress.map(({ to: peers, ports }) => ({ peers, ports })),
  );
  const found = rules.flatMap(({ peers, ports }) =>
    peers.flatMap((peer) =>
      words(peer).flatMap((who) => ports.map(({ port }) => `${who}:${port}`)),
    ),
  );
  return [...new Set(found)].sort();
}

describe.each(variants)("the network of deploy/kubernetes/overlays/$name", (variant) => {
  const { overlay, manifests: all } = variant;
  const pods = podsOf(all);

  test("roles reach what SECURITY.md says, and nothing else", () => {
    const redis = overlay === "single" ? ["redis:6379"] : ["redis-cluster:6379"];
    const outside = ["10.0.0.0/8:6379", "172.16.0.0/12:6379", "192.168.0.0/16:6379"];
    for (const role of ROLES) {
      const pod = pods.find(({ name }) => name === role) as Pods;
      const { networkIn, networkOut } = documentedReach(role);
      expect(reach(all, pod, "Egress")).toEqual(
        [
          "kube-system:53",
          ...(overlay === "managed" ? outside : redis),
          ...(networkOut === "none" ? [] : ["public:443"]),
        ].sort(),
      );
      // Pages are reached by `kubectl port-forward`, which no policy keeps out.
      expect(reach(all, pod, "Ingress")).toEqual(
        [...(networkIn === "webhooks" ? ["ingress-nginx:8081"] : []), "monitoring:9090"].sort(),
      );
    }
  });

  test("only the roles and its own nodes reach Redis", () => {
    const [name] = REDIS[overlay];
    if (name === undefined) return expect(overlay).toBe("managed");
    const pod = pods.find((each) => each.name === name) as Pods;
    const own = [`${name}:6379`, `${name}:16379`];

    expect(reach(all, pod, "Ingress")).toEqual(
      [
        ...ROLES.map((role) => `${role}:6379`),
        ...(overlay === "cluster" ? [...own, "redis-cluster-create:6379"] : []),
      ].sort(),
    );
    expect(reach(all, pod, "Egress")).toEqual(
      overlay === "cluster" ? [...own, "kube-system:53"].sort() : [],
    );
  });
});

/** A role's row of the table "What each role can reach" in SECURITY.md. */
function documentedReach(role: Role): { networkIn: string; networkOut: string } {
  const row = read("SECURITY.md").match(new RegExp(`^\\| \`${role}\` \\|(.*)\\|$`, "m"))?.[1] ?? "";
  const [redis, , networkIn = "", networkOut = ""] = row.split("|").map((cell) => cell.trim());
  expect(redis).toBe("yes");
  return { networkIn, networkOut };
}
