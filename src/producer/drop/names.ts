/**
 * Finds the campaign file of a list by the names in its folder.
 *
 * `X.csv` is sent by `X.yaml` (`.yml`, `.json`), in any case and with accents composed in any way:
 * file systems differ in both. The folder's `campaign.yaml` serves a list only if no other file may
 * be meant as the list's own. Such a file (a download in progress, `X (1).yaml`, an editor's
 * backup) is first waited for and then reported: the wrong campaign file sends people wrong
 * messages.
 */
import { basename, extname } from "node:path";

/** The campaign file of a list. `why` completes a sentence that begins with the list's name. */
export type CampaignMatch =
  | { readonly kind: "own" | "shared"; readonly name: string }
  | { readonly kind: "none" }
  /** More than one file may be meant, or a file may be meant for more than one list. */
  | { readonly kind: "unclear"; readonly why: string }
  /** A file may become, or be meant as, the list's own file. */
  | { readonly kind: "suspected"; readonly name: string };

/** The name of the campaign file that serves every list of its folder. */
export const SHARED_CAMPAIGN = "campaign";

const CAMPAIGN_EXTENSIONS = new Set([".yaml", ".yml", ".json"]);

/** Hidden files, temporary files of programs, and files that systems leave. */
export function isIgnored(path: string): boolean {
  return IGNORED.test(basename(path));
}

const IGNORED =
  /^[.~]|\.(?:part|partial|tmp|temp|crdownload|download|filepart|swp)$|~$|^(?:thumbs\.db|desktop\.ini)$/i;

export function isList(path: string): boolean {
  return fold(extname(path)) === ".csv";
}

export function isCampaign(path: string): boolean {
  return CAMPAIGN_EXTENSIONS.has(fold(extname(path)));
}

/** `X` of `some/folder/X.csv`. */
export function stemOf(path: string): string {
  return basename(path, extname(path));
}

/** File systems allow names of 255 bytes, and ours get a prefix and a suffix. */
const STEM_BYTES_MAX = 180;

/** The stem of a dropped file, cut if its name is too long to be extended. */
export function shortStem(path: string): string {
  const bytes = Buffer.from(stemOf(path));
  // A character cut in two decodes to U+FFFD.
  return bytes
    .subarray(0, STEM_BYTES_MAX)
    .toString("utf8")
    .replace(/\uFFFD+$/, "");
}

/** Names that differ in case, composition of accents, or outer spaces are the same. */
export function fold(name: string): string {
  return name.normalize("NFC").toUpperCase().toLowerCase().trim();
}

/** Whether it is `campaign.yaml`, which no single list owns. */
export function isShared(path: string): boolean {
  return isCampaign(path) && fold(stemOf(path)) === SHARED_CAMPAIGN;
}

/** The names in one folder, read once: it may hold many thousands of lists. */
export interface FolderNames {
  /** The campaign file of a list in the folder. */
  match(list: string): CampaignMatch;
  /** Whether a list in the folder owns this campaign file. */
  hasListFor(campaign: string): boolean;
}

/** `names`: all files of the folder, hidden ones too. */
export function readNames(names: readonly string[]): FolderNames {
  const visible = names.filter((name) => !isIgnored(name));
  const shared = visible.filter(isShared);
  const lists = byStem(visible.filter(isList));
  const campaigns = byStem(visible.filter((name) => isCampaign(name) && !isShared(name)));
  const near = new Map<string, string>();
  const unfinished: { name: string; before: string }[] = [];
  for (const name of names) {
    const before = nameBefore(name);
    if (before === null || isList(name) || isShared(name)) continue;
    // A list's own file is not meant for another list.
    if (campaigns.get(fold(stemOf(name)))?.includes(name) && lists.has(fold(stemOf(name))))
      continue;
    if (bare(before) !== "" && !near.has(bare(before))) near.set(bare(before), name);
    if (isIgnored(name)) unfinished.push({ name, before });
  }

  return {
    match(list) {
      const stem = fold(stemOf(list));
      const [own, ...others] = campaigns.get(stem) ?? [];
      if (own !== undefined) {
        if (others.length > 0) return unclear(`${inWords([own, ...others])} lie beside it`);
        const other = lists.get(stem)?.find((name) => name !== list);
        if (other === undefined) return { kind: "own", name: own };
        return unclear(`${own} may belong to it or to ${other}`);
      }
      const suspected =
        near.get(bare(stem)) ?? unfinished.find(({ before }) => endsIn(before, stem))?.name;
      if (suspected !== undefined) return { kind: "suspected", name: suspected };
      const [only, ...more] = shared;
      if (only === undefined) return { kind: "none" };
      if (more.length > 0) return unclear(`${inWords([only, ...more])} lie beside it`);
      return { kind: "shared", name: only };
    },
    hasListFor: (campaign) => lists.has(fold(stemOf(campaign))),
  };
}

function byStem(names: readonly string[]): Map<string, string[]> {
  const index = new Map<string, string[]>();
  for (const name of names) {
    const stem = fold(stemOf(name));
    index.set(stem, [...(index.get(stem) ?? []), name]);
  }
  return index;
}

/** Suffixes of campaign files in transfer or of a program's copies. */
const CAMPAIGN_NAME = /^(.*?)[._ -](?:ya?ml|json)(?!\p{L})/u;
/** The extension that Windows gives a text file by default. */
const TEXT_NAME = /^([^.]*)(?:\.txt)?$/;

/** The folded name of the list that a file may be meant for; null for other files. */
function nameBefore(name: string): string | null {
  const text = fold(name).replace(/^[.~#$\s_]+/, "");
  return CAMPAIGN_NAME.exec(text)?.[1] ?? TEXT_NAME.exec(text)?.[1] ?? null;
}

/** `.syncthing.X.yaml.tmp`: programs add words in front. */
function endsIn(before: string, stem: string): boolean {
  return before.endsWith(stem) && /[^\p{L}\p{N}]/u.test(before.at(-stem.length - 1) ?? "");
}

/** A name without the suffix of a second copy; letters and digits only. */
function bare(stem: string): string {
  return stem
    .replace(/\.csv$/, "")
    .replace(/[\s_-]*\(\d+\)$/, "")
    .replace(/[\s_-]+(?:copy|kopia|kopie|copie|copia|cópia)(?:[\s_-]*\(?\d+\)?)?$/, "")
    .replace(/^(?:copy of|kopia|kopie von|copie de|copia de|cópia de)\s+/, "")
    .replace(/[^\p{L}\p{N}]/gu, "");
}

function inWords(names: readonly string[]): string {
  return names.length === 2 ? names.join(" and ") : names.join(", ");
}

function unclear(why: string): CampaignMatch {
  return { kind: "unclear", why };
}
