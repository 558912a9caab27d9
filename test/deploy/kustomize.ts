/**
 * The part of kustomize that deploy/kubernetes uses, so that its structure can be tested on machines
 * without kubectl. Where there is one, a test holds both equal.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parse, parseAllDocuments } from "yaml";
import { z } from "zod";

const manifestSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    labels: z.record(z.string(), z.string()).optional(),
  }),
});

export type Manifest = z.output<typeof manifestSchema>;

const operationSchema = z.discriminatedUnion("op", [
  z.strictObject({ op: z.enum(["add", "replace"]), path: z.string(), value: z.unknown() }),
  z.strictObject({ op: z.literal("remove"), path: z.string() }),
]);

type Operation = z.output<typeof operationSchema>;

const kustomizationSchema = z.strictObject({
  apiVersion: z.string(),
  kind: z.enum(["Kustomization", "Component"]),
  namespace: z.string().optional(),
  labels: z.array(z.strictObject({ pairs: z.record(z.string(), z.string()) })).default([]),
  resources: z.array(z.string()).default([]),
  components: z.array(z.string()).default([]),
  images: z
    .array(z.strictObject({ name: z.string(), newName: z.string(), newTag: z.string() }))
    .default([]),
  patches: z
    .array(
      z.strictObject({
        target: z.strictObject({ kind: z.string(), name: z.string().optional() }),
        patch: z.string(),
      }),
    )
    .default([]),
});

/** Every object of a folder with a kustomization.yaml, in its order. Throws on what it cannot do. */
export function render(folder: string): Manifest[] {
  return build(folder, []);
}

/** The YAML files that a folder's kustomization reads, itself and those below it included. */
export function filesOf(folder: string): string[] {
  const { resources, components } = kustomizationOf(folder);
  return [
    join(folder, "kustomization.yaml"),
    ...[...resources, ...components].flatMap((each) => {
      const path = join(folder, each);
      return statSync(path).isDirectory() ? filesOf(path) : [path];
    }),
  ];
}

function kustomizationOf(folder: string) {
  const text = readFileSync(join(folder, "kustomization.yaml"), "utf8");
  return kustomizationSchema.parse(parse(text));
}

/** A component changes what is there before it (`given`), any other folder starts with nothing. */
function build(folder: string, given: Manifest[]): Manifest[] {
  const own = kustomizationOf(folder);
  let all = [...given];
  for (const each of own.resources) all.push(...resource(join(folder, each)));
  for (const each of own.components) all = build(join(folder, each), all);
  for (const { target, patch } of own.patches) {
    const operations = z.array(operationSchema).parse(parse(patch));
    const kinds = new RegExp(`^(?:${target.kind})$`);
    const hit = all.filter(
      ({ kind, metadata }) =>
        kinds.test(kind) && (target.name === undefined || metadata.name === target.name),
    );
    if (hit.length === 0) throw new Error(`${folder}: a patch has no target.`);
    for (const manifest of hit) for (const operation of operations) apply(operation, manifest);
  }
  for (const { metadata } of all) {
    if (own.namespace !== undefined) metadata.namespace = own.namespace;
    for (const { pairs } of own.labels) metadata.labels = { ...metadata.labels, ...pairs };
  }
  for (const { name, newName, newTag } of own.images) {
    for (const container of all.flatMap(containersOf)) {
      if (container.image === name) container.image = `${newName}:${newTag}`;
    }
  }
  return all;
}

function resource(path: string): Manifest[] {
  if (existsSync(join(path, "kustomization.yaml"))) return render(path);
  return parseAllDocuments(readFileSync(path, "utf8")).map((document) =>
    manifestSchema.parse(document.toJS()),
  );
}

function containersOf(manifest: Manifest): { image: string }[] {
  const spec = manifest["spec"] as
    | { template?: { spec?: { containers?: { image: string }[] } } }
    | undefined;
  return spec?.template?.spec?.containers ?? [];
}

/** One operation of a JSON patch (RFC 6902). */
function apply(operation: Operation, manifest: Manifest): void {
  const path = operation.path.slice(1).split("/");
  const key = path.pop() ?? "";
  let at: unknown = manifest;
  for (const step of path) at = (at as Record<string, unknown> | undefined)?.[step];
  if (typeof at !== "object" || at === null) {
    throw new Error(`${manifest.kind} ${manifest.metadata.name} has no ${operation.path}.`);
  }
  if (Array.isArray(at)) {
    if (operation.op !== "add" || key !== "-") throw new Error(`Not known: ${operation.path}.`);
    at.push(structuredClone(operation.value));
    return;
  }
  const fields = at as Record<string, unknown>;
  if (operation.op !== "add" && !(key in fields)) {
    throw new Error(`${manifest.kind} ${manifest.metadata.name} has no ${operation.path}.`);
  }
  if (operation.op === "remove") delete fields[key];
  else fields[key] = structuredClone(operation.value);
}
