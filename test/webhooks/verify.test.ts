import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createVerifier, type Verifier } from "../../src/webhooks/verify.ts";
import {
  OTHER_WEBHOOK_SECRET,
  signWebhook,
  WEBHOOK_SAMPLES,
  WEBHOOK_SECRET,
  WEBHOOK_VECTORS,
} from "../support/webhook-samples.ts";

const NOW_S = 1_727_862_653;
const BODY = WEBHOOK_SAMPLES.sent;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW_S * 1000 });
});
afterEach(() => {
  vi.useRealTimers();
});

function verifierOf(numbers: Record<string, string[]>): Verifier {
  const made = createVerifier(
    Object.entries(numbers).map(([name, webhookSecrets]) => ({ name, webhookSecrets })),
  );
  if (!made.ok) throw new Error(made.refusal.message);
  return made.value;
}

function judge(
  verifier: Verifier,
  body: string | Buffer,
  headers: Readonly<Record<string, string>>,
  number: string | null = null,
): string {
  const raw = Object.entries(headers).flat();
  const verdict = verifier.verify(Buffer.from(body), raw, number);
  return verdict.ok ? `ok ${verdict.numbers.join("+")}` : verdict.problem.refusal.code;
}

const main = verifierOf({ main: [WEBHOOK_SECRET] });

describe("known signatures", () => {
  for (const vector of WEBHOOK_VECTORS) {
    test(`${vector.name} is verified`, () => {
      vi.setSystemTime(vector.timestamp * 1000);
      const verifier = verifierOf({ main: [vector.secret] });
      const raw = ["Webhook-Id", vector.id, "WEBHOOK-TIMESTAMP", String(vector.timestamp)];

      const verdict = verifier.verify(
        Buffer.from(vector.body),
        [...raw, "webhook-signature", vector.signature],
        null,
      );

      expect(verdict).toEqual({
        ok: true,
        text: vector.body,
        signedAtMs: vector.timestamp * 1000,
        numbers: ["main"],
      });
    });
  }

  test("a secret is accepted with and without its prefix", () => {
    const verifier = verifierOf({ main: [WEBHOOK_SECRET.replace("whsec_", "")] });
    expect(judge(verifier, BODY, signWebhook(BODY))).toBe("ok main");
  });

  test("a byte order mark is part of what is signed", () => {
    const body = `\uFEFF${BODY}`;
    expect(judge(main, body, signWebhook(body))).toBe("ok main");
    expect(judge(main, BODY, signWebhook(body))).toBe("webhooks_signature_mismatch");
  });
});

test("whatever is signed or broken, the verdict is that of the reference library", () => {
  const library = new Webhook(WEBHOOK_SECRET);
  const other = new Webhook(OTHER_WEBHOOK_SECRET);
  const text = fc.string({ unit: "grapheme", maxLength: 200 });
  const id = fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 40 });
  const list = fc.array(fc.constantFrom("right", "other", "v0", "cut", "empty", "more"), {
    minLength: 1,
    maxLength: 4,
  });
  const verdicts = new Set<boolean>();
  fc.assert(
    fc.property(id, text, list, fc.boolean(), (name, body, kinds, isChanged) => {
      const right = library.sign(name, new Date(NOW_S * 1000), body);
      const signatures: Record<string, string> = {
        right,
        other: other.sign(name, new Date(NOW_S * 1000), body),
        v0: right.replace("v1", "v0"),
        cut: right.slice(0, -1),
        empty: "v1,",
        more: `${right},more`,
      };
      const headers = {
        "webhook-id": name,
        "webhook-timestamp": String(NOW_S),
        "webhook-signature": kinds.map((kind) => signatures[kind]).join(" "),
      };
      const received = isChanged ? `${body} ` : body;
      let expected = true;
      try {
        library.verify(received, headers, { jsonParse: false });
      } catch {
        expected = false;
      }
      verdicts.add(expected);
      expect(judge(main, received, headers) === "ok main").toBe(expected);
    }),
  );
  expect(verdicts.size).toBe(2);
});

