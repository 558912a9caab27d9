import type { Config, NumberConfig } from "../config/config.ts";
import { accept, type Result } from "../core/refusal.ts";
import type { NumberStore } from "../store/index.ts";

/** Names of the numbers by which two configurations differ. */
export interface NumberChange {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Its id, token, rate, secrets, country or zone. */
  readonly changed: readonly string[];
}

type Numbers = Readonly<Record<string, NumberConfig>>;

function numberChange(before: Numbers, after: Numbers): NumberChange {
  const names = Object.keys(before);
  const stays = (name: string): boolean => Object.hasOwn(after, name);
  const differs = (name: string): boolean =>
    JSON.stringify(before[name]) !== JSON.stringify(after[name]);
  return {
    added: Object.keys(after).filter((name) => !Object.hasOwn(before, name)),
    removed: names.filter((name) => !stays(name)),
    changed: names.filter((name) => stays(name) && differs(name)),
  };
}

/** Told of a change once the stores are there; what it starts may take long to settle. */
export type OnRenumber = (change: NumberChange) => Promise<void>;

/**
 * The numbers of a running process, which can be exchanged for others. The other settings stay as
 * they were at the start; but what a new number sends counts in the portfolio that it has now.
 */
export function createNumbers(input: {
  config: Config;
  /** By name; changed in place, because every part of the process reads it. */
  stores: Record<string, NumberStore>;
  openStore: (
    number: NumberConfig,
    config: Pick<Config, "portfolios">,
  ) => Promise<Result<NumberStore>>;
}) {
  const { stores, openStore } = input;
  let config = input.config;
  const listeners = new Set<OnRenumber>();

  /** All of them, or none. */
  async function openAll(names: readonly string[], next: Config): Promise<Result<NumberStore[]>> {
    const numbers = names.flatMap((name) => next.numbers[name] ?? []);
    const settled = await Promise.allSettled(numbers.map((number) => openStore(number, next)));
    const found = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    const opened = found.flatMap((one) => (one.ok ? [one.value] : []));
    if (opened.length === numbers.length) return accept(opened);
    await Promise.all(opened.map((store) => store.close()));
    const refused = found.find((one) => !one.ok);
    if (refused?.ok === false) return refused;
    throw settled.find((one) => one.status === "rejected")?.reason;
  }

  return {
    config: () => config,

    onRenumber(listener: OnRenumber): () => void {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },

    /**
     * Takes the numbers of `next`: all of them, or none if one is refused. Resolves when what the
     * numbers before had begun is finished.
     */
    async renumber(next: Config): Promise<Result<NumberChange>> {
      const change = numberChange(config.numbers, next.numbers);
      // The store knows of a number only its id and its portfolio.
      const others = change.changed.filter(
        (name) => config.numbers[name]?.id !== next.numbers[name]?.id,
      );
      const opened = await openAll([...change.added, ...others], next);
      if (!opened.ok) return opened;
      const gone = [...change.removed, ...others].flatMap((name) => stores[name] ?? []);
      for (const name of change.removed) delete stores[name];
      for (const store of opened.value) stores[store.number] = store;
      config = Object.freeze({
        ...config,
        numbers: next.numbers,
        otherNumbers: next.otherNumbers,
        sharingSecrets: next.sharingSecrets,
      });
      const told = await Promise.allSettled(
        [...listeners].map(async (listener) => listener(change)),
      );
      await Promise.all(gone.map((store) => store.close()));
      const failed = told.find((one) => one.status === "rejected");
      if (failed !== undefined) throw failed.reason;
      return accept(change);
    },
  };
}
