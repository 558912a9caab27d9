import type { Redis } from "ioredis";
import { accept, type Result, refuse } from "../core/refusal.ts";

const SLOTS = 16_384;

/**
 * Which node has which hash slots, as each of `nodes` says of itself: the same text before and
 * after a backup means that no key has changed its node meanwhile. Refuses while a slot is on its
 * way, because its keys are on two nodes, and if these nodes do not have all slots.
 */
export async function readSlotLayout(nodes: readonly Redis[]): Promise<Result<string>> {
  const lines: string[] = [];
  let slots = 0;
  for (const node of nodes) {
    const own = await askNode(node);
    if (!own.ok) return own;
    const { id, ranges } = own.value;
    // `[93->-id]` and `[93-<-id]`: a slot that is being given to, or taken from, another node.
    if (ranges.some((range) => range.startsWith("["))) return slotsMoved("A hash slot is moving");
    for (const range of ranges) slots += sizeOf(range);
    lines.push(`${id} ${ranges.join(" ")}`);
  }
  if (slots !== SLOTS) return slotsMoved(`${SLOTS - slots} hash slots have another owner, or none`);
  return accept(lines.join("\n"));
}

/** Its line of CLUSTER NODES (https://redis.io/docs/latest/commands/cluster-nodes/). */
async function askNode(node: Redis): Promise<Result<{ id: string; ranges: readonly string[] }>> {
  let text: string;
  try {
    text = String(await node.cluster("NODES"));
  } catch (error) {
    if (!(error instanceof Error && /^NOPERM/.test(error.message))) throw error;
    return refuse(
      "backup_not_allowed",
      "This user of Redis may not ask which node has which hash slots (CLUSTER NODES), so a backup could lack keys that move meanwhile.",
      "Allow it (ACL SETUSER … +cluster|nodes).",
    );
  }
  const own = text.split("\n").find((line) => line.split(" ")[2]?.includes("myself")) ?? "";
  const [id = "", , , , , , , , ...ranges] = own.trim().split(" ");
  return accept({ id, ranges });
}

export function slotsMoved(what: string): Result<never> {
  return refuse(
    "backup_slots_moved",
    `${what}, so the copy may lack keys: no backup was made.`,
    "Run the same command again when every hash slot is at its place (CLUSTER NODES shows them).",
  );
}

function sizeOf(range: string): number {
  const [first = Number.NaN, last = first] = range.split("-").map(Number);
  return last - first + 1;
}
