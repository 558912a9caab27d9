/** Any address is resolved against this one; one that leaves it is not ours. */
const OURS = "http://dropcast.invalid";
const LENGTH_MAX = 1_000;

/**
 * The path and query that a browser may be sent to after signing in; "/" for any text that is not
 * an address of ours. The text is read as a browser reads it, which ignores tabs and turns `\` into
 * `/`, and the result is read once more: `/.//host` only then begins with `//`.
 */
export function ownPath(text: string | undefined): string {
  if (text === undefined || text.length > LENGTH_MAX || !text.startsWith("/")) return "/";
  if (!URL.canParse(text, OURS)) return "/";
  const { origin, pathname, search } = new URL(text, OURS);
  const path = `${pathname}${search}`;
  const isOurs = origin === OURS && new URL(path, OURS).origin === OURS && !path.startsWith("//");
  return isOurs && !/^\/sign-(?:in|out)(?:[/?]|$)/.test(path) ? path : "/";
}
