/** One mistake in the configuration: whose, what is wrong and what would be right. */
export interface ConfigProblem {
  readonly name: string;
  readonly message: string;
  readonly fix: string;
}

/** Collects all mistakes, so that they are told at once. Neither list ever holds a secret. */
export interface Findings {
  readonly problems: ConfigProblem[];
  readonly warnings: string[];
  add(name: string, message: string, fix: string): void;
  warn(message: string): void;
}

export function createFindings(): Findings {
  const problems: ConfigProblem[] = [];
  const warnings: string[] = [];
  return {
    problems,
    warnings,
    add: (name, message, fix) => void problems.push({ name, message, fix }),
    warn: (message) => void warnings.push(message),
  };
}
