/** Logs events for people, and lasting conditions only now and then. */
export interface DropLog {
  line(line: string): void;
  /** Logs a line that is new for its subject, then repeats it now and then while it lasts. */
  condition(subject: string, line: string): void;
  /** Ends the subject: its next line is new. */
  clear(subject: string): void;
}

const AGAIN_EVERY_MS = 60 * 60_000;

export function createDropLog(write: (line: string) => void): DropLog {
  const logged = new Map<string, { line: string; atMs: number }>();
  return {
    line: write,
    condition(subject, line) {
      const last = logged.get(subject);
      const now = performance.now();
      if (last?.line === line && now - last.atMs < AGAIN_EVERY_MS) return;
      logged.set(subject, { line, atMs: now });
      write(line);
    },
    clear: (subject) => void logged.delete(subject),
  };
}
