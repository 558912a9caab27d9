import { ROOT_CONTEXT, SpanKind, SpanStatusCode } from "@opentelemetry/api";
import type { ImportFile } from "../producer/import-file.ts";
import { messagingAttributes, type Tracing } from "./tracing.ts";

/** The same import with a span for each list: its campaign and counts, never its name or cells. */
export function traceImports(importFile: ImportFile, tracing: Tracing | undefined): ImportFile {
  if (tracing === undefined) return importFile;
  return async (input) => {
    const startTime = Date.now();
    const result = await importFile(input);
    const { number, campaign, rows, ok } = result.report;
    const span = tracing.tracer.startSpan(
      `import ${number ?? "list"}`,
      {
        kind: SpanKind.PRODUCER,
        startTime,
        attributes: {
          ...messagingAttributes(number ?? "", "import"),
          "messaging.batch.message_count": ok,
          "dropcast.rows": rows,
          ...(campaign === null ? {} : { "dropcast.campaign": campaign }),
        },
        root: true,
      },
      ROOT_CONTEXT,
    );
    if (!result.ok) {
      span.setAttribute("error.type", result.refusal.code);
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
    span.end();
    return result;
  };
}
