/** What is not a page of ours: Bull Board, the API but for its description, and files. */
const NOT_OURS = /^\/(queues|metrics|api\/(?!docs)|assets)/;

/**
 * Every page that can be reached from the start page by links, one of each kind: two campaigns are
 * the same kind. `read` asks for a path. Returns each path with its status, in the order of
 * finding.
 */
export async function crawl(read) {
  const pages = [];
  const kinds = new Map([["/", "/"]]);
  for (const path of kinds.values()) {
    const { status, type, text } = await read(path);
    if (!type.startsWith("text/html")) continue;
    pages.push({ path, status });
    for (const [tag, href] of text.matchAll(/<a\b[^>]*?\bhref="(\/[^"#]*)[^>]*>/g)) {
      const to = href.replaceAll("&amp;", "&");
      if (NOT_OURS.test(to) || / download\b/.test(tag)) continue;
      if (!kinds.has(kindOf(to))) kinds.set(kindOf(to), to);
    }
  }
  return pages;
}

function kindOf(path) {
  return path.replace(/[\w-]*\d[\w.-]*/g, "N");
}
