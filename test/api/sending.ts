import { expect, vi } from "vitest";
import { SOON } from "../dashboard/support.ts";
import { freshKey, openApi, type TestApi } from "./support.ts";

export interface Created {
  readonly id: string;
  readonly status: string;
  readonly messages: number | null;
}

/** A list of `rows` people, of whom no other test knows. */
export function listOf(rows: number, first = Math.floor(Math.random() * 1e6)): string {
  const lines = Array.from(
    { length: rows },
    (_, at) => `+48600${String((first + at) % 1e6).padStart(6, "0")},Name ${at + 1}`,
  );
  return `phone,first_name\n${lines.join("\n")}\n`;
}

export function campaignFile(number: string, more = ""): string {
  return [
    `name: Spring sale ${freshKey()}`,
    `number: ${number}`,
    "template: { name: spring_sale, language: { code: en_US } }",
    "category: utility",
    more,
  ].join("\n");
}

export function formOf(parts: Readonly<Record<string, string | Blob>>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(parts)) form.append(name, value);
  return form;
}

/** An API with a campaign file of its number, and a request to create a campaign. */
export async function open(changes: Parameters<typeof openApi>[0] = {}) {
  const api = await openApi(changes);
  const campaign = campaignFile(api.test.number);
  const send = (parts: Readonly<Record<string, string | Blob>>, key?: string) =>
    api.ask("/api/campaigns", {
      ...{ method: "POST", body: formOf(parts) },
      ...(key === undefined ? {} : { key }),
    });
  return { ...api, campaign, send };
}

/** Waits until the list is imported, and its upload is gone. */
export const imported = async ({ test, onDisk }: Pick<TestApi, "test" | "onDisk">, id: string) => {
  await vi.waitFor(async () => expect((await test.found(id)).status).toBe("running"), SOON);
  await vi.waitFor(() => expect(onDisk()).toEqual([]), SOON);
};
