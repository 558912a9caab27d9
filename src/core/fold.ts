/**
 * Where WhatsApp folds a long marketing message: it shows the first lines, then "Read more" (since
 * 2026; Webex's changelog: four lines of text, three below an image, video or document). How much
 * fits into a line depends on the phone and its letters, so this is about right, not exact.
 */
const LINES_OF_TEXT = 4;
const LINES_BELOW_MEDIA = 3;

/** Letters in a line of a bubble on a common phone. */
const LINE_LENGTH = 38;

interface FoldedText {
  readonly shown: string;
  /** What only "Read more" shows; empty: all is shown. */
  readonly hidden: string;
}

/** Splits a text at its fold; `hasMedia`: the message has an image, a video or a document. */
export function foldText(text: string, { hasMedia }: { hasMedia: boolean }): FoldedText {
  const linesMax = hasMedia ? LINES_BELOW_MEDIA : LINES_OF_TEXT;
  let at = 0;
  for (let line = 0; line < linesMax; line++) {
    at = endOfLine(text, at);
    if (at === text.length) return { shown: text, hidden: "" };
  }
  return { shown: text.slice(0, at), hidden: text.slice(at) };
}

/** Where the next line begins: after a line break, a space, or in the middle of a long word. */
function endOfLine(text: string, from: number): number {
  let letters = 0;
  let afterSpace = -1;
  let at = from;
  for (const letter of text.slice(from, from + 4 * LINE_LENGTH)) {
    if (letter === "\n") return at + 1;
    if (letters === LINE_LENGTH) return afterSpace === -1 || letter === " " ? at : afterSpace;
    letters++;
    at += letter.length;
    if (letter === " ") afterSpace = at;
  }
  return at;
}
