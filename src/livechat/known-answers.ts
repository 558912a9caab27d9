/** What of a reading decides whether it is kept. */
interface Reading {
  readonly isWhole: boolean;
  readonly id: string | null;
  readonly errorType: string | null;
}

/**
 * Remembers how answers were read. An API's answers to accepted messages differ in ids and phones
 * only, and reading one in full is a tenth of what a message costs a worker.
 *
 * A reading is kept by the answer's text without its wamid and its phones, if they stand where what
 * they are cannot matter: the wamid as the whole value of a member `id`, and as the id that was
 * found; a phone as the whole value of a member. Both have only letters that JSON takes as they
 * are, so texts that agree in the rest have the same members in the same places. A text of 8 to 20
 * digits reads the same under every name (answer-members.ts): it is too long for a code, and as a
 * number neither 0, 1 nor an HTTP status.
 */
export function createKnownAnswers<Answer extends Reading>(read: (text: string) => Answer) {
  const known = new Map<string, Answer>();

  return (text: string): Answer => {
    const wamid = text.length <= TEXT_CHARS_MAX && !text.includes(GAP) ? onlyWamid(text) : null;
    if (wamid === null) return read(text);
    const key = text.replace(wamid, GAP).replaceAll(PHONE, GAP);
    const found = known.get(key);
    if (found !== undefined) return { ...found, id: wamid };
    const answer = read(text);
    if (!answer.isWhole || answer.id !== wamid || answer.errorType !== null) return answer;
    if (known.size >= KNOWN_MAX) known.clear();
    known.set(key, answer);
    return answer;
  };
}

const TEXT_CHARS_MAX = 2_000;
/** Answers that name a time are all different: then remembering costs little and is of no use. */
const KNOWN_MAX = 64;
/** A raw control character is in no JSON. */
const GAP = "\u0001";

const WAMID = /[{,]"id":"(wamid\.[A-Za-z0-9+/=_-]{1,200})"[,}]/;
const PHONE = /(?<=":)"[1-9][0-9]{7,19}"(?=[,}])/g;

/** The wamid of an answer that has one of them, in a member `id`. */
function onlyWamid(text: string): string | null {
  const wamid = WAMID.exec(text)?.[1];
  if (wamid === undefined) return null;
  return text.indexOf("wamid.") === text.lastIndexOf("wamid.") ? wamid : null;
}
