import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLivechatClient, type LivechatClient } from "../../src/livechat/client.ts";
import { type RawServer, startRawServer } from "../support/raw-server.ts";

/**
 * A cut can fall behind any byte. For each framing HTTP/1.1 knows, each position and both ways a
 * connection can end, the message stays in doubt unless the answer is whole.
 */
const BODY = `{"messaging_product":"whatsapp","contacts":[{"input":"48000000000","wa_id":"48000000000"}],"messages":[{"id":"wamid.${"A".repeat(64)}","message_status":"accepted"}],"padding":"${"p".repeat(250)}"}`;

const HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

const FRAMINGS: Record<string, string> = {
  length: `${HEAD}Content-Length: ${BODY.length}\r\n\r\n${BODY}`,
  "length and close": `${HEAD}Connection: close\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`,
  chunked: `${HEAD}Transfer-Encoding: chunked\r\n\r\n${chunks(BODY, 100)}0\r\n\r\n`,
  "chunked and close": `${HEAD}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n${chunks(BODY, 100)}0\r\n\r\n`,
  "until close": `${HEAD}Connection: close\r\n\r\n${BODY}`,
};

let server: RawServer;
let client: LivechatClient;

beforeAll(async () => {
  server = await startRawServer({
    answer: (socket, request) => {
      const { framing, cut, end } = JSON.parse(request.body) as Cut;
      const part = (FRAMINGS[framing] ?? "").slice(0, cut);
      if (end === "fin") socket.end(part);
      else if (part === "") socket.resetAndDestroy();
      else socket.write(part, () => setImmediate(() => socket.resetAndDestroy()));
    },
  });
  client = createLivechatClient({
    apiUrl: server.url,
    numberId: "n1",
    token: "dA==",
    connections: 16,
    answerTimeoutMs: 10_000,
  });
});

afterAll(async () => {
  await client.close();
  await server.close();
});

describe.each(Object.keys(FRAMINGS))("an answer framed by %s", (framing) => {
  const whole = FRAMINGS[framing] ?? "";

  it.each(["fin", "rst"] as const)(
    "is in doubt behind every byte but the last (%s)",
    async (end) => {
      const cuts = Array.from({ length: whole.length }, (_, cut) => ({ framing, cut, end }));
      const before = server.requests.length;

      const outcomes = await sendAll(cuts);

      const wrong = outcomes.flatMap((kind, cut) => (kind === "unknown" ? [] : [{ cut, kind }]));
      expect(wrong).toEqual([]);
      expect(server.requests.length - before).toBe(whole.length);
    },
  );

  it("is accepted when it is whole", async () => {
    expect(await sendAll([{ framing, cut: whole.length, end: "fin" }])).toEqual(["accepted"]);
  });
});

interface Cut {
  framing: string;
  cut: number;
  end: "fin" | "rst";
}

async function sendAll(cuts: readonly Cut[]): Promise<string[]> {
  const kinds: string[] = [];
  for (let from = 0; from < cuts.length; from += 16) {
    const part = cuts.slice(from, from + 16);
    const outcomes = await Promise.all(
      part.map((cut) => client.send(JSON.stringify(cut), performance.now())),
    );
    kinds.push(...outcomes.map((it) => it.kind));
  }
  return kinds;
}

function chunks(text: string, size: number): string {
  let framed = "";
  for (let from = 0; from < text.length; from += size) {
    const part = text.slice(from, from + size);
    framed += `${part.length.toString(16)}\r\n${part}\r\n`;
  }
  return framed;
}
