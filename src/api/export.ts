import { z } from "@hono/zod-openapi";
import { type FoundCampaign, findRows, type Stores } from "../campaigns/find.ts";
import { STATE_NAMES, type State } from "../core/message.ts";
import { exportRows, exportXlsx } from "../export/export-rows.ts";
import { toProblem } from "../http/problem.ts";
import { storedRejects } from "../producer/rejects/stored.ts";
import { visibleStores } from "./access.ts";
import type { Answer } from "./answer.ts";
import type { Chunks, SendDownload } from "./download.ts";
import { queryInvalid } from "./invalid.ts";
import type { Router } from "./route.ts";

const STATE_LIST = /^[a-z]+(,[a-z]+)*$/;

const exportQuery = z.strictObject({
  only: z
    .string()
    .regex(STATE_LIST)
    .transform((text) => text.split(","))
    .pipe(z.array(z.enum(STATE_NAMES as [State, ...State[]])))
    .optional()
    .openapi({ type: "string", description: "States, with commas: only their rows." }),
});

const NO_QUERY = z.strictObject({});

const CSV = "text/csv; charset=utf-8";
const XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

const PROBLEMS = [
  ...(["dashboard_query_invalid", "no_such_campaign"] as const),
  ...(["campaign_other_mode", "rows_deleted"] as const),
];

interface ExportFile {
  readonly path: string;
  readonly name: string;
  readonly summary: string;
  readonly type: string;
  /** It may have only the rows in some states. */
  readonly isPart: boolean;
  /** The end of the file's name, behind the campaign. */
  readonly ending: (only: readonly State[]) => string;
  readonly chunks: (found: FoundCampaign, only: readonly State[]) => Promise<Chunks> | Chunks;
}

const FILES: readonly ExportFile[] = [
  {
    ...{ path: "export.csv", name: "exportCampaign", type: CSV, isPart: true },
    summary: "The rows with all columns and their outcomes, as CSV",
    ending: (only) => `${partName(only)}.csv`,
    chunks: (found, only) =>
      exportRows({ ...found, format: "csv", states: new Set(only), delimiter: null }),
  },
  {
    ...{ path: "export.xlsx", name: "exportCampaignXlsx", type: XLSX, isPart: true },
    summary: "The same as a workbook for Excel",
    ending: (only) => `${partName(only)}.xlsx`,
    chunks: (found, only) => exportXlsx({ ...found, states: new Set(only) }),
  },
  {
    ...{ path: "rejects.csv", name: "exportRejects", type: CSV, isPart: false },
    summary: "Rejected rows, to be corrected and sent again",
    ending: () => ".rejects.csv",
    chunks: ({ store, campaign }) => storedRejects(store, campaign),
  },
];

/** Files of the rows of a campaign. */
export function addExport(
  { raw }: Router,
  deps: { readonly stores: Stores; readonly answer: Answer; readonly download: SendDownload },
): void {
  const { stores, answer, download } = deps;
  for (const file of FILES) {
    const { path, name, summary, type, isPart } = file;
    raw(
      {
        ...{ method: "get", path: `/api/campaigns/{id}/${path}`, name, tag: "Messages" },
        ...{ summary, role: "viewer", problems: PROBLEMS },
        ...(isPart ? { query: exportQuery } : {}),
        answers: {
          200: { description: "The rows.", content: { [type]: { schema: { type: "string" } } } },
        },
      },
      async (context) => {
        const asked = (isPart ? exportQuery : NO_QUERY).safeParse(context.req.query());
        if (!asked.success) return answer(context, toProblem(queryInvalid(asked.error)));
        const id = context.req.param("id") ?? "";
        const found = await findRows(visibleStores(stores, context.get("access")), id);
        if (!found.ok) return answer(context, toProblem(found));
        const only = (asked.data as z.output<typeof exportQuery>).only ?? [];
        const chunks = await file.chunks(found.value, only);
        return download(context, { name: `${id}${file.ending(only)}`, type, chunks });
      },
    );
  }
}

function partName(only: readonly State[]): string {
  return only.length === 0 ? "" : `.${only.join("-")}`;
}
