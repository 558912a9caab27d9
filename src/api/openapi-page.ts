import { html } from "hono/html";
import type { createRouter } from "./route.ts";

type Router = ReturnType<typeof createRouter>;
export type OpenApiDocument = ReturnType<Router["app"]["getOpenAPI31Document"]>;

type Html = ReturnType<typeof html>;
type Operation = NonNullable<NonNullable<OpenApiDocument["paths"]>[string]["get"]>;

const METHODS = ["get", "put", "post", "delete"] as const;

/**
 * The OpenAPI document as a page: every address by subject, with what it takes and answers. Made on
 * the server from the same document, so it needs no script and nothing from another host.
 */
export function openApiMain(document: OpenApiDocument): Html {
  const operations = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation === undefined ? [] : [{ path, method, operation }];
    }),
  );
  const tags = [...new Set(operations.map(({ operation }) => operation.tags?.[0] ?? ""))];
  const schemas = Object.entries(document.components?.schemas ?? {});
  return html`
    <h1>HTTP API <span class="quiet">${document.info.version}</span></h1>
    <p>${document.info.description}</p>
    <p>The same for machines: <a href="/api/openapi.json">/api/openapi.json</a> (OpenAPI 3.1).</p>
    ${tags.map(
      (tag) => html`<section class="card"><h2>${tag}</h2>
      ${operations
        .filter(({ operation }) => operation.tags?.[0] === tag)
        .map(({ path, method, operation }) => operationBox(path, method, operation))}
      </section>`,
    )}
    <section class="card"><h2>Shapes</h2>
      ${schemas.map(([name, schema]) => html`<details id="shape-${name}"><summary>${name}</summary>${json(schema)}</details>`)}
    </section>`;
}

function operationBox(path: string, method: string, operation: Operation): Html {
  const { summary, description, parameters = [], requestBody, responses = {} } = operation;
  return html`<details id="${operation.operationId}">
    <summary><code>${method.toUpperCase()} ${path}</code> ${summary}</summary>
    <p class="quiet">${description}</p>
    ${parameters.length === 0 ? "" : html`<h3>Takes</h3>${json(parameters)}`}
    ${requestBody === undefined ? "" : html`<h3>Body</h3>${json(requestBody)}`}
    <h3>Answers</h3>
    <dl>${Object.entries(responses as Responses).map(
      ([status, { description: words, content = {} }]) =>
        html`<dt>${status}</dt><dd>${words} ${
          status.startsWith("2")
            ? Object.entries(content).map(
                ([type, { schema }]) => html`<p class="quiet">${type}</p>${json(schema ?? {})}`,
              )
            : ""
        }</dd>`,
    )}</dl>
  </details>`;
}

type Responses = Readonly<
  Record<string, { description: string; content?: Readonly<Record<string, { schema?: unknown }>> }>
>;

function json(value: unknown): Html {
  return html`<pre><code>${JSON.stringify(value, null, 2)}</code></pre>`;
}
