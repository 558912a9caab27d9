/**
 * Which campaign file a list is sent by, told from the names that lie in its folder.
 *
 * `X.csv` is sent by `X.yaml` (`.yml`, `.json`), in whatever case and however its accents are
 * composed: file systems differ in both. The folder's `campaign.yaml` serves a list only when
 * nothing in the folder may be meant as the list's own file. What may be (a download under way, `X
 * (1).yaml`, the backup of an editor) is waited for and then asked about: by the wrong campaign
 * file, people get wrong messages.
 */
import { basename, extname } from "node:path";

/** What a list is sent by. `why` ends a sentence that begins with the list's name. */
export type CampaignMatch =
  | { readonly kind: "own" | "shared"; readonly name: string }
  | { readonly kind: "none" }
  /** More than one file may be meant, or a file may be meant for more than one list. */
  | { readonly kind: "unclear"; readonly why: string }
  /** Something lies there that may become, or be meant as, the list's own file. */
  | { readonly kind: "suspected"; readonly name: string };

/** The name of the campaign file that serves every list of its folder. */
export const SHARED_CAMPAIGN = "campaign";

const CAMPAIGN_EXTENSIONS = new Set([".yaml", ".yml", ".json"]);

/**
 * Hidden files, files that programs write to before they give them their real name, and what
 * systems leave.
 */
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

/** File systems take names of 255 bytes, and ours have something in front and behind. */
const STEM_BYTES_MAX = 180;

/** The stem of a dropped file, cut where its name is too long to be added to. */
export function shortStem(path: string): string {
  const bytes = Buffer.from(stemOf(path));
  // A character that was cut in two reads as this sign.
  return bytes
    .subarray(0, STEM_BYTES_MAX)
    .toString("utf8")
    .replace(/\uFFFD+$/, "");
}

/**
 * Names that differ in case, in how accents are composed, or in spaces at the ends, are one name.
 */
export function fold(name: string): string {
  return name.normalize("NFC").toUpperCase().toLowerCase().trim();
}

/** Whether it is `campaign.yaml`, which belongs to no list of its own. */
export function isShared(path: string): boolean {
  return isCampaign(path) && fold(stemOf(path)) === SHARED_CAMPAIGN;
}

/** The names in one folder, read once: a folder may hold many thousands of lists. */
export interface FolderNames {
  /** What a list of the folder is sent by. */
  match(list: string): CampaignMatch;
  /** Whether a list lies there that this campaign file is the own one of. */
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
    // The own file of a list that lies there is not meant for another.
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
        const rival = lists.get(stem)?.find((name) => name !== list);
        if (rival === undefined) return { kind: "own", name: own };
        return unclear(`${own} may belong to it or to ${rival}`);
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

/**
 * What comes behind the name of a campaign file that is under way, or that a program kept a copy
 * of.
 */
const CAMPAIGN_NAME = /^(.*?)[._ -](?:ya?ml|json)(?!\p{L})/u;
/** How Windows saves a text file when it is not told otherwise. */
const TEXT_NAME = /^([^.]*)(?:\.txt)?$/;

/** The name of the list that a file may be meant for, folded; null for other files. */
function nameBefore(name: string): string | null {
  const text = fold(name).replace(/^[.~#$\s_]+/, "");
  return CAMPAIGN_NAME.exec(text)?.[1] ?? TEXT_NAME.exec(text)?.[1] ?? null;
}

/** `.syncthing.X.yaml.tmp`: programs put words of their own in front. */
function endsIn(before: string, stem: string): boolean {
  return before.endsWith(stem) && /[^\p{L}\p{N}]/u.test(before.at(-stem.length - 1) ?? "");
}

/** A name without what browsers and file managers add to a second copy; letters and digits only. */
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
