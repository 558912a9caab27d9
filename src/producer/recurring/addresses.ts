import { BlockList, isIP } from "node:net";
import { isPublicAddress } from "../../config/public-address.ts";

/** Whether lists may be fetched from an IP address. */
export type IsAllowed = (address: string) => boolean;

/**
 * Public addresses, and those in `networks`. A campaign file could otherwise have a producer read
 * from the inside of the network that it runs in.
 */
export function allowAddresses(networks: readonly string[]): IsAllowed {
  const allowed = listOf(networks);
  return (address) => isIn(allowed, address) || isPublicAddress(address);
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
