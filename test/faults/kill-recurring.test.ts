import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { createRecurring } from "../../src/store/campaigns/recurring.ts";
import { deploymentKeys } from "../../src/store/keys.ts";
import { createNumberStore } from "../../src/store/number-store.ts";
import { makePlace, startCli } from "../cli/run-cli.ts";
import { testPhone } from "../support/campaigns.ts";
import { connectTestRedis } from "../support/redis.ts";
import { SOON } from "../support/soon.ts";
import { published, seeded, seedsOf, volume } from "../support/volume.ts";

const NAME = "kill-recurring";
const ROUNDS = Math.max(3, volume(50));
const KILLS_A_ROUND = 2;
const AT_ONCE = 2;
const YEARLY = { cron: "0 0 1 1 *", timezone: "UTC" };

test.each(seedsOf(NAME))(
  "two producers are killed at any moment of a due time: it makes one campaign, each time",
  async (given) => {
    const chance = seeded(NAME, given);
    const place = makePlace({ DROPCAST_TIME_SCALE: "40" });
    const redis = connectTestRedis();
    const recurring = createRecurring(redis);
    const store = await createNumberStore({ redis, number: place.number });
    const name = `bills-${place.number}`;
    onTestFinished(() => recurring.leave(name));
    const key = deploymentKeys().recurring(name);
    const { number } = place;
    const drops = join(place.dir, "drops");
    mkdirSync(join(drops, "recurring"), { recursive: true });
    mkdirSync(join(place.dir, "exports"));
    const definition = {
      ...{ name: "Bills", number, category: "utility" },
      template: { name: "bill", language: { code: "en" } },
      recurring: { folder: "../../exports", ...YEARLY, name: "Bills {date}" },
    };
    writeFileSync(join(drops, "recurring", `${name}.yaml`), JSON.stringify(definition));
    await recurring.note(name, { ...YEARLY, source: "", nextMs: null, problem: null });

    for (let round = 1; round <= ROUNDS; round++) {
      const rows = Array.from({ length: 2_000 }, (_, row) => testPhone(round * 2_000 + row));
      writeFileSync(join(place.dir, "exports/list.csv"), `phone\n${rows.join("\n")}\n`);
      // The due time is open again, for Redis and for the drop folder.
      rmSync(join(drops, ".recurring"), { recursive: true, force: true });
      await redis.hset(key, "handled", 1);
      for (let kill = 0; kill < KILLS_A_ROUND; kill++) {
        await redis.hdel(key, "lease");
        const producers = Array.from({ length: AT_ONCE }, () => startCli(place, ["producer"]));
        await vi.waitFor(async () => {
          const { lease, handled } = await redis.hgetall(key);
          expect(lease !== undefined || Number(handled) > 1).toBe(true);
        }, SOON);
        await sleep(chance.int(0, 700));
        for (const { kill: end } of producers) end("SIGKILL");
        await Promise.all(producers.map(({ ended }) => ended));
      }
      const last = startCli(place, ["producer"]);
      await vi.waitFor(async () => {
        // The campaign first: before it there is nothing in `processing` either.
        expect(await store.campaigns.count()).toBe(round);
        expect(filesIn("processing")).toEqual([]);
        expect((await recurring.list()).find((one) => one.name === name)?.last).toMatchObject({
          outcome: "campaign",
        });
      }, SOON);
      last.kill("SIGTERM");
      await last.ended;
    }

    const campaigns = await store.campaigns.list({ max: 1_000 });
    expect(campaigns.map(({ rows, counts }) => [rows, counts.pending])).toEqual(
      Array.from({ length: ROUNDS }, () => [2_000, 2_000]),
    );
    expect(filesIn("failed")).toEqual([]);
    expect(filesIn("done").filter((file) => file.endsWith(".csv"))).toHaveLength(ROUNDS);
    published(NAME, chance.seed, {
      kills: ROUNDS * KILLS_A_ROUND * AT_ONCE,
      rows: campaigns.reduce((sum, { rows }) => sum + rows, 0),
      campaigns: campaigns.length,
    });

    function filesIn(folder: string): string[] {
      const path = join(drops, folder, "recurring");
      return existsSync(path) ? readdirSync(path) : [];
    }
  },
);
