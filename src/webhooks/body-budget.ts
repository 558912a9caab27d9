/**
 * Bounds the memory of all bodies from unverified senders together. When it is full, the oldest
 * body is dropped: a signed webhook arrives completely within milliseconds, so the oldest one is
 * slow or hostile.
 */
export interface BodyBudget {
  /** Registers a body; `refuse` is called at most once, when it must make room. */
  open(refuse: () => void): BodyShare;
  /** How many bytes are held now. */
  held(): number;
}

/** The memory of one body. */
interface BodyShare {
  /** Adds to the bytes it holds. */
  add(bytes: number): void;
  /** The body is complete, or abandoned. */
  close(): void;
}

export function createBodyBudget(bytesMax: number): BodyBudget {
  // A Set keeps insertion order, so its first entry is the oldest.
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
