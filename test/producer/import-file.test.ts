import { randomUUID } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Redis } from "ioredis";
import { expect, it } from "vitest";
import { createFileImporter } from "../../src/producer/import-file.ts";
import { peekList } from "../../src/producer/rejects/peek.ts";
import { keepNothing, type ListSink, storeIn } from "../../src/producer/sink/sink.ts";
import { redisInfo } from "../../src/redis/server.ts";
import { numberKeys } from "../../src/store/keys.ts";
import { openTestStore } from "../support/campaigns.ts";
import { startOwnRedis } from "../support/redis.ts";
import { encodeAs } from "./list/encoding/encode.ts";
import { testFolder } from "./list/read-list.ts";

const MIB = 1_024 * 1_024;

async function openPlace(redis?: Redis) {
  const bench = await openTestStore({}, redis);
  const folder = await testFolder();
  const csvPath = join(folder, "list.csv");
  const importerTo = (sink: ListSink) =>
    createFileImporter({
      numbers: { [bench.number]: {} },
      openNumber: () => ({
        ...{ sink, store: bench.store, country: "PL" },
        preflight: {
          ...{ people: bench.store.people, optOuts: bench.store.optOuts },
          ...{ ratePerSecond: 50, prices: null, nowMs: Date.now() },
        },
      }),
      mode: "sandbox",
    });
  const importFile = importerTo(storeIn(bench.store.imports));
  const checkFile = importerTo(keepNothing(bench.store.campaigns));
  const campaign = async (name: string): Promise<string> => {
    const path = join(folder, `${name}.json`);
    const template = {
      name: "t",
      language: { code: "en" },
      components: [{ type: "body", parameters: [{ type: "text", text: "{{name}}" }] }],
    };
    const recipients = { maxRejected: 0.9 };
    const definition = { name, number: bench.number, category: "utility", template, recipients };
    await writeFile(path, JSON.stringify(definition));
    return path;
  };
  return { bench, folder, csvPath, importFile, checkFile, campaign };
}

it("the rejects file of one campaign is not overwritten by the next one's of the same list", async () => {
  const { csvPath, importFile, campaign } = await openPlace();
  await writeFile(csvPath, "phone,name\n+48600100200,Ana\nbad,Ben\n");

  const first = await importFile({ campaignPath: await campaign("one"), csvPath });
  const path = csvPath.replace(".csv", ".rejects.csv");
  const corrected = (await readFile(path, "utf8")).replace("bad", "+48600100201");
  await writeFile(path, corrected);
  const second = await importFile({ campaignPath: await campaign("two"), csvPath });

  expect(first.report.rejectsFile).toBe(basename(path));
  expect(second.report.rejectsFile).toBe("list-2.rejects.csv");
  expect(await readFile(path, "utf8")).toBe(corrected);
});

it("a list that would fill Redis is refused with what to do, and leaves the memory and the list as they were", async () => {
  const redis = (await startOwnRedis()).connect();
  const { bench, csvPath, importFile, campaign } = await openPlace(redis);
  const rows = Array.from({ length: 60_000 }, (_, at) => `+48600${100_000 + at},${randomUUID()}`);
  await writeFile(csvPath, `phone,name\n${rows.join("\n")}\n`);
  const campaignPath = await campaign("one");
  const waiting = await bench.import(10);
  const used = Number((await redisInfo(redis, "memory")).get("used_memory"));
  await redis.config("SET", "maxmemory", used + 1.5 * MIB);

  const refused = await importFile({ campaignPath, csvPath });

  expect(refused).toMatchObject({ ok: false, refusal: { code: "redis_memory_short" } });
  const id = refused.report.campaign ?? "";
  const { status, rowsDeletedAt } = await bench.found(id);
  expect(status).toBe("rejected");
  expect(rowsDeletedAt).not.toBeNull();
  expect(await redis.keys(`${bench.own(id).campaign}:batch:*`)).toEqual([]);
  await bench.send(waiting, 1, "accepted");
  await redis.config("SET", "maxmemory", 0);
  expect(await importFile({ campaignPath, csvPath })).toMatchObject({ ok: true });
});

