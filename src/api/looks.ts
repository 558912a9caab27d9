/**
 * What can be said of an uploaded list without a check of its rows: how it was understood, and the
 * messages of its first people. Each reads the list once; what it took a whole reading to learn is
 * remembered for a while.
 */
import type { Delimiter } from "../core/delimiters.ts";
import type { Encoding } from "../core/encoding.ts";
import { accept, type Result } from "../core/refusal.ts";
import type { InspectedList, WholeList } from "../producer/check/inspect-list.ts";
import type { Sample } from "../producer/preflight/preflight.ts";
import type { CreateRequest } from "./create-request.ts";
import type { Jobs } from "./jobs.ts";
import type { Upload, Uploads } from "./uploads.ts";

interface Reading {
  readonly encoding?: Encoding | undefined;
  readonly delimiter?: Delimiter | undefined;
  readonly to?: string | undefined;
  readonly country?: string | undefined;
}

/** Each holds the first 200 rows of a list, and these no more than so many letters. */
const REMEMBERED_MAX = 16;
const REMEMBERED_LENGTH_MAX = 256 * 1024;
export const PREVIEW_PEOPLE = 5;

interface LooksDeps {
  readonly uploads: Pick<Uploads, "pathOf">;
  readonly jobs: Jobs;
  /** Of phones without country code, if all numbers have the same. */
  readonly country: string | null;
  /** The configured numbers, and the country of phones without country code of each. */
  readonly numberCountries: Readonly<Record<string, string | null>>;
}

export function createLooks({ uploads, jobs, country, numberCountries }: LooksDeps) {
  const remembered = new Map<string, WholeList>();

  async function whole(
    list: Upload,
    {
      encoding = null,
      delimiter = null,
    }: { encoding?: Encoding | null; delimiter?: Delimiter | null },
  ): Promise<Result<WholeList>> {
    const key = JSON.stringify([list.id, encoding, delimiter]);
    const known = remembered.get(key);
    if (known !== undefined) return accept(known);
    const { readWholeList } = await import("../producer/check/inspect-list.ts");
    const read = await readWholeList(uploads.pathOf(list), { encoding, delimiter });
    if (!read.ok || sizeOf(read.value) > REMEMBERED_LENGTH_MAX) return read;
    remembered.set(key, read.value);
    for (const oldest of remembered.keys()) {
      if (remembered.size <= REMEMBERED_MAX) break;
      remembered.delete(oldest);
    }
    return read;
  }

  return {
    async inspect(list: Upload, reading: Reading): Promise<Result<InspectedList>> {
      const { describeList } = await import("../producer/check/inspect-list.ts");
      const { encoding, delimiter, to = null } = reading;
      const read = await whole(list, {
        ...(encoding === undefined ? {} : { encoding }),
        ...(delimiter === undefined ? {} : { delimiter }),
      });
      if (!read.ok) return read;
      return accept(describeList(read.value, { to, country: reading.country ?? country }));
    },

    /** Phones are masked. */
    async preview(request: CreateRequest, people: number): Promise<Result<Sample[]>> {
      const { list, options } = request;
      const [{ previewPeople }, { maskSample }] = await Promise.all([
        import("../producer/preview-people.ts"),
        import("../producer/report.ts"),
      ]);
      const found = await jobs.withDefinition(request, numberCountries, ({ definition }) =>
        previewPeople({
          ...{ path: uploads.pathOf(list), definition, people, nowMs: Date.now() },
          country: numberCountries[definition.number] ?? null,
          encoding: options.encoding ?? null,
        }),
      );
      return found.ok ? accept(found.value.map(maskSample)) : found;
    },
  };
}

function sizeOf({ rows }: WholeList): number {
  return rows.reduce((sum, row) => row.reduce((all, cell) => all + cell.length, sum), 0);
}

export type Looks = ReturnType<typeof createLooks>;
