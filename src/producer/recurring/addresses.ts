import { BlockList, isIP } from "node:net";

/** Whether lists may be fetched from an IP address. */
export type IsAllowed = (address: string) => boolean;

/** Networks that are not the internet: IANA's special-purpose registries, of 2026-10. */
const SPECIAL = [
  ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"],
  ...["172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16"],
  ...["198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"],
  // The whole of IPv6 but 2000::/3, and in it the tunnels, which may lead to any of the above.
  ...["::/3", "4000::/2", "8000::/1", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"],
];

/**
 * Public addresses, and those in `networks`. A campaign file could otherwise have a producer read
 * from the inside of the network that it runs in.
 */
export function allowAddresses(networks: readonly string[]): IsAllowed {
  const special = listOf(SPECIAL);
  const allowed = listOf(networks);
  return (address) => isIn(allowed, address) || (isAddress(address) && !isIn(special, address));
}

function isAddress(text: string): boolean {
  return isIP(text.replace(/%.*$/, "")) !== 0;
}

const LOOPBACK = listOf(["127.0.0.0/8", "::1/128"]);

export function isLoopback(address: string): boolean {
  return isIn(LOOPBACK, address);
}

/** Kept apart: Node takes an IPv4 address for one of `::ffff:0:0/96`. */
interface Networks {
  readonly ipv4: BlockList;
  readonly ipv6: BlockList;
}

function isIn({ ipv4, ipv6 }: Networks, address: string): boolean {
  // An IPv4 address on an IPv6 socket; the interface of a link-local one.
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "");
  if (isIP(plain) === 0) return false;
  return isIP(plain) === 4 ? ipv4.check(plain, "ipv4") : ipv6.check(plain, "ipv6");
}

function listOf(networks: readonly string[]): Networks {
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const network of networks) {
    const [address = "", bits] = network.split("/");
    const type = isIP(address) === 4 ? "ipv4" : "ipv6";
    if (bits === undefined) lists[type].addAddress(address, type);
    else lists[type].addSubnet(address, Number(bits), type);
  }
  return lists;
}
