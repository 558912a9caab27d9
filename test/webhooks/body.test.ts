import type { IncomingMessage } from "node:http";
import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { readBody } from "../../src/webhooks/body.ts";
import { createBodyBudget } from "../../src/webhooks/body-budget.ts";

/** A request whose body comes as the test writes it. */
function request(headers: Record<string, string> = {}) {
  const stream = new PassThrough();
  return { stream, request: Object.assign(stream, { headers }) as unknown as IncomingMessage };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("a body", () => {
  test("is its bytes in their order, in however many pieces, and holds no room at its end", async () => {
    const budget = createBodyBudget(1_000);
    for (const pieces of [
      [""],
      ["a"],
      ["ab", "c"],
      ["a", "bcdefgh", "i", "jk"],
      "abcdefgh".split(""),
    ]) {
      const { stream, request: asked } = request();
      const read = readBody(asked, 100, budget);
      for (const piece of pieces) {
        stream.write(piece);
        await turn();
      }
      stream.end();

      expect(String(await read)).toBe(pieces.join(""));
      expect(budget.held()).toBe(0);
    }
  });

  test("takes the room of its buffer, which doubles and is never above the limit", async () => {
    const budget = createBodyBudget(1_000);
    const { stream, request: asked } = request();
    const read = readBody(asked, 100, budget);
    const held: number[] = [];
    for (const bytes of [10, 5, 25, 10, 40, 10]) {
      stream.write(Buffer.alloc(bytes, "x"));
      await turn();
      held.push(budget.held());
    }
    stream.end();

    expect(held).toEqual([10, 20, 40, 80, 100, 100]);
    expect(await read).toHaveLength(100);
  });

  test("of just the limit is taken, and one byte more is not, declared or counted", async () => {
    const budget = createBodyBudget(1_000);
    for (const headers of [{}, { "content-length": "100" }]) {
      const { stream, request: asked } = request(headers);
      const read = readBody(asked, 100, budget);
      stream.end(Buffer.alloc(100));

      expect(await read).toHaveLength(100);
    }
    const { request: declared } = request({ "content-length": "101" });
    expect(await readBody(declared, 100, budget)).toBe("too_large");
    expect(declared.listenerCount("data")).toBe(0);
    const { stream, request: counted } = request();
    const read = readBody(counted, 100, budget);
    stream.write(Buffer.alloc(60));
    stream.write(Buffer.alloc(41));
    expect(await read).toBe("too_large");
    expect(counted.isPaused()).toBe(true);
    expect(budget.held()).toBe(0);
  });

  test("that comes whole in one piece asks for no room, and one in two pieces does", async () => {
    const opened: string[] = [];
    const budget = createBodyBudget(1_000);
    const watched = {
      ...budget,
      open: (refuse: () => void) => {
        opened.push("open");
        return budget.open(refuse);
      },
    };
    const whole = request({ "content-length": "4" });
    const read = readBody(whole.request, 100, watched);
    whole.stream.end("abcd");
    expect(String(await read)).toBe("abcd");
    expect(opened).toEqual([]);

    const two = request({ "content-length": "4" });
    const later = readBody(two.request, 100, watched);
    two.stream.write("ab");
    await turn();
    two.stream.end("cd");
    expect(String(await later)).toBe("abcd");
    expect(opened).toEqual(["open"]);
  });

  test("that must make room is given up and read no further; one that is cut is told so", async () => {
    const budget = createBodyBudget(50);
    const [first, second] = [request(), request()];
    const reads = [readBody(first.request, 100, budget), readBody(second.request, 100, budget)];
    first.stream.write(Buffer.alloc(30));
    await turn();
    second.stream.write(Buffer.alloc(30));
    await turn();

    expect(await reads[0]).toBe("no_room");
    expect(first.request.isPaused()).toBe(true);
    expect(first.request.listenerCount("data")).toBe(0);
    expect(budget.held()).toBe(30);
    second.stream.destroy(new Error("aborted"));
    expect(await reads[1]).toBe("cut");
    expect(budget.held()).toBe(0);
  });
});
