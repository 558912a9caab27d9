import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { createBeat } from "../../src/store/beat.ts";
import { createBeatMemory } from "../../src/worker/beat-memory.ts";

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), "dropcast-beat-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}

function memory(path: string) {
  const beat = createBeat("0123456789abcdef");
  return { beat, ...createBeatMemory({ path, beat, logger: pino({ level: "silent" }) }) };
}

test("a worker that starts remembers the beat that the one before it was told", async () => {
  const path = join(folder(), "beats", "main-1");
  const first = memory(path);
  await first.recall();
  expect(first.beat.seen()).toBe(0);
  first.beat.saw(41);
  first.beat.saw(17);
  await first.keep();
  const next = memory(path);
  await next.recall();
  expect(next.beat.seen()).toBe(41);
});

test("a worker that knows less does not lower what another has kept", async () => {
  const path = join(folder(), "main-1");
  const [slow, quick] = [memory(path), memory(path)];
  quick.beat.saw(90);
  await quick.keep();
  slow.beat.saw(12);
  await slow.keep();
  expect(readFileSync(path, "utf8").trim()).toBe("90");
});

test("a file that holds something else, or a folder that cannot be made, stops nobody", async () => {
  const dir = folder();
  const path = join(dir, "main-1");
  writeFileSync(path, "not a number");
  const odd = memory(path);
  await odd.recall();
  expect(odd.beat.seen()).toBe(0);
  const nowhere = memory(join(path, "below-a-file", "main-1"));
  nowhere.beat.saw(5);
  await nowhere.keep();
  expect(nowhere.beat.seen()).toBe(5);
});
