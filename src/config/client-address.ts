import { BlockList, isIP } from "node:net";

/**
 * The address that a request came from: that of its connection, unless this is a trusted proxy's.
 * Then it is the last entry of `X-Forwarded-For` that is not a trusted proxy's own: each proxy
 * appends its client, and earlier entries may be forged.
 */
export type ClientAddress = (remote: string, forwardedFor: string | undefined) => string;

export function createClientAddress(trustedProxies: readonly string[]): ClientAddress {
  const trusted = new BlockList();
  for (const proxy of trustedProxies) addProxy(trusted, proxy);
  const isTrusted = (address: string): boolean => {
    const family = isIP(address);
    return family !== 0 && trusted.check(address, family === 4 ? "ipv4" : "ipv6");
  };
  return (remote, forwardedFor) => {
    let client = plainAddress(remote);
    for (const entry of (forwardedFor ?? "").split(",").reverse()) {
      if (!isTrusted(client)) return client;
      const before = plainAddress(entry.trim());
      if (isIP(before) === 0) return client;
      client = before;
    }
    return client;
  };
}

/** Whether this is an address, or a network as in `10.0.0.0/8`. */
export function isProxyAddress(text: string): boolean {
  try {
    addProxy(new BlockList(), text);
    return true;
  } catch {
    return false;
  }
}

/** Throws if it is neither an address nor a network. */
function addProxy(list: BlockList, text: string): void {
  const [address = "", bits, ...rest] = text.split("/");
  const family = isIP(address);
  if (family === 0 || rest.length > 0) throw new Error("not an address");
  const type = family === 4 ? "ipv4" : "ipv6";
  if (bits === undefined) list.addAddress(address, type);
  else if (/^\d{1,3}$/.test(bits)) list.addSubnet(address, Number(bits), type);
  else throw new Error("not a network");
}

/** Strips brackets, the port, and the prefix of an IPv4 address on an IPv6 socket. */
function plainAddress(text: string): string {
  const bare = /^\[(.*)\](?::\d+)?$/.exec(text)?.[1] ?? text.replace(/^([\d.]+):\d+$/, "$1");
  return bare.replace(/^::ffff:(?=\d+\.)/i, "");
}
