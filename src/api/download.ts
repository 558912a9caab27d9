import type { HttpBindings } from "@hono/node-server";
import type { Logger } from "pino";
import type { ApiContext } from "./access.ts";

/** A part of a file. */
export type Chunks = AsyncIterable<string | Uint8Array>;

interface Download {
  readonly name: string;
  readonly type: string;
  readonly chunks: Chunks;
}

/**
 * Sends a file that is made while it is sent, so that memory does not grow with it. Its first part
 * is made before the answer begins: what fails at once is answered as any other failure. What fails
 * later cuts the connection, because half a file whose answer ends in order looks whole.
 */
export function createDownload(logger: Pick<Logger, "error">) {
  return async (context: ApiContext, { name, type, chunks }: Download): Promise<Response> => {
    const parts = chunks[Symbol.asyncIterator]();
    let made: IteratorResult<string | Uint8Array> | undefined = await parts.next();
    const body = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          try {
            const part = made ?? (await parts.next());
            made = undefined;
            if (part.done === true) controller.close();
            else controller.enqueue(bytesOf(part.value));
          } catch (error) {
            logger.error({ err: error, path: context.req.routePath }, "a download was cut off");
            // The server then cancels this stream.
            (context.env as HttpBindings).outgoing.destroy();
          }
        },
        async cancel() {
          await parts.return?.();
        },
      },
      { highWaterMark: 0 },
    );
    const headers = {
      "content-type": type,
      "content-disposition": `attachment; filename="${name}"`,
    };
    return new Response(body, { headers });
  };
}

export type SendDownload = ReturnType<typeof createDownload>;

function bytesOf(part: string | Uint8Array): Uint8Array {
  return typeof part === "string" ? Buffer.from(part) : part;
}
