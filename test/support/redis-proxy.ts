/**
 * A proxy in front of Redis that knows each command by name, so that a test can say "at the third
 * `claim`, before it reaches Redis" or "after Redis executed it, before the reply". Scripts are
 * known by the hash of their text: Dropcast's as they are rendered, BullMQ's as they are installed.
 *
 * The race settled here: replies must leave in the order of the commands, also when one of them is
 * made up, or held while a test does something. So every command has a place in a queue, and only
 * the first place with a reply is ever written.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { scriptSource } from "../../src/store/scripts/runner.ts";
import { SCRIPT_NAMES } from "../../src/store/scripts/script-list.ts";
import { endOf, isPush, readCommand } from "./resp.ts";
import { track } from "./tcp-proxy.ts";

/** What may be done to one command. */
export type RedisFault =
  /** RST on both sides. */
  | { readonly kind: "cut" }
  /** The client gets this error; `OOM command not allowed`, without the dash. */
  | { readonly kind: "error"; readonly reply: string }
  /** Nothing passes on this connection any more; after `forMs` it is reset, without it never. */
  | { readonly kind: "hang"; readonly forMs?: number }
  /** The test does something first: kills a process, ends Redis. Then all goes on as it may. */
  | { readonly kind: "call"; readonly act: () => unknown };

/** Before the command reaches Redis, or after Redis executed it and before its client knows. */
export type When = "before" | "after";

/** One moment of one command. */
export interface Moment {
  /** `claim`, `hgetall`; of BullMQ with its queue: `batches.moveToActive`. */
  readonly command: string;
  readonly when: When;
  /** Of `after`: what Redis answered. */
  readonly reply: string;
}

export interface RedisProxy {
  readonly port: number;
  readonly url: string;
  /** How often each command came, by name. */
  readonly seen: ReadonlyMap<string, number>;
  /** Asked at every moment of every command; undefined lets it pass. */
  judge(each: ((moment: Moment) => RedisFault | undefined) | undefined): void;
  /** The first moment that `matches` gets the fault, and no other. */
  once(matches: (moment: Moment) => boolean, fault: RedisFault): Armed;
  /** Resets every open connection. */
  cutAll(): void;
  /** New connections are reset, as by a port where nobody listens, until told otherwise. */
  refuse(refused: "all" | "none"): void;
  close(): Promise<void>;
}

/** A fault that waits for its moment. */
export interface Armed {
  /** Resolves when the moment has come. */
  readonly fired: Promise<void>;
  disarm(): void;
}

/**
 * `targetPath`: the socket of Redis. Not a port: while Redis is down, a connection to its port can
 * get that very port as its own, meet itself, and keep Redis from starting.
 */
