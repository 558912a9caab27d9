import { z } from "zod";
import { timeZoneProblem } from "./time-zone.ts";

/** `recurring` of a campaign file: at each due time the source's list becomes a campaign. */
export interface Recurring {
  readonly source: RecurringSource;
  /** Minute, hour, day of the month, month, day of the week, on the clock of `timezone`. */
  readonly cron: string;
  readonly timezone: string;
  /** The name of each campaign; `{date}` and `{time}` stand for its due time in `timezone`. */
  readonly name: string;
  /** Whether a run without a new list is reported. */
  readonly onEmpty: OnEmpty;
  /** What happens to due times at which no producer ran: the last is made up for, or none. */
  readonly onMissed: OnMissed;
}

type RecurringSource =
  /** The newest list of a folder; the path is relative to the campaign file. */
  | { readonly kind: "folder"; readonly path: string }
  /** `tokenFile`: a file beside the campaign file that holds a bearer token. */
  | { readonly kind: "url"; readonly url: string; readonly tokenFile: string | null };

const ON_EMPTY = ["ok", "warn"] as const;
const ON_MISSED = ["once", "skip"] as const;
type OnEmpty = (typeof ON_EMPTY)[number];
type OnMissed = (typeof ON_MISSED)[number];

const text = z.string().trim().min(1);

/** Five fields; time/due-times.ts checks what they hold. */
const cron = text.regex(
  /^[\w*,/#?-]+([ \t]+[\w*,/#?-]+){4}$/,
  'must have five fields (minute, hour, day, month, weekday), as in "0 9 * * mon-fri"',
);

const timezone = z.string().superRefine((value, context) => {
  const message = timeZoneProblem(value);
  if (message !== null) context.addIssue({ code: "custom", message });
});

const name = text
  .max(180)
  .regex(/^\P{Cc}*$/u, "must be one line")
  .refine((value) => !/[{}]/.test(value.replace(/\{(?:date|time)\}/g, "")), {
    message: "may hold {date} and {time}, and no other braces",
  });

const url = text.superRefine((value, context) => {
  const message = urlProblem(value);
  if (message !== null) context.addIssue({ code: "custom", message });
});

const tokenFile = text.regex(
  /^(?!\.{1,2}$)[^/\\]+$/,
  "must be the name of a file beside this campaign file",
);

/** The keys of the block, as they are written. */
export const recurringBlock = z
  .strictObject({
    folder: text.nullish(),
    url: url.nullish(),
    tokenFile: tokenFile.nullish(),
    cron,
    timezone,
    name: name.nullish(),
    onEmpty: z.enum(ON_EMPTY).nullish(),
    onMissed: z.enum(ON_MISSED).nullish(),
  })
  .refine(({ folder, url: given }) => (folder == null) !== (given == null), {
    path: ["folder"],
    message: "and url: give exactly one of them, where the lists come from",
  })
  .refine(({ url: given, tokenFile: token }) => token == null || given != null, {
    path: ["tokenFile"],
    message: "is of use only with a url",
  });

/** `campaignName`: the name of the campaign file, for runs that have none of their own. */
export function toRecurring(
  written: z.output<typeof recurringBlock>,
  campaignName: string,
): Recurring {
  const source: RecurringSource =
    written.url == null
      ? { kind: "folder", path: written.folder ?? "" }
      : { kind: "url", url: written.url, tokenFile: written.tokenFile ?? null };
  return {
    source,
    cron: written.cron,
    timezone: written.timezone,
    name: written.name ?? `${campaignName} {date}`,
    onEmpty: written.onEmpty ?? "warn",
    onMissed: written.onMissed ?? "once",
  };
}

/** https, or http on loopback: anything else could be read or changed on its way. */
function urlProblem(value: string): string | null {
  if (!URL.canParse(value)) return "must be an address, as in https://example.org/bills.csv";
  const { protocol, hostname, username, password } = new URL(value);
  if (username !== "" || password !== "") {
    return "must hold no user name or password: give a token in a tokenFile";
  }
  if (protocol === "https:" || (protocol === "http:" && isLoopbackName(hostname))) return null;
  return "must begin with https:// (http:// is for loopback addresses only)";
}

/** Whether the host of a URL is this machine, by its name alone. */
export function isLoopbackName(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** A URL for people and logs: its query may be a secret. */
export function shownUrl(url: string): string {
  const { origin, pathname, search } = new URL(url);
  return `${origin}${pathname}${search === "" ? "" : "?…"}`;
}
