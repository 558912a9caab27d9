/** inputs.json. */
export interface Costs {
  readonly events: number;
  readonly fsyncMs: number;
  readonly answerMs: number;
  readonly diskBytesPerSecond: number;
  readonly send: { readonly worker: number; readonly workerCore: number; readonly redis: number };
  readonly webhook: { readonly node: number; readonly redis: number };
  readonly import: { readonly node: number; readonly redis: number };
  readonly bytes: { readonly recipient: number; readonly appended: number };
  readonly connections: { readonly process: number };
}

export interface Load {
  readonly numbers: number;
  readonly perDay: number;
  readonly peakPerSecond: number;
  readonly days: number;
  readonly memoryBytes: number;
}

export interface Deployment {
  readonly workers: number;
  readonly webhooks: number;
  readonly masters: number;
}

export function deploymentFor(costs: Costs, load: Load): Deployment;
export function utilisation(
  costs: Costs,
  load: Load,
  deployment: Deployment,
): { readonly part: string; readonly busy: number }[];
export function sizingTable(costs: Costs): string[];
export function costTable(costs: Costs): string[];
export function checkTable(costs: Costs & { readonly checks: unknown }): string[];
