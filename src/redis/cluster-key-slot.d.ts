declare module "cluster-key-slot" {
  /** The hash slot of a key: of what is between its first { and the next }, else of the whole. */
  export default function keySlot(key: string): number;
}
