import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { describeConfig, loadConfig } from "../../src/config/config.ts";
import { EVENT_TYPES } from "../../src/core/notice.ts";

const SECRET = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;
const SLACK = "https://hooks.slack.com/services/T000/B000/planted-token";

function load(yaml: string, files: Readonly<Record<string, string>> = {}) {
  const cwd = mkdtempSync(join(tmpdir(), "dropcast-config-"));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  writeFileSync(join(cwd, "dropcast.yaml"), `numbers: { main: {}, shop: {} }\n${yaml}`);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
  return loadConfig({ env: { DROPCAST_CONFIG: "dropcast.yaml" }, cwd });
}

function endpoints(yaml: string, files: Readonly<Record<string, string>> = {}) {
  const loaded = load(yaml, files);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config.webhooksOut;
}

function problems(yaml: string, files: Readonly<Record<string, string>> = {}): string[] {
  const loaded = load(yaml, files);
  return loaded.ok ? [] : loaded.problems.map(({ name, message }) => `${name} ${message}`);
}

test("one endpoint, with everything that has a default", () => {
  const url = "https://crm.example.com/hooks?key=planted-key";

  const [endpoint, ...others] = endpoints(`webhooksOut: { url: "${url}", secret: ${SECRET} }`);

  expect(others).toEqual([]);
  expect(endpoint).toEqual({
    ...{ id: expect.stringMatching(/^[0-9a-f]{12}$/), url, numbers: null, allowPrivate: false },
    name: expect.stringMatching(/^crm\.example\.com #[0-9a-f]{6}$/),
    ...{ format: "standard", events: new Set(EVENT_TYPES) },
    secrets: [Buffer.alloc(32, 5).toString("base64")],
  });
});

test("a list of endpoints, with secrets in files, events, numbers and a private address", () => {
  const yaml = `webhooksOut:
  - { url: https://10.1.2.3/hook, secretFile: secret, allowPrivate: true, numbers: [shop] }
  - { urlFile: slack, format: slack, events: [campaign.paused, number.suspended] }
  - { url: "http://127.0.0.1:9000/", secret: "${SECRET} whsec_${Buffer.alloc(24, 6).toString("base64")}" }
`;

  const all = endpoints(yaml, { secret: `${SECRET}\n`, slack: `${SLACK}\n` });

  expect(all).toMatchObject([
    { url: "https://10.1.2.3/hook", allowPrivate: true, numbers: new Set(["shop"]) },
    { url: SLACK, secrets: [], events: new Set(["campaign.paused", "number.suspended"]) },
    { url: "http://127.0.0.1:9000/", secrets: [expect.any(String), expect.any(String)] },
  ]);
  expect(new Set(all.map(({ id }) => id)).size).toBe(3);
});

test.each([
  [
    `{ url: "https://x.example", secret: ${SECRET}, event: [] }`,
    'webhooksOut.event is not a known key; did you mean "events"?',
  ],
  [
    `{ url: "https://x.example", secret: ${SECRET}, events: [campaign.puased] }`,
    'did you mean "campaign.paused"?',
  ],
  [
    `{ url: "https://x.example", secret: ${SECRET}, events: [] }`,
    "webhooksOut.events must name at least 1",
  ],
  [`{ url: "https://x.example", secret: ${SECRET}, format: slak }`, 'did you mean "slack"?'],
  [
    `{ url: "https://x.example", secret: ${SECRET}, numbers: [mian] }`,
    'not configured; did you mean "main"?',
  ],
  [`{ secret: ${SECRET} }`, "webhooksOut.url is missing"],
  [`{ url: "https://x.example" }`, "webhooksOut.secret is missing"],
  [`{ url: "https://x.example", secret: short }`, "webhooksOut.secret"],
  [`{ url: "https://x.example", secret: whsk_abc }`, "asymmetric"],
  [`{ url: "${SLACK}", format: slack, secret: ${SECRET} }`, "not used with format slack"],
  [`{ url: "http://x.example", secret: ${SECRET} }`, "is not an https URL"],
  [`{ url: "ftp://127.0.0.1/", secret: ${SECRET} }`, "is not an https URL"],
  [`{ url: "not a url", secret: ${SECRET} }`, "is not a URL"],
  [`{ url: "https://me:pass@x.example/", secret: ${SECRET} }`, "holds a user or a password"],
  [`{ url: "https://192.168.1.4/", secret: ${SECRET} }`, "is an address of a private network"],
  [
    `{ url: "https://[::ffff:10.0.0.1]/", secret: ${SECRET} }`,
    "is an address of a private network",
  ],
  [`{ url: "https://167772161/", secret: ${SECRET} }`, "is an address of a private network"],
  [
    `[{ url: "${SLACK}", format: slack }, { url: "${SLACK}", format: slack }]`,
    "webhooksOut.1.url is given twice",
  ],
  [`{ url: "${SLACK}", urlFile: slack, format: slack }`, "is given twice, also as urlFile"],
  ["text", "webhooksOut must be a block of keys and values"],
  [
    `[${Array.from({ length: 21 }, (_, at) => `{ url: "https://x.example/${at}", format: slack }`).join()}]`,
    "20 endpoints or fewer",
  ],
  ["{ urlFile: absent, format: slack }", "no such file"],
])("%s: %s", (yaml, expected) => {
  const found = problems(`webhooksOut: ${yaml}\n`).join("\n");

  expect(found).toContain(expected);
  for (const secret of [SECRET.slice(6), "planted", "me:pass"]) expect(found).not.toContain(secret);
});

test.each(['url: "http://x.example"', "urlFile: slack", 'url: "https://x.example"'])(
  "what is wrong with a value is told with its line: %s",
  (url) => {
    const [found = ""] = problems(`webhooksOut:\n  - secret: short\n    ${url}\n`, {
      slack: "ftp://x\n",
    });

    expect(found).toMatch(/dropcast\.yaml: line [23], column 5: webhooksOut\.0\.(url|secret)/);
  },
);

test("neither the description nor a broken file shows a URL or a secret", () => {
  const loaded = load(`webhooksOut: { url: "${SLACK}", format: slack }\n`);
  const broken = problems(`webhooksOut:\n  - url: "${SLACK}\n    format: slack\n`);

  expect(loaded.ok ? describeConfig(loaded.config).join("\n") : "").toMatch(
    /webhooks out: hooks\.slack\.com #[0-9a-f]{6}$/m,
  );
  expect(broken.join("\n")).not.toBe("");
  expect([...broken, ...(loaded.ok ? describeConfig(loaded.config) : [])].join()).not.toContain(
    "planted",
  );
});
