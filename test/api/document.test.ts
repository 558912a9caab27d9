import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { openApi } from "./support.ts";

interface Operation {
  readonly summary: string;
  readonly description: string;
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema?: object }>> }>
  >;
  readonly requestBody?: { readonly content: Readonly<Record<string, object>> };
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

let known: Document | undefined;

async function readDocument(): Promise<Document> {
  if (known !== undefined) return known;
  const { ask } = await openApi();
  known = (await (await ask("/api/openapi.json")).json()) as Document;
  return known;
}

/** The path of the document that an address is of. */
function pathOf({ paths }: Document, address: string): string | undefined {
  const [given = ""] = address.split("?");
  const fits = (path: string) => new RegExp(`^${path.replace(/\{\w+\}/g, "[^/]+")}$`).test(given);
  const all = Object.keys(paths).filter(fits);
  return all.find((path) => !path.includes("{")) ?? all[0];
}

describe("an answer", () => {
  const cases = [
    ["/api/campaigns", "get"],
    ["/api/campaigns/ID", "get"],
    ["/api/campaigns/ID/messages", "get"],
    ["/api/campaigns/ID/messages/1", "get"],
    ["/api/campaigns/ID/pause", "post"],
    ["/api/campaigns/ID/resume", "post"],
    ["/api/campaigns/ID/retry", "post"],
    ["/api/numbers", "get"],
    ["/api/lists", "get"],
    ["/api/opt-outs", "get"],
    ["/api/health", "get"],
  ] as const;

  it.each(cases)("of %s has the shape that the document says", async (address, method) => {
    const document = await readDocument();
    const { ask, test } = await openApi();
    const id = await test.import(2);
    await test.send(id, 1, "failed", { code: 131026 });
    const path = address.replace("ID", id);

    const answer = await ask(path, { method: method.toUpperCase() });
    const body = (await answer.json()) as unknown;

    const operation = document.paths[pathOf(document, path) ?? ""]?.[method];
    const schema = operation?.responses["200"]?.content?.["application/json"]?.schema;
    const definitions = document.components.schemas;
    const local = JSON.stringify({ ...schema, $defs: definitions }).replaceAll(
      "#/components/schemas/",
      "#/$defs/",
    );
    expect(answer.status).toBe(200);
    expect(schema).toBeDefined();
    const parsed = z.fromJSONSchema(JSON.parse(local)).safeParse(body);
    expect(parsed.error?.issues ?? []).toEqual([]);
  });
});

describe("docs/http-api.md", () => {
  const page = readFileSync(new URL("../../docs/http-api.md", import.meta.url), "utf8");

  it("has every address of the document (renew it with `vitest -u`)", async () => {
    const title = "## Every address";
    const { paths } = await readDocument();
    const rows = Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, { summary, description }]) => {
        const role = /Role: (\w+)\.$/.exec(description)?.[1] ?? "";
        return `| \`${method.toUpperCase()} ${path}\` | ${role} | ${summary} |`;
      }),
    );

    const table = ["| address | role | does |", "|---|---|---|", ...rows, ""].join("\n");

    await expect(`${page.slice(0, page.indexOf(title))}${title}\n\n${table}`).toMatchFileSnapshot(
      "../../docs/http-api.md",
    );
  });
  const blocks = [...page.matchAll(/```\n([\s\S]*?)```/g)].map(([, text]) => text ?? "");
  const commands = blocks
    .flatMap((text) => text.replaceAll("\\\n", " ").split("\n"))
    .filter((line) => line.startsWith("curl "));

  it("has examples", () => {
    expect(commands.length).toBeGreaterThan(10);
  });

  it.each(commands)("names an address that exists, with its method: %s", async (command) => {
    const document = await readDocument();
    const address = /http:\/\/127\.0\.0\.1:8080(\/[^\s"]*)/.exec(command)?.[1] ?? "";
    const named = /-X (POST|DELETE)/.exec(command)?.[1]?.toLowerCase();
    const implied = / -F | --json /.test(command) ? "post" : / -T /.test(command) ? "put" : "get";
    const method = named ?? implied;

    const operation = document.paths[pathOf(document, address) ?? ""]?.[method];

    expect(operation, `${method} ${address}`).toBeDefined();
    if (command.includes(" -F ")) {
      expect(Object.keys(operation?.requestBody?.content ?? {})).toContain("multipart/form-data");
    }
  });

  const bodies = commands.flatMap((command) => {
    const [, body] = /--json '([^']*)'/.exec(command) ?? [];
    return body === undefined ? [] : [[command, body] as const];
  });

  it.each(bodies)("gives a body that the address takes: %s", async (command, body) => {
    const document = await readDocument();
    const address = /http:\/\/127\.0\.0\.1:8080(\/[^\s"]*)/.exec(command)?.[1] ?? "";
    const operation = document.paths[pathOf(document, address) ?? ""]?.["post"];
    const content = operation?.requestBody?.content["application/json"] as { schema: object };
    const local = JSON.stringify({ ...content.schema, $defs: document.components.schemas });

    const schema = z.fromJSONSchema(
      JSON.parse(local.replaceAll("#/components/schemas/", "#/$defs/")),
    );

    expect(schema.safeParse(JSON.parse(body)).error?.issues ?? []).toEqual([]);
  });
});
