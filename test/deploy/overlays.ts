import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathOf } from "./deployment.ts";
import { type Manifest, render } from "./kustomize.ts";

export const OVERLAYS = ["single", "cluster", "managed"] as const;
export type Overlay = (typeof OVERLAYS)[number];

/** The workloads of its Redis. */
export const REDIS: Readonly<Record<Overlay, readonly string[]>> = {
  single: ["redis"],
  cluster: ["redis-cluster"],
  managed: [],
};

export interface Variant {
  readonly name: string;
  readonly overlay: Overlay;
  /** Its components are uncommented. */
  readonly isFull: boolean;
  readonly manifests: readonly Manifest[];
  /** A folder for kubectl; `remove` it. */
  folder(): { path: string; remove(): void };
}

/** Each overlay as it stands, and with the components that its kustomization has in comments. */
export const variants: readonly Variant[] = OVERLAYS.flatMap((overlay) =>
  [false, true].map((isFull) => {
    const folder = () => copyOf(overlay, isFull);
    const { path, remove } = folder();
    const manifests = render(path);
    remove();
    const name = isFull ? `${overlay} with its components` : overlay;
    return { name, overlay, isFull, manifests, folder };
  }),
);

function copyOf(overlay: Overlay, isFull: boolean): { path: string; remove(): void } {
  const root = mkdtempSync(join(tmpdir(), "dropcast-kustomize-"));
  cpSync(pathOf("deploy/kubernetes"), root, { recursive: true });
  const path = join(root, "overlays", overlay);
  if (isFull) {
    const file = join(path, "kustomization.yaml");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace(/^# (components:| {2}- \.\.\/)/gm, "$1"));
  }
  return { path, remove: () => rmSync(root, { recursive: true }) };
}
