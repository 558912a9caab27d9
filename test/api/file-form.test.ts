import { utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import type { ApiContext } from "../../src/api/access.ts";
import { readFileForm } from "../../src/api/file-form.ts";
import type { Uploads } from "../../src/api/uploads.ts";
import { problemCode } from "../dashboard/support.ts";
import { openTestStore } from "../support/campaigns.ts";
import { startOwnRedis } from "../support/redis.ts";
import { OPERATOR, openApi } from "./support.ts";

const LONG = `${"名".repeat(100)}.csv`;
const LIST = "phone\n+48600700801\n";

function contextOf(request: Request): ApiContext {
  return {
    req: { header: (name: string) => request.headers.get(name) ?? undefined, raw: request },
    get: () => OPERATOR,
  } as unknown as ApiContext;
}

describe("the name of a list", () => {
  it.each([LONG, "😀".repeat(90), `a${"é".repeat(150)}.csv`, "…".repeat(99)])(
    "is cut to what a disk takes: %s",
    async (name) => {
      const { ask, onDisk } = await openApi();
      const init = { method: "PUT", body: LIST };

      const put = await ask(`/api/lists?name=${encodeURIComponent(name)}`, init);
      const { name: shown } = (await put.json()) as { name: string };

      expect(put.status).toBe(201);
      expect(Buffer.byteLength(shown)).toBeLessThan(140);
      expect(shown).toMatch(/^[^\ufffd].*\.csv$/u);
      expect(onDisk()).toHaveLength(1);
    },
  );

  it("may be long in a form", async () => {
    const { ask, test } = await openApi();
    const body = new FormData();
    body.append("campaign", campaignOf(test.number));
    body.append("list", new Blob([LIST]), LONG);

    const checked = await ask("/api/campaigns/preflight", { method: "POST", body });

    expect(checked.status).toBe(200);
  });

  it("may be that of rejected rows that were downloaded and corrected", async () => {
    const { ask, test } = await openApi();
    const put = await ask("/api/lists?name=rejects.csv", { method: "PUT", body: `${LIST}12\n` });
    const { id: list } = (await put.json()) as { id: string };
    const json = { campaign: campaignOf(test.number), list };

    const answers = [
      await ask("/api/campaigns/preflight", { json }),
      await ask("/api/campaigns/preflight", { json }),
    ];

    for (const answer of answers) {
      expect(await answer.json()).toMatchObject({ report: { rows: 2, ok: 1, rejected: 1 } });
    }
  });
});

describe("a form", () => {
  it("that brings two small lists is refused each time, and none is kept", async () => {
    const { ask, onDisk, test } = await openApi();
    const answers: [number, string][] = [];
    for (let nth = 0; nth < 5; nth++) {
      const body = new FormData();
      body.append("campaign", campaignOf(test.number));
      body.append("list", new Blob([LIST]), "one.csv");
      body.append("list", new Blob([`${LIST}+48600700802\n`]), "two.csv");
      const answer = await ask("/api/campaigns/preflight", { method: "POST", body });
      answers.push([answer.status, await problemCode(answer)]);
    }

    expect(answers).toEqual(Array(5).fill([400, "dashboard_body_invalid"]));
    expect(onDisk()).toEqual([]);
  });

  it.each(["campaign", "list"])("that is cut off within its %s is refused", async (name) => {
    const { ask, onDisk } = await openApi();
    const body = new ReadableStream({
      start(source) {
        source.enqueue(Buffer.from(partOf("list", "phone\n") + partOf(name, "a").slice(0, -2)));
        source.error(new Error("the line was cut"));
      },
    });
    const answer = await ask("/api/campaigns", {
      ...{ method: "POST", body, headers: { "content-type": FORM } },
      duplex: "half",
    } as RequestInit);

    expect(answer.status).toBe(400);
    expect(onDisk()).toEqual([]);
  });

  it("whose list cannot be stored fails by itself, while the rest still comes", async () => {
    const rest = new PassThrough();
    rest.write(partOf("list", "phone\n"));
    const request = new Request("http://localhost/", {
      ...{ method: "POST", headers: { "content-type": FORM } },
      ...{ body: Readable.toWeb(rest), duplex: "half" },
    } as RequestInit);
    const receive = async () => {
      throw new Error("EIO");
    };
    const unhandled: unknown[] = [];
    const note = (error: unknown) => unhandled.push(error);
    process.on("unhandledRejection", note);
    try {
      const form = readFileForm(contextOf(request), { receive } as unknown as Uploads, {
        ...{ fields: [], isKept: false },
      });

      await expect(form).rejects.toThrow("EIO");
      await new Promise((resolve) => setImmediate(resolve));
      expect(unhandled).toEqual([]);
    } finally {
      process.off("unhandledRejection", note);
    }
  });
});

describe("lists that wait to be used", () => {
  const UPLOAD = { method: "PUT", body: LIST };
  const ids = async (answers: readonly Response[]) =>
    Promise.all(answers.map(async (answer) => ((await answer.json()) as { id: string }).id));

  it("are eight of a person, and take no room from others, nor from a whole request", async () => {
    // Its own: it adds opt-outs of the whole deployment.
    const redis = (await startOwnRedis()).connect();
    const { ask, onDisk, test } = await openApi({ test: await openTestStore({}, redis) });
    const kept: Response[] = [];
    for (let nth = 0; nth < 8; nth++) kept.push(await ask("/api/lists", UPLOAD));
    const body = new FormData();
    body.append("campaign", campaignOf(test.number));
    body.append("list", new Blob([LIST]), "people.csv");

    const ninth = await ask("/api/lists", UPLOAD);
    const other = await ask("/api/lists", { ...UPLOAD, access: { ...OPERATOR, who: "token:b" } });
    const checked = await ask("/api/campaigns/preflight", { method: "POST", body });
    const admin = { ...OPERATOR, role: "admin" as const };
    const optOuts = { method: "POST", body: LIST, access: admin };
    const imported = await ask("/api/opt-outs/import?source=crm", optOuts);

    expect(kept.map(({ status }) => status)).toEqual(Array(8).fill(201));
    expect([ninth.status, await problemCode(ninth)]).toEqual([503, "uploads_too_many"]);
    expect([other.status, checked.status, imported.status]).toEqual([201, 200, 200]);
    expect(onDisk()).toHaveLength(9);
  });

  it("give way after an hour, the oldest first, unless they are being imported", async () => {
    const { ask, folder, onDisk } = await openApi();
    const kept: Response[] = [];
    for (let nth = 0; nth < 8; nth++) kept.push(await ask("/api/lists", UPLOAD));
    const [used = "", newer = "", older = "", ...fresh] = await ids(kept);
    writeFileSync(join(folder, used, "campaign-0123456789abcdef"), "name: A");
    const hoursAgo = (id: string, hours: number) => {
      const at = Date.now() / 1_000 - hours * 3_600 - 1;
      utimesSync(join(folder, id), at, at);
    };
    hoursAgo(used, 3);
    hoursAgo(older, 2);
    hoursAgo(newer, 1);

    const ninth = await ask("/api/lists", UPLOAD);
    const tenth = await ask("/api/lists", UPLOAD);
    const eleventh = await ask("/api/lists", UPLOAD);
    const added = await ids([ninth, tenth]);

    expect([ninth.status, tenth.status, eleventh.status]).toEqual([201, 201, 503]);
    expect(onDisk().sort()).toEqual([used, ...fresh, ...added].sort());
  });
});

const FORM = "multipart/form-data; boundary=b";

function partOf(name: string, text: string): string {
  return `--b\r\ncontent-disposition: form-data; name="${name}"; filename="x"\r\n\r\n${text}\r\n`;
}

function campaignOf(number: string): string {
  return [
    `name: Long names\nnumber: ${number}`,
    "template: { name: spring_sale, language: { code: en_US } }",
    "category: utility",
  ].join("\n");
}
