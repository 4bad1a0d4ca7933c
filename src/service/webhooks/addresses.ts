import { BlockList, isIP } from "node:net";

/**
 * Special-purpose ranges of RFC 6890 and its successors: nothing out on the internet lives there.
 */
const privateRanges: readonly (readonly [network: string, prefix: number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
  ["::", 127],
  ["64:ff9b::", 96],
  ["100::", 64],
  ["2001:db8::", 32],
  ["fc00::", 7],
  ["fe80::", 10],
  ["ff00::", 8],
];

const blockList = new BlockList();
for (const [network, prefix] of privateRanges)
  blockList.addSubnet(network, prefix, network.includes(":") ? "ipv6" : "ipv4");

/** True for an address that belongs to this machine, a private network or another special range. */
export function isPrivateAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return true;
  return blockList.check(address, family === 6 ? "ipv6" : "ipv4");
}
