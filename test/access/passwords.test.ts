import { describe, expect, it } from "vitest";
import { hashPassword, isPassword } from "../../src/access/passwords.ts";
import { createTurns } from "../../src/access/turns.ts";

const CHEAP = { N: 2, r: 1, p: 1 };

describe("a hash of a password", () => {
  it("is of that password only, and differs each time", async () => {
    const [one, other] = [
      await hashPassword("grün & blau", CHEAP),
      await hashPassword("grün & blau", CHEAP),
    ];

    expect(one).not.toBe(other);
    expect(await isPassword("grün & blau", one)).toBe(true);
    expect(await isPassword("grün & blau".normalize("NFD"), one)).toBe(true);
    expect(await isPassword("grun & blau", one)).toBe(false);
    expect(await isPassword("", one)).toBe(false);
  });

  it("of another form has no password, and neither has one that is too long", async () => {
    const long = "x".repeat(1_025);

    expect(await isPassword("x", "")).toBe(false);
    expect(await isPassword("x", "scrypt$99999999$8$3$AAAA$BBBB")).toBe(false);
    expect(await isPassword(long, await hashPassword(long, CHEAP))).toBe(false);
  });
});

describe("turns", () => {
  it("alternate between addresses, so that one with many requests delays another by one", async () => {
    const { run } = createTurns({ atOnce: 1, eachMax: 10, allMax: 100 });
    const order: string[] = [];
    const ask = (address: string, name: string) => run(address, async () => void order.push(name));

    await Promise.all([
      ...[ask("a", "a1"), ask("a", "a2"), ask("a", "a3"), ask("a", "a4"), ask("b", "b1")],
    ]);

    expect(order).toEqual(["a1", "a2", "b1", "a3", "a4"]);
  });

  it("are refused to an address with too many that wait, and to all when too many wait", async () => {
    const { run } = createTurns({ atOnce: 1, eachMax: 2, allMax: 3 });
    let end: (value: string) => void = () => {};
    const gate = new Promise<string>((resolve) => {
      end = resolve;
    });
    const long = run("a", () => gate);
    const ask = (address: string) => run(address, async () => address);

    const asked = [ask("a"), ask("a"), ask("a"), ask("b"), ask("c")];
    end("first");

    expect([await long, ...(await Promise.all(asked))]).toEqual([
      "first",
      "a",
      "a",
      null,
      "b",
      null,
    ]);
  });

  it("go on after a task that failed", async () => {
    const { run } = createTurns({ atOnce: 1, eachMax: 2, allMax: 3 });

    await expect(run("a", () => Promise.reject(new Error("away")))).rejects.toThrow("away");
    expect(await run("a", async () => 1)).toBe(1);
  });
});
