import type { Redis } from "ioredis";
import { SCOPES, type Scope } from "../../core/category.ts";
import { type Durability, FSYNC } from "../../core/durability.ts";
import type { Mode } from "../../core/mode.ts";
import { foldPhone } from "../../core/recipient.ts";
import { createDurable } from "../durability.ts";
import { ALL_NUMBERS, deploymentKeys, keySpace } from "../keys.ts";
import { createScriptRunner } from "../scripts/runner.ts";
import { type OptOutOrigin, readSource, sourceField } from "./opt-out-source.ts";
import type { PersonDigest } from "./person-digest.ts";

/** A person who must not be messaged. */
export interface OptOut {
  /** Digits in one spelling; null if the person was erased: then only a digest is left. */
  readonly phone: string | null;
  readonly scope: Scope;
  /** The source of the opt-out, as it was entered. */
  readonly source: string;
  /** When, ms since 1970. */
  readonly at: number;
  /** Null: an earlier version did not note it. */
  readonly origin: OptOutOrigin | null;
  /** Who added it; empty if WhatsApp reported it, or it was not noted. */
  readonly who: string;
}

/** What is known of one person: their opt-out, or that it was removed (scope null). */
export type KnownOptOut = Omit<OptOut, "scope"> & { readonly scope: Scope | null };

/** People on the list by origin; `earlier`: at most so many from before origins were noted. */
export type OptOutCounts = Readonly<Record<OptOutOrigin | "earlier", number>>;

/** An opt-out to add. `atMs` null: now. */
export interface NewOptOut {
  readonly phone: string;
  readonly scope: Scope;
  readonly source: string;
  readonly atMs: number | null;
  /** Left out: it is not noted. */
  readonly origin?: OptOutOrigin;
  /** Who adds it. */
  readonly who?: string;
}

/** The change of one person's entry. */
export interface OptOutChange {
  readonly before: Scope | null;
  readonly now: Scope | null;
}

/** A position of the list, as the cursor of a page: up to 16 digits, since it is a time in us. */
export const OPT_OUT_CURSOR = /^\d{1,16}$/;

/** The newest position, and each person's change in the order given. */
interface OptOutChanges {
  readonly position: number;
  readonly changes: readonly OptOutChange[];
}

/**
 * A page of changes for a number to apply: for each person the scope (null: removed) and the time.
 */
interface OptOutPage {
  readonly to: number;
  readonly entries: readonly { person: Buffer; scope: Scope | null; at: number }[];
}

/** Persons in one call: bounds the time of one script. */
const CHANGED_AT_ONCE = 500;
const PAGE = 1_000;

/**
 * The deployment's list of opt-outs, in a slot of its own, and the register of the numbers that
 * must apply it.
 *
 * A claim can read only its number's slot, so each number has a copy (number-opt-outs.ts). Two
 * orders make that safe. A change is first written here and then to every registered number; only
 * then does its command return. A number first registers and then reads this list; only then can it
 * claim. So the later of the two sees the other, and no claim is granted after `suppress` has
 * returned. A command that dies in between has promised nothing; the sweep of every worker brings
 * its number up to date.
 *
 * The list has each person once, at the position of the last change: it is both state and log, and
 * does not grow with the number of changes. Removals stay as digests, so that numbers that are
 * behind learn of them.
 */
