import type { ApiAnswer } from "./api-client.ts";

/** The answer of the API as the result of a tool. */
export function asResult(answer: ApiAnswer) {
  return answer.ok ? told(answer.value) : refused(answer);
}

export function told(value: unknown) {
  return { content: [{ type: "text" as const, text: JSON.stringify(value, null, 1) }] };
}

export function refused({ code, words }: { readonly code: string; readonly words: string }) {
  return { content: [{ type: "text" as const, text: `${code}: ${words}` }], isError: true };
}
