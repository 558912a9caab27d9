import type { Parser } from "csv-parse";

/** The part of csv-parse's state that csv.ts reads and replaces; missing in its types. */
interface ParserInside {
  readonly field: {
    /** Called to put an opening quote back into a cell. */
    prepend: (quote: Buffer) => void;
    toString: () => string;
    readonly buf: Buffer;
    readonly length: number;
  };
  readonly record: readonly string[];
}

export function insideOf(parser: Parser): ParserInside {
  return (parser as unknown as { state: ParserInside }).state;
}
