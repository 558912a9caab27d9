import { memberOf, type PoolMember } from "../../core/pool.ts";
import type { BeginImport, ImportRow, NumberStore, StartChild } from "../../store/index.ts";
import { createBatchWriter, type RowWriter } from "../sink/batch-writer.ts";
import type { Begun, ListSink, Place } from "../sink/sink.ts";
import { createCanaryRows } from "./canary-rows.ts";
import { childDefinition } from "./child-definition.ts";
import { digestInPool } from "./known-pool.ts";
import { lastTried } from "./last-tried.ts";

/** The lease is 3 s: it survives two late heartbeats. */
const BEAT_EVERY_MS = 700;
/** Rows whose number is noted at once. */
const ORDER_AT_ONCE = 8_192;

interface Child {
  readonly store: NumberStore;
  readonly campaign: string;
  readonly token: string;
  readonly shortForms: boolean;
  readonly list: BeginImport;
}

interface Begins {
  readonly pool: string;
  readonly token: string;
  readonly children: readonly Child[];
}

/**
 * Lists become a campaign over several numbers: each row goes into the campaign of the number that
 * its person belongs to. The parent is taken first, and its token fences all that follows. No
 * child may send before the parent says `stored`, which is one step, after all rows of all children
 * are stored; each child is then finished, by this process or by the sweep of the workers. Killed
 * at any moment before that step, all is left `importing`, and the next import of the same bytes
 * fills the same campaigns again.
 */
export function poolSink(stores: readonly NumberStore[], members: readonly PoolMember[]): ListSink {
  const [first] = stores;
  if (first === undefined) throw new Error("A pool has no number.");
  const { pools } = first;
  const { person } = first.ledger;

  async function begin(list: BeginImport): Promise<Begun> {
    const { again, fresh = "begin", definition, file, columns, delimiter = "" } = list;
    const named = { digest: list.digest, fresh, members, definition, file, columns, delimiter };
    let begun = await pools.begin({ ...named, again });
    if (begun.kind === "known") {
      const campaign = await lastTried(stores, begun.pool);
      if (campaign !== null) return { kind: "already_imported", campaign, tried: null };
      begun = await pools.begin({ ...named, again: begun.pool });
    }
    if (begun.kind === "none") return { kind: "not_begun" };
    if (begun.kind === "busy") return { kind: "busy", campaign: begun.pool };
    // Another importer was faster.
    if (begun.kind === "known") {
      return { kind: "already_imported", campaign: begun.pool, tried: null };
    }
    const { pool, token, againOf } = begun as Extract<typeof begun, { token: string }>;
    const isNew = begun.kind === "begun";
    const children: Child[] = [];
    for (const [at, store] of stores.entries()) {
      const own = childList(list, { pool, againOf, isNew, members, at });
      const child = await store.imports.begin(own);
      // The deployment's slot has lost a pool of these bytes, or that it was stored.
      if (child.kind === "already_imported") {
        if (isNew) await giveUp({ pool, token, children }, child.campaign);
        return child;
      }
      // Its importer is dead, or lost the pool: it ends within its lease.
      if (child.kind !== "begun") return { kind: "busy", campaign: pool };
      const { campaign, token: itsToken, shortForms } = child;
      children.push({ store, campaign, token: itsToken, shortForms, list: own });
    }
    const ids = JSON.stringify(children.map(({ campaign }) => campaign));
    if (!(await pools.fill(pool, token, { fields: { children: ids } }))) {
      return { kind: "busy", campaign: pool };
    }
    return { kind: "begun", place: placeOf({ pool, token, children }, begun.kind === "restarted") };
  }

  async function giveUp({ pool, token, children }: Begins, known: string): Promise<void> {
    const message = `Its list was imported before, as ${known}.`;
    const refusal = { code: "already_imported", message, fix: "" } as const;
    for (const { store, campaign, token: own } of children) {
      await store.imports.reject({ campaign, token: own, refusal });
    }
    await pools.reject(pool, token, message);
  }

  function placeOf({ pool, token, children }: Begins, restarted: boolean): Place {
    let opened: PoolWriter | undefined;
    return {
      campaign: pool,
      // A corrected row may belong to another number: it is sent as a list of its own.
      ...{ mark: null, restarted, known: null },
      open() {
        opened = createPoolWriter({ pools: pools, pool, token, children, members, person });
        return opened;
      },
      async restart() {
        for (const { store, list, campaign, token: own } of children) {
          const again = await store.imports.beginAnew(list, { campaign, token: own });
          if (again === "lost") return "lost";
        }
        return "begun";
      },
      async finish({ phoneStyle, places, rows }) {
        const parts = opened?.parts() ?? [];
        const start = children.map(({ campaign, token: own, list }, at): StartChild => {
          const part = parts[at] ?? { rows: 0, batches: 0, pending: 0, canaryRows: [] };
          const pending = parts.reduce((sum, one) => sum + one.pending, 0);
          const { approval = null } = list;
          return {
            ...{ campaign, token: own, rows: part.rows, batches: part.batches, phoneStyle, places },
            canaryRows: part.canaryRows,
            ...(approval === null ? {} : { awaits: pending > approval.above }),
          };
        });
        if (!(await pools.fill(pool, token, { fields: { rows } }))) return { kind: "lost" };
        if (!(await pools.store(pool, token, start))) return { kind: "lost" };
        const ended = await Promise.all(
          children.flatMap(({ store }, at) => {
            const one = start[at];
            return one === undefined ? [] : [store.imports.finish(one)];
          }),
        );
        await pools.started(pool);
        const status = ended.find((one) => one.kind === "stored");
        return status ?? { kind: "lost" };
      },
      async shortOfMemory() {
        // Their nodes may differ.
        for (const { store } of children) {
          const short = await store.imports.shortOfMemory();
          if (short !== null) return short;
        }
        return null;
      },
      async reject(refusal, rows = "keep") {
        for (const { store, campaign, token: own } of children) {
          await store.imports.reject({ campaign, token: own, refusal, rows });
        }
        await pools.reject(pool, token, refusal.message);
      },
    };
  }

  return { purpose: "import", begin };
}

