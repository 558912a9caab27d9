/** What an admin does with tokens, for the command line, the API and the page. */
import { audited } from "../campaigns/audited.ts";
import type { Role } from "../core/access.ts";
import type { Actor } from "../core/act.ts";
import { accept, type Refused, type Result, refuse } from "../core/refusal.ts";
import { type ActLog, type ApiToken, isTokenName, type Tokens } from "../store/index.ts";
import { numbersWords, readNumbers } from "./users.ts";

export interface TokenDeps {
  readonly tokens: Tokens;
  readonly acts: Pick<ActLog, "begin" | "end">;
  /** The configured numbers. */
  readonly numbers: readonly string[];
}

interface NewToken {
  readonly name: string;
  readonly role: Role;
  /** Null: all. */
  readonly numbers: readonly string[] | null;
  /** Null: it does not expire. */
  readonly lastsMs: number | null;
}

/** A token that was just made: `token` is shown once, and stored nowhere. */
export type MadeToken = ApiToken & { readonly token: string };

/** Refusals: `token_name_invalid`, `token_name_taken`, `tokens_too_many`, and of the numbers. */
export async function addToken(
  deps: TokenDeps,
  wanted: NewToken,
  by: Actor,
): Promise<Result<MadeToken>> {
  const { name, role, lastsMs } = wanted;
  // A secret may have been pasted as the name, so it is noted once it was right.
  if (!isTokenName(name)) {
    return refuse(
      "token_name_invalid",
      "That is not a name for a token.",
      "Give up to 64 letters, digits, -, _ and ., beginning with a letter or a digit.",
    );
  }
  const numbers = readNumbers(deps.numbers, wanted.numbers);
  if (!numbers.ok) return numbers;
  const limits = numbers.value === null ? {} : { numbers: numbersWords(numbers.value) };
  const details = { name, role, ...limits };
  const add = async (): Promise<Result<MadeToken>> => {
    const made = await deps.tokens.add({ name, role, numbers: numbers.value, lastsMs });
    if (made.kind === "added") return accept({ ...made.added, token: made.token });
    return made.kind === "taken" ? refuseTaken(name) : refuseFull();
  };
  return audited(deps.acts, by, { what: "token add" }, add, () => ({ details }));
}

/** Refusal: `token_unknown`. */
export async function removeToken(
  deps: Pick<TokenDeps, "tokens" | "acts">,
  name: string,
  by: Actor,
): Promise<Result<{ readonly name: string }>> {
  if (!isTokenName(name)) return refuseUnknown();
  const remove = async () =>
    (await deps.tokens.remove(name)) ? accept({ name }) : refuseUnknown();
  return audited(deps.acts, by, { what: "token remove" }, remove, () => ({ details: { name } }));
}

function refuseTaken(name: string): Refused {
  return refuse(
    "token_name_taken",
    `There is a token "${name}" already.`,
    `Choose another name, or remove it first: dropcast token remove ${name}.`,
  );
}

function refuseFull(): Refused {
  return refuse(
    "tokens_too_many",
    "There are 200 tokens, which is the most.",
    "Remove those that are no longer used: dropcast token list.",
  );
}

function refuseUnknown(): Refused {
  return refuse(
    "token_unknown",
    "There is no token with this name.",
    "dropcast token list shows all names.",
  );
}
