import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { findRedisBinary } from "../../src/redis/find-binary.ts";
import { manifestOf, podEnvironment, ROLES, workloadOf } from "./deployment.ts";
import { onThisMachine, PORTS, probePath, run, statusOf } from "./on-this-machine.ts";
import { variants } from "./overlays.ts";

const NODES = [0, 1, 2, 3, 4, 5];
const all = variants.find(({ name }) => name === "cluster")?.manifests ?? [];

const scriptSchema = z.looseObject({ command: z.array(z.string()), args: z.array(z.string()) });
const jobSchema = z.looseObject({
  template: z.looseObject({ spec: z.looseObject({ containers: z.tuple([scriptSchema]) }) }),
});

test("the cluster overlay: its scripts make one cluster of six nodes, on which all roles are ready", async () => {
  const network = await startNetwork();
  const node = scriptSchema.parse(workloadOf("redis-cluster", all).container);
  const job = jobSchema.parse(manifestOf("Job", "redis-cluster-create", all)["spec"]);
  const [create] = job.template.spec.containers;

  for (const at of NODES) network.start(at, [...node.command, ...node.args]);
  const first = await network.run([...create.command, ...create.args]);
  const again = await network.run([...create.command, ...create.args]);

  expect(first).toMatchObject({ code: 0 });
  expect(first.output).toContain("All 16384 slots covered");
  // With a cluster there, it does nothing.
  expect(again).toEqual({ code: 0, output: "" });
  const probe = workloadOf("redis-cluster", all).container.readinessProbe["exec"];
  const { command } = z.object({ command: z.array(z.string()) }).parse(probe);
  expect(await network.run(command, 3)).toMatchObject({ code: 0 });
  // The nodes hear of their roles from each other, and then the replicas copy their masters.
  const pair = { master: 3, slave: 3, inStep: 3 };
  await expect.poll(() => network.roles()).toEqual(pair);
  const nodes = network.cli(0, "cluster", "nodes").trim().split("\n");
  // What clients are told are the addresses of the Services.
  const told = nodes.map((line) => line.split(" ")[1]?.split(":")[0] ?? "");
  expect(told.sort()).toEqual(NODES.map(network.addressOf).sort());

  const ready = await Promise.all(
    ROLES.map(async (role) => {
      const declared = podEnvironment(role, all);
      const url = declared["DROPCAST_REDIS_URL"] ?? "";
      const { env, cwd } = await onThisMachine(declared, network.resolved(url));
      const process = run(["bin/dropcast.js", role], { env, cwd });
      await process.saying('"msg":"ready"');
      const status = await statusOf(`http://127.0.0.1:${env[PORTS[role]]}${probePath(role)}`);
      return { role, status, end: await process.terminate() };
    }),
  );
  expect(ready).toEqual(
    ROLES.map((role) => ({ role, status: 200, end: { code: 0, signal: null } })),
  );
});

/**
 * A network of its own in 127.0.0.0/8, where each node has the address that its Service would have,
 * and programs that find it by name.
 */
async function startNetwork() {
  const found = await findRedisBinary({ dataDir: tmpdir(), env: process.env, say: () => {} });
  if (!found.ok) throw new Error(found.refusal.message);
  const { file: server, env: library } = found.value;
  const folder = mkdtempSync(join(tmpdir(), "dropcast-kubernetes-"));
  const net = `127.${1 + (process.pid % 250)}.${(process.pid >> 8) % 250}`;
  const addressOf = (at: number) => `${net}.${10 + at}`;
  const resolved = (text: string) =>
    text.replaceAll(/redis-node-(\d)/g, (_, at: string) => addressOf(Number(at)));
  const programs = join(folder, "bin");
  mkdirSync(programs);
  const program = (name: string, text: string) => {
    writeFileSync(join(programs, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(programs, name), 0o755);
  };
  /** The number at the end of a node's name. */
  const last = `at="\${2##*-}"`;
  program("getent", `${last}; echo "${net}.1$at  $2"`);
  program("redis-server", `exec ${server} "$@" --bind "$POD_ADDRESS"`);
  const client = join(dirname(server), "redis-cli");
  program(
    "redis-cli",
    `case "$1" in
      -h) ${last}; shift 2; exec ${client} -h "${net}.1$at" "$@" ;;
      --cluster) exec ${client} "$@" ;;
      *) exec ${client} -h "$POD_ADDRESS" "$@" ;;
    esac`,
  );
  const children: ChildProcess[] = [];
  onTestFinished(async () => {
    for (const child of children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  });
  const begin = (
    [command = "", ...args]: readonly string[],
    at: number,
    out: "ignore" | "pipe",
  ) => {
    const cwd = join(folder, `node-${at}`);
    mkdirSync(cwd, { recursive: true });
    const path = `${programs}:${process.env["PATH"]}`;
    const env = {
      ...library,
      PATH: path,
      HOSTNAME: `redis-cluster-${at}`,
      POD_ADDRESS: addressOf(at),
    };
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", out, "inherit"] });
    children.push(child);
    return child;
  };
  const cli = (at: number, ...args: string[]) =>
    spawnSync(client, ["-h", addressOf(at), ...args], {
      encoding: "utf8",
      env: { ...process.env, ...library },
    }).stdout;
  return {
    addressOf,
    resolved,
    /** Starts a node. */
    start: (at: number, command: readonly string[]) => void begin(command, at, "ignore"),
    /** A command to its end, in the pod of a node. */
    async run(command: readonly string[], at = 0) {
      const child = begin(command, at, "pipe");
      let output = "";
      child.stdout?.on("data", (data: Buffer) => {
        output += data.toString();
      });
      const [code] = await once(child, "close");
      return { code, output };
    },
    cli,
    /** How many nodes are master and replica, and how many replicas are in step. */
    roles() {
      const said = NODES.map((at) => cli(at, "info", "replication"));
      const count = (words: RegExp) => said.filter((text) => words.test(text)).length;
      return {
        master: count(/^role:master/m),
        slave: count(/^role:slave/m),
        inStep: count(/^slave0:.*state=online/m),
      };
    },
  };
}
