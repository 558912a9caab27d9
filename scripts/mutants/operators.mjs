// Where a text can be changed in one place so that it does something else.
import { argumentsOf, closing, codeOf } from "./mask.mjs";

const COMPARISONS = { "<": ["<=", ">"], "<=": ["<", ">"], ">": [">=", "<"], ">=": [">", "<"] };
const EQUALITIES = { "==": "~=", "~=": "==", "===": "!==", "!==": "===" };
const CONNECTIVES = { and: "or", or: "and", "&&": "||", "||": "&&", "??": "&&" };
const SUMS = { "+": "-", "-": "+", "*": "/", "/": "*" };

/**
 * All changes of one text: each replaces what stands from `from` to `to`. Some change nothing that
 * can be observed; which ones is for people to say.
 *
 * @returns {{ from: number, to: number, mutated: string }[]}
 */
export function changesOf(text, language) {
  const code = codeOf(text, language);
  const changes = [];
  const put = (from, to, mutated) => changes.push({ from, to, mutated });
  const each = (pattern, act) => {
    for (const found of code.matchAll(pattern)) act(found, found.index);
  };

  each(/(?<= )(?:[<>]=?|[=!]==|[=~]=|and|or|&&|\|\||\?\?|[-+*/])(?= )/g, ([token], at) => {
    const others = COMPARISONS[token] ?? [EQUALITIES[token] ?? CONNECTIVES[token] ?? SUMS[token]];
    for (const other of others) if (other !== undefined) put(at, at + token.length, other);
  });
  each(/(?<![\w.])\d[\d_]*(?![\w.])/g, ([token], at) => {
    const value = Number(token.replaceAll("_", ""));
    const end = at + token.length;
    put(at, end, String(value + 1));
    if (value !== 0) put(at, end, "0");
    if (value > 1) put(at, end, String(value - 1));
  });
  each(/\b(?:true|false)\b/g, ([token], at) =>
    put(at, at + token.length, token === "true" ? "false" : "true"),
  );
  each(/\bnot (?=\w)|(?<![\w)])!(?=[\w(])/g, ([token], at) => put(at, at + token.length, ""));
  each(/\b(?:if|elseif|while) (?=\(|.* (?:then|do)\b)/g, ([token], at) => {
    const from = at + token.length;
    if (language === "lua") {
      const to = from + code.slice(from).search(/ (?:then|do)\b/);
      put(from, to, `not (${text.slice(from, to)})`);
    } else if (code[from] === "(") {
      const to = closing(code, from);
      put(from, to, `(!${text.slice(from, to)})`);
    }
  });
  each(/\b[mM]ath\.(?:max|min)(?=\()/g, ([token], at) => {
    const open = at + token.length;
    const close = closing(code, open);
    for (const [from, to] of argumentsOf(code, open, close))
      put(at, close, `(${text.slice(from, to).trim()})`);
  });
  for (const [from, to] of statements(code, language)) put(from, to, "");
  each(functionStarts(language), ([token], at) => {
    const end = at + token.length;
    put(end, end, language === "lua" ? " do return end" : " return;");
  });
  if (language === "lua") {
    for (const flag of text.matchAll(/'(?:NX|XX|GT|LT)', /g))
      if (/redis\.call\([^\n]*$/.test(code.slice(0, flag.index)))
        put(flag.index, flag.index + flag[0].length, "");
  }
  return changes;
}

function functionStarts(language) {
  if (language === "lua") return /^(?:local )?function .*\)$/gm;
  return /^ *(?:export )?(?:async )?function .*\{$/gm;
}

/** Calls and assignments that stand for themselves: without them something does not happen. */
function statements(code, language) {
  const begins =
    language === "lua"
      ? /(?<=^ *|\b(?:then|else|do) )(?!(?:if|elseif|for|while|return|local|function)\b)[\w.]+(?=\(|(?:\[[^\n]*\])?(?:, [\w.]+)* = )/gm
      : /(?<=^ +)(?!(?:if|for|while|switch|catch|return|const|let|throw|function|async|case|readonly|type)\b)(?:(?:await|void) )?[\w.]+(?=\(|(?:\[[^\n]*\])? [-+]?= |\+\+;)/gm;
  const found = [];
  for (const { index } of code.matchAll(begins)) {
    const to = statementEnd(code, index, language);
    if (to > index) found.push([index, to]);
  }
  return found;
}

function statementEnd(code, from, language) {
  for (let at = from; at < code.length; at++) {
    if ("([{".includes(code[at])) {
      at = closing(code, at) - 1;
      if (at < from) return -1;
    } else if (language === "lua") {
      if (/^(?: end\b| else\b)/.test(code.slice(at, at + 5))) return at;
      if (code[at] === "\n" && !/^\s*(?:and|or|\.\.|[-+*/]) /.test(code.slice(at + 1, at + 99)))
        return at;
    } else if (code[at] === ";") return at + 1;
    else if (")]}".includes(code[at]) || code[at] === ",") return -1;
  }
  return -1;
}
