/** Which of several numbers to ask first about a message. A wrong hint costs one query. */
export interface Hints {
  first(wamid: string): string | undefined;
  /** `number` knew the message: ask it first about it, and about messages without a hint. */
  knew(wamid: string, number: string): void;
}

/** Remembers the number of the latest `max` messages; drops the least recently seen first. */
export function createHints(max: number): Hints {
  const numbers = new Map<string, string>();
  let latest: string | undefined;
  return {
    first: (wamid) => numbers.get(wamid) ?? latest,
    knew(wamid, number) {
      latest = number;
      numbers.delete(wamid);
      numbers.set(wamid, number);
      if (numbers.size <= max) return;
      const oldest = numbers.keys().next();
      if (oldest.done !== true) numbers.delete(oldest.value);
    },
  };
}
