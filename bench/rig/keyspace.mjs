/**
 * Bytes of all keys: values, and the tables that find the keys and their expiry (Redis counts those
 * as overhead). Buffers of clients and of the append-only file are not part of it.
 */
export async function keyspaceBytes(client) {
  await settled(client);
  const flat = await client.memory("STATS");
  const stats = toObject(flat);
  const db = stats["db.0"] === undefined ? {} : toObject(stats["db.0"]);
  const tables = Number(db["overhead.hashtable.main"] ?? 0);
  return Number(stats["dataset.bytes"]) + tables + Number(db["overhead.hashtable.expires"] ?? 0);
}

/** Redis keeps notes on its commands, which would be counted as data: off, before the first key. */
export async function keepNoNotes(client) {
  await client.config("SET", "slowlog-log-slower-than", "-1");
  // Since Redis 7: a histogram of some 30 KB for each command that is ever used.
  await client.config("SET", "latency-tracking", "no").catch(() => {});
}

/** Keys by the pattern of their names, largest first, measured one by one. */
export async function keyFamilies(client) {
  const families = new Map();
  let cursor = "0";
  do {
    const [next, keys] = await client.scan(cursor, "COUNT", 1_000);
    cursor = next;
    const pipeline = client.pipeline();
    for (const key of keys) pipeline.call("MEMORY", "USAGE", key, "SAMPLES", "0");
    const sizes = await pipeline.exec();
    for (const [at, key] of keys.entries()) {
      const family = familyOf(key);
      const known = families.get(family) ?? { family, keys: 0, bytes: 0 };
      known.keys++;
      known.bytes += Number(sizes[at][1]);
      families.set(family, known);
    }
  } while (cursor !== "0");
  const found = [...families.values()].sort((a, b) => b.bytes - a.bytes);
  const most = found.slice(0, 8);
  const rest = found.slice(8);
  if (rest.length > 0) {
    const sum = (field) => rest.reduce((total, one) => total + one[field], 0);
    most.push({ family: "all others", keys: sum("keys"), bytes: sum("bytes") });
  }
  return most;
}

/** `...:batch:17` -> `...:batch:*`: every part that holds a digit stands for many. */
function familyOf(key) {
  const parts = key.split(":");
  return parts.map((part) => (/\d/.test(part) || part.length > 24 ? "*" : part)).join(":");
}

/** Deletes that Redis does in the background are done; so is a table that was being resized. */
async function settled(client) {
  for (let last = -1; ; ) {
    const info = await client.info("memory");
    const used = Number(/^used_memory_dataset:(\d+)/m.exec(info)?.[1]);
    if (Math.abs(used - last) < 4_096) return;
    last = used;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** MEMORY STATS answers names and values in turn, or (RESP3) a map. */
function toObject(answer) {
  if (!Array.isArray(answer)) return answer;
  const pairs = [];
  for (let at = 0; at < answer.length; at += 2) pairs.push([answer[at], answer[at + 1]]);
  return Object.fromEntries(pairs);
}
