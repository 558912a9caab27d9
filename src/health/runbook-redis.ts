/** Redis itself: the gravest of all checks. */
export const REDIS_CHECKS = {
  redis_reachable: {
    title: "Redis cannot be reached",
    means:
      "What the message names cannot be read or written: a number, what belongs to all numbers, or everything. Nothing is claimed for it, so nothing is sent; webhooks are answered with 503 and LiveChat sends them again.",
    steps: [
      "Of a Redis Cluster or Sentinels `dropcast doctor` names the node, why it cannot be used, and the numbers that it has.",
      "Look at Redis itself: is it running, is its machine reachable, is its disk full?",
      "Compare DROPCAST_REDIS_URL of all processes.",
      "Start it again with its own data. Do not start an empty one in its place.",
    ],
    safe: "Starting Redis again with its own data is safe: messages on their way become unknown at worst, and are never sent again by themselves.",
  },
  redis_durability: {
    title: "Redis may lose writes that it confirmed",
    means:
      "A setting, a replica or a restriction means that a crash may lose the record of a sent message. Unless DROPCAST_ALLOW_UNSAFE_REDIS is set, nothing is sent.",
    steps: [
      "Run the CONFIG SET that the message names, and put it into the configuration of Redis.",
      "For a managed Redis, ask its provider for an append-only file that is written before each answer.",
      "Sending continues by itself within seconds.",
    ],
    safe: "Correcting the settings is safe while campaigns run. DROPCAST_ALLOW_UNSAFE_REDIS is not: after a crash of Redis messages may be sent twice.",
  },
  redis_topology: {
    title: "A node of Redis does not answer, or has no replica",
    means:
      "Numbers are spread over the nodes of a Redis Cluster. A number whose node does not answer sends nothing until its replica has taken over or the node is back; one without a replica waits for the node. Behind Sentinels all numbers wait for the one master.",
    steps: [
      "`dropcast doctor` shows each node with its hash slots, numbers and replicas, and which hash slots have no owner. It works while nodes are away, and changes nothing.",
      "Bring the node or its replica back, with its own data.",
      "Give each node that owns slots a replica.",
    ],
    safe: "Starting a node again with its own data is safe. Do not give its slots to another node while its data can come back: what was sent would be forgotten.",
  },
  redis_permissions: {
    title: "The user of Redis may not do everything",
    means:
      "Redis refuses commands that Dropcast can do without. The message says what is lost by it.",
    steps: [
      "Allow the commands that the message names, with `ACL SETUSER`: docs/redis.md has the whole rule.",
      "A managed service may forbid them to everybody: then nothing can be done, and nothing has to be.",
    ],
    safe: "Safe: allowing them changes nothing else, and sending goes on without them.",
  },
  redis_disk: {
    title: "Redis cannot write to its disk",
    means: "Redis refuses every write, so nothing is claimed and no outcome is recorded.",
    steps: ["Free space on the disk of Redis, or correct its permissions.", "Look at its log."],
    safe: "Freeing space is safe. Do not delete the append-only file: it is the record of what was sent.",
  },
  redis_memory: {
    title: "Redis runs out of memory",
    means: "At 100 % Redis refuses writes that need memory: nothing new is claimed or imported.",
    steps: [
      "Raise maxmemory, or give Redis a machine of its own.",
      "Set DROPCAST_RETENTION_DAYS, so that rows of old campaigns are deleted.",
    ],
    safe: "Raising maxmemory is safe at any time. Do not change maxmemory-policy: eviction deletes records of sent messages.",
  },
} as const satisfies Readonly<Record<string, RunbookEntry>>;

/** What an engineer on call needs to know about a check. */
export interface RunbookEntry {
  readonly title: string;
  /** What it means while it is not ok. */
  readonly means: string;
  /** What to do, step by step. */
  readonly steps: readonly string[];
  /** Whether that is safe, and what it cannot do. */
  readonly safe: string;
}
