/** The Redis of each overlay: it keeps what it confirms, has room for it, and is found by the roles. */
import { describe, expect, test } from "vitest";
import { manifestOf, podEnvironment, ROLES, workloadOf } from "./deployment.ts";
import { REDIS, variants } from "./overlays.ts";

/** In bytes, as Redis (`1gb`) and Kubernetes (`2Gi`) write it. */
function bytesOf(text: string): number {
  const [, digits = "", unit = ""] = /^(\d+)(mb|gb|Mi|Gi)$/.exec(text) ?? [];
  return Number(digits) * (unit.startsWith("m") || unit.startsWith("M") ? 2 ** 20 : 2 ** 30);
}

describe.each(variants)("deploy/kubernetes/overlays/$name", (variant) => {
  const { overlay } = variant;
  const all = variant.manifests;

  test("Redis keeps every confirmed write, and roles know how", () => {
    for (const role of ROLES) {
      const env = podEnvironment(role, all);
      const durability = { single: "fsync", cluster: "replicas:1", managed: "log" }[overlay];
      expect(env["DROPCAST_REDIS_DURABILITY"]).toBe(durability);
    }
    for (const name of REDIS[overlay]) {
      const { spec, container } = workloadOf(name, all);
      const args = container.args.join(" ").replaceAll(/\s+/g, " ");
      expect(args).toContain("--appendonly yes --appendfsync always");
      expect(args).toContain("--no-appendfsync-on-rewrite no");
      expect(args).toContain("--maxmemory-policy noeviction");
      expect(spec.replicas).toBe(overlay === "single" ? 1 : 6);
      expect(spec["volumeClaimTemplates"]).toHaveLength(1);
    }
  });

  test("a managed Redis has its address from the secret, any other from the ConfigMap", () => {
    for (const role of ROLES) {
      const own = workloadOf(role, all).container.env.filter(
        ({ name }) => name === "DROPCAST_REDIS_URL",
      );
      const url = podEnvironment(role, all)["DROPCAST_REDIS_URL"];
      if (overlay === "managed") {
        expect(url).toBeUndefined();
        expect(own).toEqual([
          {
            name: "DROPCAST_REDIS_URL",
            valueFrom: { secretKeyRef: { name: "dropcast", key: "redis-url" } },
          },
        ]);
      } else {
        expect(own).toEqual([]);
        const hosts = url?.replace(/^redis(-cluster)?:\/\//, "").split(",") ?? [];
        for (const host of hosts) {
          manifestOf("Service", host.replace(/:6379$/, ""), all);
        }
      }
    }
  });

  test("Redis refuses to grow long before its pod is ended, also while it rewrites its file", () => {
    for (const name of REDIS[overlay]) {
      const { container } = workloadOf(name, all);
      const [, most = ""] = /--maxmemory (\S+)/.exec(container.args.join(" ")) ?? [];
      const { requests, limits } = container.resources;

      expect(bytesOf(most)).toBeGreaterThan(0);
      // A rewrite copies what changes meanwhile.
      expect(bytesOf(limits.memory)).toBeGreaterThanOrEqual(2 * bytesOf(most));
      expect(bytesOf(requests.memory)).toBeGreaterThanOrEqual(bytesOf(most));
    }
  });
});
