import { ROOT_CONTEXT, SpanKind, SpanStatusCode } from "@opentelemetry/api";
import type { Logger } from "pino";
import type { ImportFile } from "../producer/import-file.ts";
import type { ImportResult } from "../producer/report.ts";
import { createSparing } from "./sparing.ts";
import { messagingAttributes, type Tracing } from "./tracing.ts";

/** The same import with a span for each list: its campaign and counts, never its name or cells. */
export function traceImports(
  importFile: ImportFile,
  tracing: Tracing | undefined,
  logger: Pick<Logger, "debug">,
): ImportFile {
  if (tracing === undefined) return importFile;
  const sparing = createSparing(logger);
  return async (input) => {
    const startTime = Date.now();
    const result = await importFile(input);
    sparing(() => traceImport(tracing, result, startTime));
    return result;
  };
}

function traceImport({ tracer }: Tracing, result: ImportResult, startTime: number): void {
  const { number, campaign, rows, ok } = result.report;
  const span = tracer.startSpan(
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
}
