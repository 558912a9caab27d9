import { SentinelConnector as AnySentinel, type SentinelConnectionOptions } from "ioredis";
import { failedStream } from "./failed-stream.ts";

/**
 * ioredis's own connector for Sentinels, which asks them at each connect. Its waiting for Sentinels
 * that do not answer is left to the client, so that each attempt has an end and a reason.
 */
export class SentinelConnector extends AnySentinel {
  constructor(options: unknown) {
    super(options as SentinelConnectionOptions);
  }

  override async connect(
    emit: Parameters<AnySentinel["connect"]>[0],
  ): ReturnType<AnySentinel["connect"]> {
    try {
      return await super.connect(emit);
    } catch (error) {
      // The client was closed meanwhile: only then it may end.
      if (!this.connecting) throw error;
      this.firstError = error instanceof Error ? error : new Error(String(error));
      return failedStream();
    }
  }
}
