import { describe, expect, test } from "vitest";
import { COMMAND_NAMES } from "../../src/cli/commands.ts";
import { VARIABLES } from "../../src/config/variables.ts";
import { timings } from "../../src/core/timings.ts";
import { compose, ROLES, read, serviceOf } from "./deployment.ts";

/** What src/cli/serve.ts grants beyond the drain before it gives up. */
const STOP_MARGIN_MS = 5_000;

describe("docker-compose.yml", () => {
  test("has Redis and one service for each role, and by a profile the proxy for TLS", () => {
    const always = Object.keys(compose.services).filter((name) => !serviceOf(name).profiles);

    expect(always.sort()).toEqual(["redis", ...ROLES].sort());
    expect(Object.keys(compose.services).filter((name) => !always.includes(name))).toEqual([
      "caddy",
    ]);
  });

  test.each(ROLES)("%s runs a command that the command line has", (role) => {
    const [command] = serviceOf(role).command;

    expect(command).toBe(role);
    expect(COMMAND_NAMES).toContain(command);
  });

  test.each(ROLES)("%s sets variables that the configuration knows, and no other", (role) => {
    const { environment } = serviceOf(role);

    const unknown = Object.keys(environment).filter((name) => !VARIABLES.some((v) => v === name));

    expect(unknown).toEqual([]);
  });

  test("interpolates variables of the configuration only, but for those of compose itself", () => {
    const used = [...read("docker-compose.yml").matchAll(/\$\{([A-Z_]+)/g)].map(([, name]) => name);
    const own = ["UID", "GID", "WEBHOOKS_PUBLISH", "DASHBOARD_PUBLISH", "WEBHOOKS_DOMAIN"];

    const unknown = used.filter((name) => !own.includes(name ?? "") && !isVariable(name));

    expect(unknown).toEqual([]);
  });

  test.each(ROLES)("%s has more time to stop than it takes at most", (role) => {
    const graceMs = Number.parseInt(serviceOf(role).stop_grace_period, 10) * 1_000;
    const { drainMs } = timings({ answerTimeoutMs: 60_000, timeScale: 1 });

    expect(graceMs).toBeGreaterThanOrEqual(drainMs + STOP_MARGIN_MS);
  });

  test.each(["redis", "caddy", ...ROLES])("%s may do as little as it can with", (name) => {
    const service = serviceOf(name);

    expect(service).toMatchObject({
      init: true,
      read_only: true,
      cap_drop: ["ALL"],
      security_opt: ["no-new-privileges:true"],
      restart: "unless-stopped",
    });
    // Caddy's image keeps certificates in a folder of root's; without capabilities root can do little.
    if (name !== "caddy") expect(service["user"]).not.toMatch(/^(root|0)\b/);
    expect(service["privileged"]).toBeUndefined();
  });

  test.each(ROLES)("%s waits for a Redis that answers, and is checked without a shell", (role) => {
    const { depends_on, healthcheck } = serviceOf(role);

    expect(depends_on).toEqual({ redis: { condition: "service_healthy" } });
    expect(healthcheck.test).toEqual(["CMD", "node", "/app/bin/healthcheck.js"]);
  });

  test("workers can be scaled: no name and no port of the host", () => {
    const worker = serviceOf("worker");

    expect(worker.ports).toEqual([]);
    expect(worker["container_name"]).toBeUndefined();
    expect(worker["network_mode"]).toBeUndefined();
  });

  test("ports of the host are loopback's unless somebody asks for more", () => {
    const published = ["redis", ...ROLES].flatMap((name) => serviceOf(name).ports);

    expect(published).toHaveLength(2);
    for (const port of published) expect(port).toMatch(/^\$\{[A-Z_]+:-127\.0\.0\.1:\d+\}:\d+$/);
  });

  test("Redis keeps every confirmed write and evicts nothing", () => {
    const { command, volumes, ports, networks } = serviceOf("redis");

    const settings = pairs(command.slice(1));

    expect(settings).toMatchObject({
      "--appendonly": "yes",
      "--appendfsync": "always",
      "--no-appendfsync-on-rewrite": "no",
      "--maxmemory-policy": "noeviction",
    });
    expect(volumes).toEqual(["redis-data:/data"]);
    expect(Object.keys(compose.volumes)).toEqual(["redis-data", "caddy-data", "worker-memory"]);
    expect(ports).toEqual([]);
    expect(networks.every((name) => compose.networks[name]?.internal)).toBe(true);
  });

  test("what workers remember of Redis outlives their containers, on a volume that any user can write to", () => {
    const { environment, volumes } = serviceOf("worker");
    const dataDir = environment["DROPCAST_DATA_DIR"];

    expect(volumes).toEqual([`worker-memory:${dataDir}`]);
    // A new named volume takes over the rights of the image's folder.
    expect(read("Dockerfile")).toContain(`RUN install -d -m 1777 ${dataDir}\n`);
  });

  test("secrets come as files, each to the one role that needs it", () => {
    const holders = Object.fromEntries(ROLES.map((role) => [role, serviceOf(role).secrets]));

    expect(holders).toEqual({
      producer: [],
      worker: ["api-token"],
      webhooks: ["webhook-secret"],
      dashboard: ["dashboard-password"],
    });
    for (const role of ROLES) {
      const { environment, secrets } = serviceOf(role);
      const mounted = Object.values(environment).filter((value) => value.startsWith("/run/"));
      expect(mounted).toEqual(secrets.map((name) => `/run/secrets/${name}`));
      // env_file would bring them otherwise.
      for (const name of ["API_TOKEN", "WEBHOOK_SECRET", "DASHBOARD_PASSWORD"]) {
        expect(environment[`DROPCAST_${name}`]).toBe("");
      }
    }
  });

  test("does not start without a dashboard password, and says so", () => {
    const { environment } = serviceOf("dashboard");

    expect(environment["DROPCAST_HTTP_HOST"]).toBe("0.0.0.0");
    expect(compose.secrets["dashboard-password"]?.file).toMatch(
      /^\$\{DROPCAST_DASHBOARD_PASSWORD_FILE:\?.*password.*\}$/,
    );
  });

  test("the proxy reaches the webhooks alone, and only their path", () => {
    const { environment, networks, volumes, cap_add, secrets } = serviceOf("caddy");
    const file = read("deploy/caddy/Caddyfile");

    expect(networks.every((name) => !compose.networks[name]?.internal)).toBe(true);
    expect(cap_add).toEqual(["NET_BIND_SERVICE"]);
    expect(secrets).toEqual([]);
    expect(Object.keys(environment)).toEqual(["WEBHOOKS_DOMAIN"]);
    expect(volumes[0]).toBe("./deploy/caddy/Caddyfile:/etc/caddy/Caddyfile:ro");
    expect(file).toMatch(/\tmethod POST\n\t*path \/webhooks\/livechat \/webhooks\/livechat\/\*\n/);
    expect(file.match(/reverse_proxy .*/g)).toEqual([
      "reverse_proxy {$WEBHOOKS_UPSTREAM:webhooks:8081}",
    ]);
  });

  test("the whole drop folder is one mount, so that files can be renamed inside it", () => {
    const { volumes, environment } = serviceOf("producer");

    expect(volumes).toHaveLength(1);
    expect(volumes[0]).toMatch(new RegExp(`:${environment["DROPCAST_DROPS_DIR"]}$`));
  });
});

function isVariable(name: string | undefined): boolean {
  return VARIABLES.some((variable) => variable === name);
}

function pairs(list: readonly string[]): Record<string, string> {
  const result: Record<string, string> = {};
  for (let at = 0; at < list.length; at += 2) result[list[at] ?? ""] = list[at + 1] ?? "";
  return result;
}