describe("forgery", () => {
  test("one flipped bit anywhere in body, id, timestamp or signature is never verified", () => {
    const signed = signWebhook(BODY, { id: "msg_2f9c" });
    const random = seeded(20_241_002);
    const verdicts = new Map<string, number>();

    for (let round = 0; round < 400; round += 1) {
      const where = (["body", "webhook-id", "webhook-timestamp", "webhook-signature"] as const)[
        round % 4
      ] as "body" | keyof typeof signed;
      const original = where === "body" ? BODY : signed[where];
      const bytes = Buffer.from(original, "latin1");
      const at = Math.floor(random() * bytes.length);
      bytes[at] = (bytes[at] as number) ^ (1 << Math.floor(random() * 8));
      const flipped = bytes.toString("latin1");
      const verdict =
        where === "body"
          ? judge(main, bytes, signed)
          : judge(main, BODY, { ...signed, [where]: flipped });
      verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
    }

    expect([...verdicts.keys()].filter((verdict) => verdict.startsWith("ok"))).toEqual([]);
    expect(verdicts.get("webhooks_signature_mismatch")).toBeGreaterThan(150);
  });

  test.each([
    ["nothing after the version", "v1,"],
    ["only the version", "v1"],
    ["a comma", ","],
    ["another version", signature().replace("v1,", "v2,")],
    ["an asymmetric signature", signature().replace("v1,", "v1a,")],
    ["the signature without a version", signature().slice(3)],
    ["a truncated signature", signature().slice(0, -4)],
    ["the signature in base64url", `v1,${"_".repeat(43)}=`],
  ])("%s does not verify", (_, value) => {
    const headers = { ...signWebhook(BODY), "webhook-signature": value };
    expect(judge(main, BODY, headers)).toBe("webhooks_signature_mismatch");
  });

  test("a body that is re-serialised does not verify", () => {
    const body = JSON.stringify(JSON.parse(BODY));
    expect(judge(main, body, signWebhook(BODY))).toBe("webhooks_signature_mismatch");
  });

  test("bytes that are no UTF-8 are refused before they are read lossily", () => {
    const body = Buffer.from([0x7b, 0xff, 0x7d]);
    // What a lossy reading makes of it: this signature would pass for 0xFE as well.
    const headers = signWebhook(body.toString("utf8"));
    expect(judge(main, body, headers)).toBe("webhooks_body_not_utf8");
  });
});

describe("headers", () => {
  test.each(["webhook-id", "webhook-timestamp", "webhook-signature"] as const)(
    "%s must be there, and once",
    (name) => {
      const signed = signWebhook(BODY);
      const raw = Object.entries(signed).flat();
      const twice = [...raw, name.toUpperCase(), signed[name]];

      expect(judge(main, BODY, { ...signed, [name]: "" })).toBe("webhooks_header_missing");
      expect(judge(main, BODY, omit(signed, name))).toBe("webhooks_header_missing");
      expect(main.verify(Buffer.from(BODY), twice, null)).toMatchObject({
        problem: { status: 400, refusal: { code: "webhooks_header_repeated" } },
      });
    },
  );

  test.each(["hello", "123abc", "1727862653.0", "-1", "+1727862653", "0x66fd1a3d", "1e9", "٣"])(
    "the timestamp %s is malformed",
    (timestamp) => {
      const headers = signWebhook(BODY, { timestamp });
      expect(judge(main, BODY, headers)).toBe("webhooks_header_malformed");
    },
  );

  test("a leading zero is malformed, since the library signs the number and not the text", () => {
    const headers = { ...signWebhook(BODY), "webhook-timestamp": `0${NOW_S}` };
    expect(judge(main, BODY, headers)).toBe("webhooks_header_malformed");
  });

  test("a list of signatures passes when any of them is right, up to 16", () => {
    const right = signature();
    const list = (length: number) => `${"v1,bad ".repeat(length - 1)}${right}`;
    const withList = (value: string) => ({ ...signWebhook(BODY), "webhook-signature": value });

    expect(judge(main, BODY, withList(`v1,bad v2,x ${right} v1,bad`))).toBe("ok main");
    expect(judge(main, BODY, withList(list(16)))).toBe("ok main");
    expect(judge(main, BODY, withList(list(17)))).toBe("webhooks_header_malformed");
  });
});

