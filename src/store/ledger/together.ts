/**
 * Takes items one by one and hands them on together: those of one turn of the event loop, and those
 * that come while others are under way. So with little to do an item waits for nothing, and with
 * much the cost of a call is shared.
 *
 *     turn 1   a, b arrive        → call [a, b]
 *     turn 2   c arrives            waits: a call is under way
 *     turn 3   d arrives            waits too
 *     turn 4   [a, b] is answered → call [c, d]
 *
 * If [a, b] is not answered within `waitMs` of c's arrival, [c, d] is called all the same: a call
 * that takes long (a slow disk) delays others by a few milliseconds at most. So is a call of `most`
 * items. Calls are made in the order of their items.
 */
interface TogetherOptions<Item, Result> {
  /** The result of each item in its place: an Error rejects that item alone. */
  readonly call: (items: readonly Item[]) => Promise<readonly (Result | Error)[]>;
  /** Items of a call. */
  readonly most: number;
  readonly waitMs: number;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

export function createTogether<Item, Result>(
  options: TogetherOptions<Item, Result>,
): (item: Item) => Promise<Result> {
  const { call, most, waitMs } = options;
  let waiting: Waiting<Item, Result>[] = [];
  let underWay = 0;
  let atTurnEnd = false;
  let timer: NodeJS.Timeout | undefined;

  function flushAtTurnEnd(): void {
    if (atTurnEnd) return;
    atTurnEnd = true;
    setImmediate(flush);
  }

  function flush(): void {
    atTurnEnd = false;
    clearTimeout(timer);
    timer = undefined;
    while (waiting.length > 0) {
      const some = waiting.slice(0, most);
      waiting = waiting.slice(most);
      underWay += 1;
      void settle(some).finally(() => {
        underWay -= 1;
        if (underWay === 0 && waiting.length > 0) flushAtTurnEnd();
      });
    }
  }

  async function settle(some: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await call(some.map(({ item }) => item));
      for (const [at, { resolve, reject }] of some.entries()) {
        const result = results[at];
        if (result === undefined) reject(new Error("A call left out one of its items."));
        else if (result instanceof Error) reject(result);
        else resolve(result);
      }
    } catch (error) {
      for (const { reject } of some) reject(error);
    }
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (underWay === 0 || waiting.length >= most) flushAtTurnEnd();
      else timer ??= setTimeout(flush, waitMs);
    });
}
