// What of a source text is code: everything else becomes blanks, so that places stay where they
// are.

/**
 * Comments, strings and regular expressions of a Lua or TypeScript text as blanks; of TypeScript
 * its imports and types, too, since nothing of them runs.
 */
export function codeOf(text, language) {
  if (language === "lua") return blank(text, /--[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g);
  const literals =
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|(?<=[(=,:?!&|]\s*|return )\/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n])+\/\w*/g;
  const types =
    /^import [\s\S]*?;$|^(?:export )?interface [\s\S]*?^\}|^(?:export )?type [\s\S]*?;$/gm;
  return blank(blank(text, literals), types);
}

function blank(text, pattern) {
  return text.replace(pattern, (found) => found.replace(/[^\n]/g, " "));
}

/** The place behind the bracket that closes the one at `from`; -1 where none does. */
export function closing(code, from) {
  let depth = 0;
  for (let at = from; at < code.length; at++) {
    if ("([{".includes(code[at])) depth++;
    else if (")]}".includes(code[at]) && --depth === 0) return at + 1;
  }
  return -1;
}

/** Where the arguments between two brackets begin and end. */
export function argumentsOf(code, open, close) {
  const found = [];
  let from = open + 1;
  for (let at = from; at < close; at++) {
    if ("([{".includes(code[at])) at = closing(code, at) - 1;
    else if (code[at] === "," || at === close - 1) {
      found.push([from, at]);
      from = at + 1;
    }
  }
  return found;
}