function childList(
  list: BeginImport,
  input: {
    readonly pool: string;
    readonly againOf: string | null;
    readonly isNew: boolean;
    readonly members: readonly PoolMember[];
    readonly at: number;
  },
): BeginImport {
  const { pool, againOf, isNew, members, at } = input;
  return {
    ...list,
    definition: childDefinition(list.definition, members, at),
    digest: digestInPool(list.digest, againOf),
    ...{ again: list.again && isNew && againOf === null, fresh: "begin", pool },
  };
}

interface PoolWriter extends RowWriter {
  parts(): readonly {
    readonly rows: number;
    readonly batches: number;
    readonly pending: number;
    readonly canaryRows: readonly number[];
  }[];
}

function createPoolWriter(input: {
  pools: NumberStore["pools"];
  pool: string;
  token: string;
  children: readonly Child[];
  members: readonly PoolMember[];
  person: (phone: string) => Buffer;
}): PoolWriter {
  const { pools, pool, token, children, members, person } = input;
  const parts = children.map(({ store, campaign, token: own, shortForms, list }) => ({
    writer: createBatchWriter({ imports: store.imports, campaign, token: own, shortForms }),
    canary: createCanaryRows(list.definition.canary?.size ?? 0, null),
    ...{ rows: 0, pending: 0, batches: 0 },
  }));
  let order: number[] = [];
  let noted = 0;
  let lost = false;
  let failure: { error: unknown } | null = null;

  async function note(): Promise<void> {
    const some = Buffer.from(order);
    order = [];
    const offset = noted;
    noted += some.length;
    if (!(await pools.fill(pool, token, { offset, order: some }))) lost = true;
  }

  const timer = setInterval(() => {
    pools.fill(pool, token, {}).then(
      (isMine) => {
        if (!isMine) lost = true;
      },
      (error: unknown) => {
        failure ??= { error };
      },
    );
  }, BEAT_EVERY_MS);

  /** People's rows by the person; a row without one goes to the first. */
  function placeOf({ outcome }: ImportRow): number {
    return "phone" in outcome ? memberOf(person(outcome.phone), members) : 0;
  }

  function isOn(): boolean {
    if (failure !== null) throw failure.error;
    return !lost;
  }

  return {
    add(row) {
      const at = placeOf(row);
      const part = parts[at];
      if (part === undefined) return;
      order.push(at);
      part.rows++;
      if (row.outcome.kind === "pending") {
        part.pending++;
        part.canary.add(part.rows);
      }
      part.writer.add(row);
    },
    isOverfull: () => parts.some(({ writer }) => writer.isOverfull()),
    async drain() {
      if (order.length >= ORDER_AT_ONCE) await note();
      for (const { writer } of parts) if (!(await writer.drain())) lost = true;
      return isOn();
    },
    async end() {
      if (order.length > 0) await note();
      let all = 0;
      for (const part of parts) {
        const batches = await part.writer.end();
        if (batches === null) return null;
        part.batches = batches;
        all += batches;
      }
      return isOn() ? all : null;
    },
    async close() {
      clearInterval(timer);
      await Promise.all(parts.map(({ writer }) => writer.close()));
    },
    parts: () =>
      parts.map(({ rows, batches, pending, canary }) => ({
        ...{ rows, batches, pending, canaryRows: canary.chosen() },
      })),
  };
}
