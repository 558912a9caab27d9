import { isAscii, isUtf8 } from "node:buffer";
import { stringify } from "csv-stringify/sync";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ENCODINGS, type Encoding } from "../../../src/core/encoding.ts";
import { charactersOf, encodeAs } from "./encoding/encode.ts";
import { readList } from "./read-list.ts";

const SYNTAX = Array.from("ab,;|\t\"'\n\r é");

interface Dialect {
  encoding: Encoding;
  mark: boolean;
  delimiter: string;
  record_delimiter: string;
  quoted: boolean;
  sep: boolean;
}

const dialects: fc.Arbitrary<Dialect> = fc.record({
  encoding: fc.constantFrom(...ENCODINGS),
  mark: fc.boolean(),
  delimiter: fc.constantFrom(",", ";", "\t", "|"),
  record_delimiter: fc.constantFrom("\n", "\r\n", "\r"),
  quoted: fc.boolean(),
  sep: fc.boolean(),
});

const HEADER = ["phone", "b", "c"];

/** Cells that an encoding can write: what CSV is made of, and its own characters. */
function tables(encoding: Encoding): fc.Arbitrary<string[][]> {
  const own = encoding.startsWith("utf")
    ? Array.from("éł日😀\u00a0\u2028")
    : charactersOf(encoding).slice(160);
  const can = SYNTAX.filter(
    (sign) => encoding.startsWith("utf") || charactersOf(encoding).includes(sign),
  );
  const cell = fc.string({ unit: fc.constantFrom(...can, ...own), maxLength: 12 });
  return fc.array(fc.tuple(fc.stringMatching(/^[0-9]{9}$/), cell, cell), { maxLength: 30 });
}

/** As csv-stringify writes it. Only Unicode has marks. */
function write(rows: readonly (readonly string[])[], dialect: Dialect): Buffer {
  const { encoding, mark, sep, delimiter, record_delimiter, quoted } = dialect;
  const text = stringify(
    [HEADER, ...rows].map((row) => [...row]),
    {
      delimiter,
      record_delimiter,
      quoted,
      // A lone CR or LF ends a row here whatever the file's own line ends are.
      quoted_match: /[\r\n"]/,
    },
  );
  const sepLine = sep ? `sep=${delimiter}${record_delimiter}` : "";
  const start = mark && encoding.startsWith("utf") ? "\ufeff" : "";
  return encodeAs(start + sepLine + text, encoding);
}

/**
 * Two odd letters in a row may by chance be one in UTF-8 ("ĆŞ" in ISO-8859-2 is "ƪ"), and bytes
 * that are UTF-8 throughout are read as that. No language writes such pairs and nothing else.
 */
function saysItself(bytes: Buffer, { encoding }: Dialect): boolean {
  return encoding.startsWith("utf") || isAscii(bytes) || !isUtf8(bytes);
}

const written = dialects
  .chain((dialect) =>
    tables(dialect.encoding).map((rows) => ({ dialect, rows, bytes: write(rows, dialect) })),
  )
  .filter(({ bytes, dialect }) => saysItself(bytes, dialect));

describe("any table, in any dialect and encoding", () => {
  it("is read back as it was written", async () => {
    await fc.assert(
      fc.asyncProperty(written, async ({ dialect, rows, bytes }) => {
        const list = await readList(bytes, dialect.encoding);

        expect(list.refusal).toBeNull();
        expect(list.columns).toEqual(HEADER);
        expect(list.rows).toEqual(rows);
      }),
      { numRuns: 150 },
    );
  });

  it("is read the same wherever its pieces are cut", async () => {
    await fc.assert(
      fc.asyncProperty(
        written,
        fc.integer({ min: 1, max: 9 }),
        async ({ dialect, rows, bytes }, size) => {
          const list = await readList(bytes, dialect.encoding, size);

          expect(list.refusal).toBeNull();
          expect(list.rows).toEqual(rows);
        },
      ),
      { numRuns: 80 },
    );
  });

  it("is read as its parts are, one after the other", async () => {
    await fc.assert(
      fc.asyncProperty(
        dialects.chain((dialect) =>
          fc.tuple(fc.constant(dialect), tables(dialect.encoding), tables(dialect.encoding)),
        ),
        async ([dialect, first, second]) => {
          const parts = [first, second, [...first, ...second]].map((rows) => write(rows, dialect));
          fc.pre(parts.every((bytes) => saysItself(bytes, dialect)));
          const lists = await Promise.all(parts.map((bytes) => readList(bytes, dialect.encoding)));

          expect(lists[2]?.rows).toEqual([...(lists[0]?.rows ?? []), ...(lists[1]?.rows ?? [])]);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe("bytes of any kind", () => {
  const pieces = fc.oneof(
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    fc.constantFrom(
      ...[
        '"',
        '""',
        ",",
        ";",
        "\n",
        "\r",
        "\r\n",
        "\t",
        "\0",
        "sep=;",
        "phone",
        "+48600100200",
        "\ufeff",
        "ł",
      ].map((text) => Buffer.from(text)),
      Buffer.from([0xff, 0xfe]),
      Buffer.from([0xc5]),
    ),
  );

  it("are read, or refused with a code; nothing crashes and no line takes 50 ms", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(pieces, { maxLength: 60 }), async (parts) => {
        const bytes = Buffer.concat(parts);
        const list = await readList(bytes);

        if (list.refusal !== null)
          expect(list.refusal.code).toMatch(/^(list_[a-z0-9_]+|encoding_unlikely)$/);
        expect(list.lines).toHaveLength(list.rows.length);
        for (const [at, line] of list.lines.entries()) {
          expect(line).toBeGreaterThan(at === 0 ? 0 : (list.lines[at - 1] ?? 0));
        }
      }),
      { numRuns: 250 },
    );
  });

  it.each([
    ["quotes", '"'],
    ["doubled quotes inside a cell", '""'],
    ["quotes inside an unquoted cell", 'x"'],
    ["delimiters", ";"],
    ["spaces", " "],
    ["carriage returns", "\r"],
    ["blank lines", "\r\n"],
    ["NULs", "\0"],
    ["zero-width marks", "\u200b"],
    ["letters of no alphabet", "\ud83d\ude00"],
  ])("of 64 KiB of %s cost no more than a line of that length should", async (_, unit) => {
    const long = unit.repeat(Math.floor(65_536 / Buffer.byteLength(unit)) - 8);
    // The quickest of a few: what else goes on in this process only adds.
    const tookMs: number[] = [];
    for (let round = 0; round < 5; round++) {
      const started = process.cpuUsage();
      await readList(`phone;name\n1;${long}\n`);
      tookMs.push(process.cpuUsage(started).user / 1_000);
    }

    expect(Math.min(...tookMs)).toBeLessThan(50);
  });
});
