import { z } from "@hono/zod-openapi";
import { actJson } from "../campaigns/act-words.ts";
import { failedDropJson, readDrops } from "../campaigns/drops.ts";
import type { Stores } from "../campaigns/find.ts";
import { readRecurring, recurringJson } from "../campaigns/recurring.ts";
import { isoTime } from "../core/format.ts";
import { accept } from "../core/refusal.ts";
import type { ActLog } from "../store/index.ts";
import { visibleStores } from "./access.ts";
import { actSchema } from "./audit.ts";
import type { Router } from "./route.ts";
import { orNull, time } from "./schemas.ts";

const failedJson = z
  .object({
    file: z.string().openapi({ description: "As it was dropped." }),
    at: time,
    number: z.string().nullable(),
    ...{ code: z.string(), message: z.string(), fix: z.string() },
    ...{ rows: z.int(), rejected: z.int() },
    problems: z.array(z.object({ reason: z.string(), count: z.int(), lines: z.array(z.int()) })),
  })
  .openapi("FailedDrop");

const runJson = z.object({
  ...{ due: time.nullable(), at: time.nullable(), outcome: z.string() },
  ...{ campaign: z.string().nullable(), detail: z.string() },
});

const recurringSchema = z
  .object({
    ...{ name: z.string(), cron: z.string().nullable(), timezone: z.string().nullable() },
    ...{ source: z.string().nullable(), problem: z.string().nullable() },
    ...{ next: time.nullable(), seenAt: time.nullable(), last: orNull(runJson) },
  })
  .openapi("RecurringFile");

const dropsJson = z.object({
  folders: z.array(
    z.object({ host: z.string(), dir: z.string(), seenAt: time, running: z.boolean() }),
  ),
  failed: z.array(failedJson),
  waiting: z.array(z.object({ file: z.string(), why: z.string() })),
  imported: z.array(actSchema),
  recurring: z.array(recurringSchema),
});

/** The drop folders of the deployment, as their producers report them. */
export function addDrops(
  { route }: Router,
  { stores, acts }: { readonly stores: Stores; readonly acts: Pick<ActLog, "read"> },
): void {
  route(
    {
      ...{ method: "get", path: "/api/drops", name: "drops", tag: "Drops", role: "viewer" },
      summary: "Dropped lists: failed, waiting, imported; and recurring campaign files",
      description:
        "Producers report every half minute. Who is limited to some numbers gets the lists of these.",
      ...{ answer: dropsJson, problems: [] },
    },
    async ({ access }) => {
      const visible = visibleStores(stores, access);
      const isLimited = access.numbers !== null;
      const [drops, recurring] = await Promise.all([
        readDrops(visible, acts, access.numbers),
        isLimited ? [] : readRecurring(visible),
      ]);
      return accept({
        folders: drops.folders.map(({ host, dir, seenAt, isLive }) => ({
          ...{ host, dir, seenAt: isoTime(seenAt), running: isLive },
        })),
        failed: drops.failed.map(failedDropJson),
        waiting: [...drops.waiting],
        imported: drops.imported.map(actJson),
        recurring: recurring.map(recurringJson),
      });
    },
  );
}