export function createOptOutList(input: {
  redis: Redis;
  person: PersonDigest;
  mode?: Mode;
  /** Default: `fsync`. */
  durability?: Durability;
}) {
  const { redis, person, mode = "live", durability = FSYNC } = input;
  const durable = createDurable(redis, durability);
  const keys = deploymentKeys(mode);
  const run = createScriptRunner(redis, keySpace(ALL_NUMBERS, mode));

  async function change(
    what: "add" | "heard" | "remove" | "erase",
    entries: readonly NewOptOut[],
  ): Promise<OptOutChanges> {
    let position = 0;
    const changes: OptOutChange[] = [];
    // Without entries it writes the position as it is.
    for (let at = 0; at === 0 || at < entries.length; at += CHANGED_AT_ONCE) {
      const some = entries.slice(at, at + CHANGED_AT_ONCE).map((entry) => ({
        phone: foldPhone(entry.phone),
        digest: digestField(person(entry.phone)),
        scope: entry.scope,
        atMs: entry.atMs ?? 0,
        source: sourceField(entry),
      }));
      const answer = await run("change-opt-outs", { change: what }, some);
      const [head, ...pairs] = answer as [number, ...string[]];
      position = head;
      for (let i = 0; i < pairs.length; i += 2) {
        changes.push({ before: toScope(pairs[i]), now: toScope(pairs[i + 1]) });
      }
    }
    return { position, changes };
  }

  const unsaid = { scope: "all", source: "", atMs: null } as const;

  /** Fields and values from one position on, oldest change first. */
  async function read(from: string, count: number): Promise<(Entry & { position: number })[]> {
    const limit = ["LIMIT", 0, count, "WITHSCORES"] as const;
    return entriesOf(await redis.zrange(keys.optOutsOrder, from, "+inf", "BYSCORE", ...limit));
  }

  /** Entries of fields and their positions. */
  async function entriesOf(flat: readonly string[]): Promise<(Entry & { position: number })[]> {
    const fields = flat.filter((_, at) => at % 2 === 0);
    if (fields.length === 0) return [];
    const values = await redis.hmget(keys.optOuts, ...fields);
    // An entry that changed between the two calls comes again, at its later position.
    return fields.flatMap((field, at) => {
      const entry = toEntry(field, values[at]);
      return entry === undefined ? [] : [{ ...entry, position: Number(flat[2 * at + 1]) }];
    });
  }

  return {
    /** Adds opt-outs; a stronger scope stays. */
    add: (entries: readonly NewOptOut[]) => change("add", entries),

    /** An opt-out from a webhook: it does not undo a later removal. */
    heard: (entry: NewOptOut) => change("heard", [entry]),

    /** Removes opt-outs. */
    remove: (phones: readonly string[]) =>
      change(
        "remove",
        phones.map((phone) => ({ phone, ...unsaid })),
      ),

    /** Erases the phone of a person and keeps the opt-out, if there is one. */
    erase: (phone: string) => change("erase", [{ phone, ...unsaid }]),

    /** The whole list, in the order of the last change, a page at a time. */
    async *all(): AsyncGenerator<OptOut[]> {
      for (let from = "-inf"; ; ) {
        const entries = await read(from, PAGE);
        const last = entries.at(-1);
        if (last === undefined) return;
        yield entries.flatMap(shown);
        from = `(${last.position}`;
      }
    },

    /** The list after a position, in the order of the last change. `next`: null at the end. */
    async page(after: number, max: number): Promise<{ entries: OptOut[]; next: number | null }> {
      const found = await read(`(${after}`, max);
      const entries = found.flatMap(shown);
      return { entries, next: found.length < max ? null : (found.at(-1)?.position ?? null) };
    },

    /**
     * The changes before a position, newest first; null: from the newest. `next`: null at the end.
     */
    async latest(
      before: number | null,
      max: number,
    ): Promise<{ entries: OptOut[]; next: number | null }> {
      const from = before === null ? "+inf" : `(${before}`;
      const limit = ["LIMIT", 0, max, "WITHSCORES"] as const;
      const flat = await redis.zrange(keys.optOutsOrder, from, "-inf", "BYSCORE", "REV", ...limit);
      const found = await entriesOf(flat);
      const isEnd = flat.length < 2 * max;
      return { entries: found.flatMap(shown), next: isEnd ? null : Number(flat.at(-1)) };
    },

    /** What is known of a person; undefined: nothing. */
    async find(phone: string): Promise<KnownOptOut | undefined> {
      const fields = [foldPhone(phone), digestField(person(phone))];
      const values = await redis.hmget(keys.optOuts, ...fields);
      const found = fields.flatMap((field, at) => toEntry(field, values[at]) ?? []);
      return found.map(known)[0];
    },

    /** How many people there are, by origin. */
    async counts(): Promise<OptOutCounts> {
      const [all, fields] = await Promise.all([
        redis.hlen(keys.optOuts),
        redis.hgetall(keys.optOutsBy),
      ]);
      const of = (field: string): number => Math.max(0, Number(fields[field] ?? 0));
      const counts = { whatsapp: of("whatsapp"), hand: of("hand"), import: of("import") };
      const noted = counts.whatsapp + counts.hand + counts.import + of("removed");
      return { ...counts, earlier: Math.max(0, all - noted) };
    },

    /** The position of the newest change; 0 if there is none. */
    async position(): Promise<number> {
      return Number(await redis.get(keys.optOutsHead));
    },

    /** The changes after a position; undefined if there are none. */
    async after(position: number): Promise<OptOutPage | undefined> {
      const entries = await read(`(${position}`, PAGE);
      const last = entries.at(-1);
      if (last === undefined) return undefined;
      return {
        to: last.position,
        entries: entries.map(({ field, scope, at }) => ({ person: digestOf(field), scope, at })),
      };
    },

    /**
     * Registers the number, before it first reads the list: from now on `suppress` waits for it.
     */
    async enter(number: string): Promise<void> {
      // Written only once, so a Redis that is full or read-only can still be read.
      if ((await redis.sismember(keys.numbers, number)) === 1) return;
      await redis.sadd(keys.numbers, number);
    },

    /** Whether a failover keeps the list as it is now. */
    isKept: (): Promise<boolean> => durable.prove(() => change("add", [])),

    /** Every number that ever joined on this Redis. */
    numbers: (): Promise<string[]> => redis.smembers(keys.numbers),
  };

  function digestOf(field: string): Buffer {
    return field.startsWith("#") ? Buffer.from(field.slice(1), "hex") : person(field);
  }
}

export type OptOutList = ReturnType<typeof createOptOutList>;

interface Entry {
  readonly field: string;
  readonly scope: Scope | null;
  readonly at: number;
  readonly source: string;
  readonly origin: OptOutOrigin | null;
  readonly who: string;
}

/** A removal is kept for numbers that are behind, and shown to no one. */
function shown(entry: Entry): OptOut[] {
  const { scope } = entry;
  return scope === null ? [] : [{ ...known(entry), scope }];
}

function known({ field, scope, at, source, origin, who }: Entry): KnownOptOut {
  return { phone: field.startsWith("#") ? null : field, scope, source, at, origin, who };
}

function toEntry(field: string, value: string | null | undefined): Entry | undefined {
  const [, scope, at, source] = /^([a-z]*)\|(\d+)\|(.*)$/s.exec(value ?? "") ?? [];
  if (scope === undefined || at === undefined || source === undefined) return undefined;
  return { field, scope: toScope(scope), at: Number(at), ...readSource(source) };
}

function toScope(text: string | undefined): Scope | null {
  return SCOPES.find((scope) => scope === text) ?? null;
}

function digestField(person: Buffer): string {
  return `#${person.toString("hex")}`;
}
