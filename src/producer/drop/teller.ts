/** Logs events for people, and lasting conditions only now and then. */
export interface Teller {
  say(line: string): void;
  /** Logs a line that is new for its subject, then repeats it now and then while it lasts. */
  sayAgain(subject: string, line: string): void;
  /** Ends the subject: its next line is new. */
  forget(subject: string): void;
}

const AGAIN_EVERY_MS = 60 * 60_000;

export function createTeller(say: (line: string) => void): Teller {
  const said = new Map<string, { line: string; atMs: number }>();
  return {
    say,
    sayAgain(subject, line) {
      const last = said.get(subject);
      const now = performance.now();
      if (last?.line === line && now - last.atMs < AGAIN_EVERY_MS) return;
      said.set(subject, { line, atMs: now });
      say(line);
    },
    forget: (subject) => void said.delete(subject),
  };
}
