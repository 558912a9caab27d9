/** A cluster by TLS whose nodes tell IP addresses, with certificates that name a host. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { startCluster, type TestCluster } from "../support/cluster.ts";
import { createStage } from "../support/processes.ts";

const HOST = "redis.example.com";
const HAS_OPENSSL = spawnSync("openssl", ["version"]).status === 0;

let dir: string;
let cluster: TestCluster;

beforeAll(async () => {
  if (!HAS_OPENSSL) return;
  dir = mkdtempSync(join(tmpdir(), "dropcast-tls-"));
  makeCertificates();
  const file = (name: string) => join(dir, name);
  cluster = await startCluster({
    args: (port) => [
      ...["--port", "0", "--tls-port", String(port), "--tls-cluster", "yes"],
      ...["--tls-replication", "yes", "--tls-auth-clients", "no"],
      ...["--tls-ca-cert-file", file("ca.pem"), "--tls-cert-file", file("node.pem")],
      ...["--tls-key-file", file("node.key")],
    ],
  });
});
afterAll(async () => {
  await cluster?.remove();
  if (HAS_OPENSSL) rmSync(dir, { recursive: true, force: true });
});

/** An authority, and a certificate of it that names the host alone. */
function makeCertificates(): void {
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: dir, stdio: "pipe" });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl("req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Tests");
  openssl("req", ...key, "-keyout", "node.key", "-out", "node.csr", "-subj", `/CN=${HOST}`);
  writeFileSync(join(dir, "names"), `subjectAltName=DNS:${HOST}`);
  const by = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names"];
  openssl("x509", "-req", "-in", "node.csr", ...by, "-out", "node.pem");
}

/** What `doctor` says there of the nodes of Redis. */
async function doctor(query: string, env: Readonly<Record<string, string>> = {}) {
  const stage = createStage({
    DROPCAST_REDIS_URL: `rediss-cluster://${cluster.seeds.join(",")}${query}`,
    ...{ DROPCAST_REDIS_DURABILITY: "replicas:1", ...env },
  });
  onTestFinished(() => stage.close());
  const { stdout, stderr } = await stage.run(["doctor", "--json"]);
  return `${stdout}${stderr}`;
}

test.skipIf(!HAS_OPENSSL)(
  "its nodes are reached by the name in their certificates, and by no other",
  async () => {
    const trusting = { NODE_EXTRA_CA_CERTS: join(dir, "ca.pem") };

    const [named, unnamed, doubting] = await Promise.all([
      doctor(`?servername=${HOST}`, trusting),
      doctor("", trusting),
      doctor(`?servername=${HOST}`),
    ]);

    for (const node of cluster.nodes.slice(0, 3)) {
      expect(named).toMatch(new RegExp(`"redis_topology"[^}]*"ok"[^}]*:${node.port}`));
    }
    expect(unnamed).toContain("does not match certificate's altnames");
    expect(unnamed).toContain("?servername=HOST");
    expect(doubting).toMatch(/self.signed certificate|unable to verify/);
    expect(doubting).toContain("NODE_EXTRA_CA_CERTS");
  },
);