it("corrected rows leave the memory that sending needs, and are taken once there is more", async () => {
  const redis = (await startOwnRedis()).connect();
  const { bench, csvPath, importFile, checkFile, campaign } = await openPlace(redis);
  await writeFile(csvPath, "phone,name\n+48600100200,Ana\nbad,Ben\n");
  const { report } = await importFile({ campaignPath: await campaign("one"), csvPath });
  const path = csvPath.replace(".csv", ".rejects.csv");
  await writeFile(path, (await readFile(path, "utf8")).replace("bad", "+48600100201"));
  const corrected = { campaignPath: null, csvPath: path };
  const used = Number((await redisInfo(redis, "memory")).get("used_memory"));
  await redis.config("SET", "maxmemory", Math.ceil(1.05 * used));

  const refused = await importFile(corrected);
  const checked = await checkFile(corrected);
  const before = (await bench.found(report.campaign ?? "")).counts;
  await redis.config("SET", "maxmemory", 0);
  const taken = await importFile(corrected);

  expect(refused).toMatchObject({ ok: false, refusal: { code: "redis_memory_short" } });
  expect(checked.ok).toBe(true);
  expect(before).toMatchObject({ pending: 1, rejected: 1 });
  expect(taken).toMatchObject({ ok: true, report: { mended: 1 } });
});

it("a rejects file is read in the encoding that a person names, and a guess is told", async () => {
  const { bench, csvPath, importFile, checkFile, campaign } = await openPlace();
  await writeFile(csvPath, "phone,name\n+48600100200,Ana\nbad,Łucja Śliwa\n");
  await importFile({ campaignPath: await campaign("one"), csvPath });
  const path = csvPath.replace(".csv", ".rejects.csv");
  const text = (await readFile(path, "utf8")).replace("\ufeff", "").replace("bad", "600100201");
  await writeFile(path, encodeAs(text, "iso-8859-2"));
  const again = { campaignPath: null, csvPath: path };

  const guessed = await checkFile(again);
  const wrong = await checkFile({ ...again, encoding: "windows-1252" });
  const mended = await importFile({ ...again, encoding: "iso-8859-2" });

  expect(guessed.report).toMatchObject({ encodingGuessed: true, encodingSamples: ["Łucja Śliwa"] });
  expect(wrong.report).toMatchObject({ encoding: "windows-1252", encodingGuessed: false });
  expect(mended.report).toMatchObject({ encoding: "iso-8859-2", mended: 1 });
  const id = mended.report.campaign ?? "";
  expect((await bench.row(id, 2)).cells).toEqual(["600100201", "Łucja Śliwa"]);
});

it("a mended row is not told to be left out for a number that could not be reached lately", async () => {
  const { bench, csvPath, importFile, campaign } = await openPlace();
  const path = await campaign("one");
  const definition = JSON.parse(await readFile(path, "utf8"));
  definition.recipients.skipUndeliverable = "90d";
  await writeFile(path, JSON.stringify(definition));
  await writeFile(csvPath, "phone,name\n+48600100200,Ana\nbad,Ben\n");
  await importFile({ campaignPath: path, csvPath });
  const rejects = csvPath.replace(".csv", ".rejects.csv");
  await writeFile(rejects, (await readFile(rejects, "utf8")).replace("bad", "+48600100201"));
  await bench.redis.zadd(
    numberKeys(bench.number).undeliverable,
    Date.now(),
    bench.store.people.person("48600100201"),
  );

  const mended = await importFile({ campaignPath: null, csvPath: rejects });

  expect(mended.report).toMatchObject({ mended: 1, samples: [{ line: 2 }] });
  expect(mended.report.warnings.map(({ code }) => code)).not.toContain("undeliverable");
});

it("a list is what it was when it was opened, whatever takes its name meanwhile", async () => {
  const { bench, folder, csvPath, importFile, campaign } = await openPlace();
  await writeFile(csvPath, "phone,name\n+48600100200,Ana\n");
  const opened = await peekList(csvPath, { links: "refuse" });
  await writeFile(join(folder, "other.csv"), "phone,name\n+48600100299,Zoe\n");
  await rename(join(folder, "other.csv"), csvPath);

  const imported = await importFile({ campaignPath: await campaign("one"), csvPath, opened });

  if (opened.ok) await opened.value.close();
  expect(imported.report.samples).toMatchObject([{ body: { to: "48600100200" } }]);
  const id = imported.report.campaign ?? "";
  expect((await bench.row(id, 1)).cells).toEqual(["+48600100200", "Ana"]);
});

it("a list in UTF-16 that ends within a character is refused, not tripped over", async () => {
  const { csvPath, importFile, campaign } = await openPlace();
  const text = Buffer.from("\ufeffphone,name\n+48600100200,Ana\n", "utf16le").swap16();
  await writeFile(csvPath, text.subarray(0, -1));

  const imported = await importFile({ campaignPath: await campaign("one"), csvPath });

  expect(imported).toMatchObject({ ok: false, refusal: { code: "list_not_utf16" } });
});
