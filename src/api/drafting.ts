/**
 * New campaigns as people write them in the pages. Each step does what an address of the API does;
 * here is what only pages need: drafts, a check that can be watched, and a start that pressing the
 * button again does not repeat.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { Stores } from "../campaigns/find.ts";
import type { Mode } from "../core/mode.ts";
import { accept, type Refused, type Result, refuse } from "../core/refusal.ts";
import type { ImportReport } from "../producer/report.ts";
import type { Requests } from "../store/index.ts";
import { type Access, type ApiContext, actorOf } from "./access.ts";
import { createChecks } from "./checks.ts";
import { type CreateRequest, requestOf } from "./create-request.ts";
import { createDrafts, type Draft } from "./drafts.ts";
import { readFileForm } from "./file-form.ts";
import { digestOf } from "./idempotency.ts";
import type { Imports, ImportsDeps } from "./imports.ts";
import { rejectsResponse } from "./list-looks.ts";
import { createLooks } from "./looks.ts";
import { type Running, refuseBusy } from "./running.ts";
import { createTestSend, readTest, type TestSendDeps } from "./test-send.ts";
import type { Upload, Uploads } from "./uploads.ts";

export type { Draft } from "./drafts.ts";

interface DraftingDeps
  extends Pick<ImportsDeps, "maySend">,
    Pick<TestSendDeps, "numberCountries" | "openTestSender"> {
  readonly stores: Stores;
  readonly mode: Mode;
  readonly country: string | null;
  readonly uploads: Uploads;
  readonly running: Running;
  readonly imports: Imports;
  readonly requests: Requests;
  readonly logger: Logger;
  /** How long a draft is kept, at most: its list goes so long after the upload. */
  readonly keptMs: number;
}

/** The files and fields of the form that begins a draft. */
interface Received {
  readonly list: Upload;
  readonly campaign: { readonly bytes: Buffer; readonly name: string } | null;
  readonly from: string | null;
}

type Started =
  | { readonly kind: "started"; readonly campaign: string }
  | { readonly kind: "refused"; readonly refused: Refused; readonly report: ImportReport | null };

/** How long a second press of Start waits for the result of the first. */
const PRESSED_TWICE_MS = 60_000;
const ASK_AGAIN_MS = 200;

export function createDrafting(deps: DraftingDeps) {
  const { uploads, running, imports, requests, keptMs, logger, mode, country } = deps;
  const { jobs } = running;
  const isStarted = async (list: Upload) => (await jobs.read(list)) !== null;
  const drafts = createDrafts(uploads, isStarted, keptMs);

  /** The request that the API would get for a draft; `messages`: how many it must have. */
  function requestFor(
    draft: Pick<Draft, "list" | "content">,
    { numbers }: Pick<Access, "numbers">,
    messages?: number,
  ): CreateRequest {
    const { list, content } = draft;
    const campaign = Buffer.from(JSON.stringify(content));
    const options = { again: false, ...(messages === undefined ? {} : { expect: { messages } }) };
    return requestOf({ campaign, campaignName: "campaign.yaml", list, options, numbers }, false);
  }

  /**
   * Starts a draft once, however often and from wherever it is asked: the draft is the key of the
   * request, as an Idempotency-Key is. What was refused may be tried again.
   */
  async function start(input: {
    readonly id: string;
    readonly access: Access;
    readonly messages: number;
  }): Promise<Started> {
    const { id, access, messages } = input;
    const key = { who: access.who, key: `new-campaign:${id}`, body: digestOf(id) };
    const until = performance.now() + PRESSED_TWICE_MS;
    for (;;) {
      const begun = await requests.begin(key);
      if (begun.kind === "answered") return { kind: "started", campaign: begun.answer };
      if (begun.kind === "begun") {
        let campaign: string | null = null;
        try {
          // A try whose process died: its import is continued by itself.
          campaign = begun.request.campaign;
          if (campaign !== null) return { kind: "started", campaign };
          const draft = await drafts.find(id, access.who);
          if (draft === undefined)
            return { kind: "refused", refused: refuseNoDraft(), report: null };
          const request = requestFor(draft, access, messages);
          const attempt = begun.request;
          const created = await imports.create(request, { attempt, by: actorOf(access) });
          if (created.kind === "created") {
            campaign = created.id;
            return { kind: "started", campaign };
          }
          if (created.kind === "refused") return created;
          return { kind: "refused", refused: refuseBusy(), report: null };
        } finally {
          await begun.request.end(campaign);
        }
      }
      if (performance.now() > until)
        return { kind: "refused", refused: refuseBusy(), report: null };
      await sleep(ASK_AGAIN_MS);
    }
  }

  return {
    ...{ mode, country, drafts, requestFor, start, readTest, rejectsResponse, refuseNoDraft },
    numbers: Object.keys(deps.numberCountries),
    looks: createLooks({ ...deps, jobs }),
    checks: createChecks(imports, logger),
    test: createTestSend({ ...deps, jobs }),
    rejectsPath: (list: Upload) => jobs.rejectsOf(list),

    /** Receives the list of a new draft; nothing is kept of a form that is refused. */
    async receive(context: ApiContext): Promise<Result<Received>> {
      const { list, campaign, fields, refused } = await readFileForm(context, uploads, {
        ...{ fields: ["from"], isKept: true },
      });
      if (refused === null && list !== null && list.bytes > 0) {
        const given = campaign === null || campaign.bytes.length === 0 ? null : campaign;
        return accept({ list, campaign: given, from: fields.get("from") || null });
      }
      if (list !== null) await uploads.remove(list.id);
      return refused ?? refuseNoFile();
    },

    removeList: (list: Upload) => uploads.remove(list.id),

    /** Whether the list of a draft is being checked or imported: then it stays. */
    isInUse: (draft: Draft) => running.uses(draft.list.id),
  };
}

export type Drafting = ReturnType<typeof createDrafting>;

function refuseNoDraft(): Refused {
  return refuse(
    "draft_unknown",
    "There is no such new campaign: it was started or discarded, or nothing was done with it for a day, or another person or another dashboard process has it.",
    "Look for it among the campaigns; else begin it again with its list.",
  );
}

function refuseNoFile(): Refused {
  return refuse(
    "list_empty",
    "No list was chosen, or it is empty.",
    "Choose a CSV file with a header.",
  );
}
