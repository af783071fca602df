/** Who the proxy in front says is there. Believed only with the secret that it shares with us, or from one of its addresses. */
import { timingSafeEqual, createHash } from 'node:crypto';
import { BlockList, isIP } from 'node:net';
import type { IncomingHttpHeaders } from 'node:http';

export interface ProxySettings {
  /** Lower case; null: nobody is signed in by a proxy. */
  readonly header: string | null;
  readonly secret: string | null;
  /** Addresses and networks. */
  readonly addresses: readonly string[];
}

/** The proxy sends the secret in this header. */
export const PROXY_SECRET_HEADER = 'x-chokepoint-proxy-secret';
const LONGEST_NAME = 200;

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();
const one = (value: string | string[] | undefined): string | null => (typeof value === 'string' ? value : null);

function trustedAddresses(addresses: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const address of addresses) {
    const [network = '', bits] = address.split('/');
    const family = isIP(network) === 6 ? 'ipv6' : 'ipv4';
    list.addSubnet(network, bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits), family);
  }
  return (address) => {
    // What comes in on a socket for both families is written ::ffff:10.0.0.1.
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
    return isIP(plain) !== 0 && list.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4');
  };
}

/** `address`: of the connection itself. The name, or null. */
export function createProxyName({ header, secret, addresses }: ProxySettings): (headers: IncomingHttpHeaders, address: string) => string | null {
  const isTrusted = trustedAddresses(addresses);
  return (headers, address) => {
    if (header === null) return null;
    const given = one(headers[PROXY_SECRET_HEADER]);
    const known = secret !== null && given !== null && timingSafeEqual(sha256(given), sha256(secret));
    if (!known && !isTrusted(address)) return null;
    const name = one(headers[header])?.trim() ?? '';
    return name === '' || name.length > LONGEST_NAME ? null : name;
  };
}