export async function startRedisProxy(o: { targetPath: string }): Promise<RedisProxy> {
  const names = await scriptNames();
  const open = new Set<Socket>();
  const seen = new Map<string, number>();
  let judgeEach: ((moment: Moment) => RedisFault | undefined) | undefined;
  const armed: { matches: (moment: Moment) => boolean; fault: RedisFault; fire: () => void }[] = [];
  let refused: "all" | "none" = "none";

  function judge(moment: Moment): RedisFault | undefined {
    const { command, when } = moment;
    if (when === "before") seen.set(command, (seen.get(command) ?? 0) + 1);
    const at = armed.findIndex(({ matches }) => matches(moment));
    if (at === -1) return judgeEach?.(moment);
    const [found] = armed.splice(at, 1);
    found?.fire();
    return found?.fault;
  }

  const server = createServer({ noDelay: true }, (client) => {
    track(open, client);
    if (refused === "all") {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect({ path: o.targetPath });
    track(open, upstream);
    carry({ client, upstream, judge, nameOf: (words) => nameOf(words, names) });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    seen,
    judge(each) {
      judgeEach = each;
    },
    once(matches, fault) {
      let fire = () => {};
      const fired = new Promise<void>((resolve) => {
        fire = resolve;
      });
      const one = { matches, fault, fire };
      armed.push(one);
      const disarm = () => {
        if (armed.includes(one)) armed.splice(armed.indexOf(one), 1);
      };
      return { fired, disarm };
    },
    cutAll() {
      for (const socket of open) socket.destroy();
    },
    refuse(who) {
      refused = who;
    },
    async close() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** The place of one command in the order of replies. */
interface Place {
  readonly command: string;
  /** Redis has the command: its reply has a moment of its own. */
  asked: boolean;
  reply?: Buffer;
  /** What the client gets instead of Redis's reply. */
  instead?: Buffer;
}

function carry(o: {
  client: Socket;
  upstream: Socket;
  judge: (moment: Moment) => RedisFault | undefined;
  nameOf: (words: readonly Buffer[]) => string;
}): void {
  const { client, upstream, judge, nameOf } = o;
  /** Commands in their order, and those of them that Redis has still to answer. */
  const places: Place[] = [];
  const asked: Place[] = [];
  let fromClient = Buffer.alloc(0);
  let fromServer = Buffer.alloc(0);
  let paused = false;
  let flushing = false;
  let hung = false;

  const reset = (): void => {
    client.resetAndDestroy();
    upstream.destroy();
  };

  /** A Redis that refuses EXEC ends the transaction, so the real one has to do that, too. */
  function refuse(place: Place, error: Buffer): void {
    if (place.command !== "exec" || place.asked) {
      place.reply = error;
      return;
    }
    place.instead = error;
    asked.push(place);
    upstream.write("*1\r\n$7\r\nDISCARD\r\n");
  }

  /** True when the command, or its reply, is to go on as if nothing had been. */
  async function suffer(fault: RedisFault, place: Place): Promise<boolean> {
    if (fault.kind === "cut") reset();
    else if (fault.kind === "error") refuse(place, Buffer.from(`-${fault.reply}\r\n`));
    else if (fault.kind === "call") await fault.act();
    else {
      hung = true;
      if (fault.forMs !== undefined) setTimeout(reset, fault.forMs).unref();
    }
    return fault.kind === "call";
  }

  async function takeCommands(): Promise<void> {
    if (paused) return;
    paused = true;
    for (;;) {
      const command = hung || client.destroyed ? undefined : readCommand(fromClient);
      if (command === undefined) break;
      fromClient = fromClient.subarray(command.raw.length);
      const place: Place = { command: nameOf(command.words), asked: false };
      places.push(place);
      const fault = judge({ command: place.command, when: "before", reply: "" });
      if (fault !== undefined && !(await suffer(fault, place))) continue;
      place.asked = true;
      asked.push(place);
      upstream.write(command.raw);
    }
    paused = false;
    await flush();
  }

  function takeReplies(): void {
    for (;;) {
      const end = endOf(fromServer, 0);
      if (end === undefined) break;
      const reply = fromServer.subarray(0, end);
      fromServer = fromServer.subarray(end);
      if (isPush(reply)) client.write(reply);
      else {
        const place = asked.shift();
        if (place !== undefined) place.reply = place.instead ?? reply;
      }
    }
    void flush();
  }

  async function flush(): Promise<void> {
    if (flushing) return;
    flushing = true;
    for (;;) {
      const [first] = places;
      if (first?.reply === undefined || hung || client.destroyed) break;
      if (first.asked) {
        const reply = first.reply.toString("latin1");
        const fault = judge({ command: first.command, when: "after", reply });
        if (fault !== undefined) await suffer(fault, first);
        if (hung || client.destroyed) break;
      }
      client.write(first.reply);
      places.shift();
    }
    flushing = false;
  }

  client.on("data", (chunk) => {
    fromClient = Buffer.concat([fromClient, chunk]);
    void takeCommands();
  });
  upstream.on("data", (chunk) => {
    fromServer = Buffer.concat([fromServer, chunk]);
    takeReplies();
  });
  // A hung connection stays, whatever happens behind it: that is what half-open means.
  upstream.once("close", () => hung || client.resetAndDestroy());
  client.once("close", () => upstream.destroy());
}

/** What a test calls a command. */
function nameOf(words: readonly Buffer[], names: ReadonlyMap<string, string>): string {
  const command = (words[0] ?? "").toString().toLowerCase();
  if (command !== "evalsha" && command !== "eval") return command;
  const [, text = Buffer.alloc(0), , key = ""] = words;
  const name = names.get(command === "eval" ? sha1(text) : text.toString());
  if (name === undefined) return command;
  const queue = /^(?:dropcast:\{[^}]+\}:)?bull:([a-z]+)-/.exec(key.toString())?.[1];
  return queue === undefined ? name : `${queue}.${name}`;
}

async function scriptNames(): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  for (const name of SCRIPT_NAMES) names.set(sha1(scriptSource(name)), name);
  const folder = new URL("scripts/", import.meta.resolve("bullmq"));
  for (const file of readdirSync(fileURLToPath(folder))) {
    if (!/-\d+\.js$/.test(file)) continue;
    const exported = (await import(new URL(file, folder).href)) as Record<string, unknown>;
    for (const script of Object.values(exported)) {
      const { name, content } = script as { name?: string; content?: string };
      if (name !== undefined && content !== undefined) names.set(sha1(content), name);
    }
  }
  return names;
}

function sha1(text: string | Buffer): string {
  return createHash("sha1").update(text).digest("hex");
}