describe("time", () => {
  test.each([-300, -299, 0, 299, 300])("%i s away is accepted", (offset) => {
    const headers = signWebhook(BODY, { timestamp: NOW_S + offset });
    expect(judge(main, BODY, headers)).toBe("ok main");
  });

  test.each([-301, 301, -NOW_S, 900_000_000_000 - NOW_S])("%i s away is stale", (offset) => {
    const headers = signWebhook(BODY, { timestamp: NOW_S + offset });
    expect(judge(main, BODY, headers)).toBe("webhooks_timestamp_stale");
  });

  test("a request replayed within the tolerance passes, after it not", () => {
    const headers = signWebhook(BODY);
    expect(judge(main, BODY, headers)).toBe("ok main");
    vi.setSystemTime((NOW_S + 301) * 1000);
    expect(judge(main, BODY, headers)).toBe("webhooks_timestamp_stale");
  });
});

describe("secrets and numbers", () => {
  test("while a secret is rotated, the old and the new one both verify", () => {
    const verifier = verifierOf({ main: [OTHER_WEBHOOK_SECRET, WEBHOOK_SECRET] });

    expect(judge(verifier, BODY, signWebhook(BODY))).toBe("ok main");
    expect(judge(verifier, BODY, signWebhook(BODY, { secret: OTHER_WEBHOOK_SECRET }))).toBe(
      "ok main",
    );
  });

  test("the number whose secret verifies is meant", () => {
    const verifier = verifierOf({ main: [WEBHOOK_SECRET], shop: [OTHER_WEBHOOK_SECRET] });
    const headers = signWebhook(BODY, { secret: OTHER_WEBHOOK_SECRET });
    expect(judge(verifier, BODY, headers)).toBe("ok shop");
  });

  test("with a number in the path only that number's secrets count", () => {
    const verifier = verifierOf({ main: [WEBHOOK_SECRET], shop: [OTHER_WEBHOOK_SECRET] });

    expect(judge(verifier, BODY, signWebhook(BODY), "main")).toBe("ok main");
    expect(judge(verifier, BODY, signWebhook(BODY), "shop")).toBe("webhooks_signature_mismatch");
  });

  test("numbers that share a secret are all meant, unless the path names one", () => {
    const verifier = verifierOf({ main: [WEBHOOK_SECRET], shop: [WEBHOOK_SECRET.slice(6)] });

    expect(judge(verifier, BODY, signWebhook(BODY))).toBe("ok main+shop");
    expect(judge(verifier, BODY, signWebhook(BODY), "shop")).toBe("ok shop");
  });

  test("signatures of the old and the new secret reach the number that has only the new one", () => {
    const verifier = verifierOf({ main: [WEBHOOK_SECRET], shop: [OTHER_WEBHOOK_SECRET] });
    const other = signWebhook(BODY, { secret: OTHER_WEBHOOK_SECRET })["webhook-signature"];
    const headers = { ...signWebhook(BODY), "webhook-signature": `${signature()} ${other}` };

    expect(judge(verifier, BODY, headers)).toBe("ok main+shop");
  });

  test("a number without a secret verifies nothing", () => {
    const verifier = verifierOf({ main: [WEBHOOK_SECRET], shop: [] });
    expect(judge(verifier, BODY, signWebhook(BODY), "shop")).toBe("webhooks_signature_mismatch");
  });

  test.each(["", "whsec_", "whsec_!!!!", "===="])(
    "the secret %j is refused at the start",
    (secret) => {
      const made = createVerifier([{ name: "main", webhookSecrets: [WEBHOOK_SECRET, secret] }]);
      expect(made).toMatchObject({ ok: false, refusal: { code: "webhook_secret_unusable" } });
    },
  );

  test("no secret at all is refused at the start", () => {
    const made = createVerifier([{ name: "main", webhookSecrets: [] }]);
    expect(made).toMatchObject({ ok: false, refusal: { code: "webhook_secret_missing" } });
  });
});

function signature(): string {
  return signWebhook(BODY, { timestamp: NOW_S })["webhook-signature"];
}

function omit(headers: Record<string, string>, name: string): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name));
}

/** mulberry32: the same flips in each run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
