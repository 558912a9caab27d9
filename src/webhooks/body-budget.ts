/**
 * Bounds what bodies of senders nobody knows yet hold in memory, all of them together. Where there
 * is no room the body that was begun first makes it: a signed webhook is here whole within
 * milliseconds, so what has been under way for longest is slow or hostile, and the others go on.
 */
export interface BodyBudget {
  /** A body begins; `refuse` is called at most once, when it has to make room. */
  open(refuse: () => void): BodyShare;
  /** How many bytes are held now. */
  held(): number;
}

/** What one body holds. */
export interface BodyShare {
  /** It holds so many bytes more. */
  add(bytes: number): void;
  /** It is whole, or given up. */
  close(): void;
}

export function createBodyBudget(bytesMax: number): BodyBudget {
  // A Set keeps insertion order, so its first is the one begun first.
  const shares = new Set<{ bytes: number; refuse: () => void }>();
  let held = 0;

  return {
    open(refuse) {
      const share = { bytes: 0, refuse };
      shares.add(share);
      const close = () => {
        if (shares.delete(share)) held -= share.bytes;
      };
      return {
        add(bytes) {
          if (!shares.has(share)) return;
          share.bytes += bytes;
          held += bytes;
          for (const oldest of shares) {
            if (held <= bytesMax) break;
            shares.delete(oldest);
            held -= oldest.bytes;
            oldest.refuse();
          }
        },
        close,
      };
    },
    held: () => held,
  };
}
