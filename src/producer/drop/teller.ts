/** Tells people what happens, and what lasts only now and then. */
export interface Teller {
  say(line: string): void;
  /** Says it when it is new for this subject, and then now and then while it is said again. */
  sayAgain(subject: string, line: string): void;
  /** The subject is over: what is said of it next is new. */
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
