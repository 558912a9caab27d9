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
 * A reading is kept with the pattern of its text: all of it as it is, but for the wamid and phones,
 * if they stand where what they are cannot matter: the wamid as the whole value of a member `id`,
 * and as the id that was found; a phone as the whole value of a member. Both have only letters that
 * JSON takes as they are, so texts that agree in the rest have the same members in the same places.
 * A text of 8 to 20 digits reads the same under every name (answer-members.ts): it is too long for
 * a code, and as a number neither 0, 1 nor an HTTP status.
 */
export function createKnownAnswers<Answer extends Reading>(read: (text: string) => Answer) {
  const known: { readonly pattern: RegExp; readonly answer: Answer }[] = [];
  let learned = 0;

  return (text: string): Answer => {
    for (const { pattern, answer } of known) {
      const id = pattern.exec(text)?.[1];
      if (id !== undefined) return { ...answer, id };
    }
    const answer = read(text);
    const pattern = learned < LEARNED_MAX ? patternOf(text, answer) : null;
    if (pattern === null) return answer;
    learned++;
    known.unshift({ pattern, answer });
    known.length = Math.min(known.length, KNOWN_MAX);
    return answer;
  };
}

const TEXT_CHARS_MAX = 2_000;
const KNOWN_MAX = 8;
/** If answers name a time all are different, and learning more of them is of no use. */
const LEARNED_MAX = 64;

/** Raw control characters are in no JSON. */
const [WAMID_GAP, PHONE_GAP] = ["\u0001", "\u0002"];
const SOME_WAMID = "(wamid\\.[A-Za-z0-9+/=_-]{1,200})";
const SOME_PHONE = '"[1-9][0-9]{7,19}"';
const WAMID = new RegExp(`(?<=[{,]"id":")${SOME_WAMID}(?="[,}])`);
const PHONE = new RegExp(`(?<=":)${SOME_PHONE}(?=[,}])`, "g");

/** Null if such a text may be read in another way. */
function patternOf(text: string, answer: Reading): RegExp | null {
  if (!answer.isWhole || answer.errorType !== null || text.length > TEXT_CHARS_MAX) return null;
  const wamid = WAMID.exec(text)?.[1];
  if (wamid === undefined || wamid !== answer.id) return null;
  if (text.indexOf("wamid.") !== text.lastIndexOf("wamid.")) return null;
  const pattern = text
    .replace(WAMID, WAMID_GAP)
    .replaceAll(PHONE, PHONE_GAP)
    .replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&")
    .replace(WAMID_GAP, SOME_WAMID)
    .replaceAll(PHONE_GAP, SOME_PHONE);
  return new RegExp(`^${pattern}$`);
}
