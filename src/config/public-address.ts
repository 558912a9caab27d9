import { BlockList, isIP } from "node:net";

/**
 * Whether an IP address is a public one: none of a private network, of this machine, of a cloud's
 * metadata service, or of any other special purpose (IANA, "IPv4 and IPv6 Special-Purpose Address
 * Registries"). An IPv6 address that stands for an IPv4 one is judged by that.
 */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !SPECIAL.check(address, "ipv4");
  if (family !== 6 || address.includes("%")) return false;
  const inside = mappedIpv4(address);
  if (inside !== null) return isPublicAddress(inside);
  return GLOBAL.check(address, "ipv6") && !SPECIAL.check(address, "ipv6");
}

const SPECIAL = new BlockList();
for (const [network, bits] of [
  ...[["0.0.0.0", 8] as const, ["10.0.0.0", 8] as const, ["100.64.0.0", 10] as const],
  ...[["127.0.0.0", 8] as const, ["169.254.0.0", 16] as const, ["172.16.0.0", 12] as const],
  ...[["192.0.0.0", 24] as const, ["192.0.2.0", 24] as const, ["192.88.99.0", 24] as const],
  ...[["192.168.0.0", 16] as const, ["198.18.0.0", 15] as const, ["198.51.100.0", 24] as const],
  ...[["203.0.113.0", 24] as const, ["224.0.0.0", 3] as const],
]) {
  SPECIAL.addSubnet(network, bits, "ipv4");
}
for (const [network, bits] of [
  ...[["2001::", 23] as const, ["2001:db8::", 32] as const, ["2002::", 16] as const],
  ["3fff::", 20] as const,
]) {
  SPECIAL.addSubnet(network, bits, "ipv6");
}

/** All unicast addresses that were ever assigned. */
const GLOBAL = new BlockList();
GLOBAL.addSubnet("2000::", 3, "ipv6");

/** `::ffff:a.b.c.d` (mapped) and `64:ff9b::a.b.c.d` (NAT64), in whichever way they are written. */
function mappedIpv4(address: string): string | null {
  const plain = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [, high, low] = /^(?:::ffff:|64:ff9b::)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(plain) ?? [];
  if (high === undefined || low === undefined) return null;
  const [a, b] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [a >> 8, a & 255, b >> 8, b & 255].join(".");
}
