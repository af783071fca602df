/** Which addresses a webhook may not reach: whoever can set its URL must not be able to read this network's inside (SSRF). Pure. */
import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** IANA special-purpose registries: everything that is not plain unicast on the internet. */
const REFUSED_IPV4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8], ['10.0.0.0', 8], ['100.64.0.0', 10], ['127.0.0.0', 8], ['169.254.0.0', 16], ['172.16.0.0', 12], ['192.0.0.0', 24], ['192.0.2.0', 24], ['192.88.99.0', 24],
  ['192.168.0.0', 16], ['198.18.0.0', 15], ['198.51.100.0', 24], ['203.0.113.0', 24], ['224.0.0.0', 4], ['240.0.0.0', 4],
];
/** Of IPv6 only global unicast is allowed, without these parts of it: tunnels (Teredo, 6to4) carry IPv4 addresses, the others are not routed. */
const GLOBAL_IPV6 = ['2000::', 3] as const;
const REFUSED_IPV6: readonly (readonly [string, number])[] = [['2001::', 23], ['2001:db8::', 32], ['2002::', 16], ['3fff::', 20]];

const refused = new BlockList();
for (const [net, prefix] of REFUSED_IPV4) refused.addSubnet(net, prefix, 'ipv4');
for (const [net, prefix] of REFUSED_IPV6) refused.addSubnet(net, prefix, 'ipv6');
const globalUnicast = new BlockList();
globalUnicast.addSubnet(...GLOBAL_IPV6, 'ipv6');

/** True for anything but a public unicast address; also for what is no address. IPv4 within IPv6 (::ffff:…, 64:ff9b::…) is not global unicast, and so refused. */
export function isRefused(address: string): boolean {
  if (isIPv4(address)) return refused.check(address, 'ipv4');
  if (isIPv6(address)) return !globalUnicast.check(address, 'ipv6') || refused.check(address, 'ipv6');
  return true;
}
