import { existsSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { expect, onTestFinished, test, vi } from "vitest";
import { createUploads, UPLOAD_LIMITS } from "../../src/api/uploads.ts";

const DAY_MS = UPLOAD_LIMITS.keptMs;

async function openUpload() {
  const folder = mkdtempSync(join(tmpdir(), "dropcast-uploads-"));
  const uploads = createUploads({ folder, limits: UPLOAD_LIMITS });
  onTestFinished(() => {
    vi.useRealTimers();
    rmSync(folder, { recursive: true });
  });
  const received = await uploads.receive(Readable.from([Buffer.from("phone\n")]), "l.csv", {
    by: "anna",
    isKept: true,
  });
  if (!received.ok) throw new Error(received.refusal.code);
  return { uploads, list: received.value, path: uploads.folderOf(received.value.id) };
}

test("a list goes a day after its upload, even if its draft was saved again since", async () => {
  const { uploads, list, path } = await openUpload();
  vi.useFakeTimers({ now: list.expiresAt + 1, toFake: ["Date"] });
  writeFileSync(join(path, "draft.part"), "{}");
  renameSync(join(path, "draft.part"), join(path, "draft.json"));
  utimesSync(path, new Date(), new Date());

  await uploads.sweep(() => false);

  expect(existsSync(path)).toBe(false);
});

test("a list stays for its day, and longer while it is used", async () => {
  const { uploads, list, path } = await openUpload();
  vi.useFakeTimers({ now: list.expiresAt - DAY_MS / 2, toFake: ["Date"] });
  await uploads.sweep(() => false);
  expect(existsSync(path)).toBe(true);

  vi.setSystemTime(list.expiresAt + DAY_MS);
  await uploads.sweep((id) => id === list.id);
  expect(existsSync(path)).toBe(true);
});
