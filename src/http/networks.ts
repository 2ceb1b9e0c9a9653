// Networks in CIDR form, and which addresses are in them: for the rules about sources and for proxies that are trusted.
// Judges addresses as they are told; whose they are is for client-address.ts to say.
import { BlockList, isIP, SocketAddress } from 'node:net';

export interface Network {
  readonly address: string;
  readonly prefix: number;
}

/** A network, or one address; a text where it is neither, which finishes the sentence "must be ...". */
export function readNetwork(text: string): Network | string {
  const [written = '', length, ...rest] = text.split('/');
  const address = readAddress(written);
  if (address === undefined || rest.length > 0) return NO_NETWORK;
  if (written.includes(':') && isIP(address) === 4) return `written as IPv4, such as ${address}`;
  const bits = isIP(address) === 4 ? 32 : 128;
  if (length === undefined) return { address, prefix: bits };
  const prefix = /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN;
  if (!(prefix <= bits)) return NO_NETWORK;
  if (prefix === 0) return `less than every address: name the networks that are meant, ${EXAMPLE}`;
  const first = clearHostBits(address, prefix, bits);
  return first === address
    ? { address, prefix }
    : `written with its first address, ${first}/${prefix}; ${address} alone is the one address`;
}

const EXAMPLE = 'such as 10.0.0.0/8';
const NO_NETWORK = `an address or a network ${EXAMPLE}`;

/** The one spelling of an address (RFC 5952), IPv4 without `::ffff:`; undefined where the text is none. */
export function readAddress(text: string): string | undefined {
  const version = isIP(text);
  if (version === 4) return text;
  if (version === 0 || text.includes('%')) return undefined;
  const { address } = new SocketAddress({ address: text, family: 'ipv6' });
  const mapped = address.startsWith(MAPPED) ? address.slice(MAPPED.length) : '';
  return isIP(mapped) === 4 ? mapped : address;
}

const MAPPED = '::ffff:';

/** What one host has at least: an IPv4 address, or 64 bits of IPv6, whose other half it chooses as it likes (RFC 4291 §2.5.1). */
export const networkOfHost = (address: string): string =>
  isIP(address) === 6 && !address.includes('%') ? clearHostBits(address, 64, 128) : address;

function clearHostBits(address: string, prefix: number, bits: 32 | 128): string {
  const host = BigInt(bits - prefix);
  const first = (toNumber(address) >> host) << host;
  return bits === 32 ? toIpv4(first) : (readAddress(toIpv6(first)) as string);
}

function toNumber(address: string): bigint {
  if (isIP(address) === 4) return address.split('.').reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const [head = '', tail] = embedAsHex(address).split('::');
  const [before, after] = [head, tail ?? ''].map((part) => part.split(':').filter((group) => group !== ''));
  const groups = [...(before ?? []), ...Array(8).fill('0'), ...(after ?? [])];
  groups.splice(before?.length ?? 0, groups.length - 8);
  return groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}

/** `::1.2.3.4`, which is how some addresses are spelled, as two groups. */
const embedAsHex = (address: string): string =>
  address.replace(/\d+\.\d+\.\d+\.\d+$/, (ipv4) => {
    const number = toNumber(ipv4);
    return `${(number >> 16n).toString(16)}:${(number & 0xffffn).toString(16)}`;
  });

const toIpv4 = (number: bigint): string => [24n, 16n, 8n, 0n].map((at) => (number >> at) & 0xffn).join('.');
const toIpv6 = (number: bigint): string =>
  [112n, 96n, 80n, 64n, 48n, 32n, 16n, 0n].map((at) => ((number >> at) & 0xffffn).toString(16)).join(':');

export type IsIn = (address: string | undefined) => boolean;

/** @param networks as `readNetwork` takes them */
export function compileNetworks(networks: readonly string[]): IsIn {
  if (networks.length === 0) return () => false;
  const list = new BlockList();
  for (const text of networks) {
    const network = readNetwork(text);
    if (typeof network === 'string') throw new TypeError('a network that was not checked');
    list.addSubnet(network.address, network.prefix, isIP(network.address) === 4 ? 'ipv4' : 'ipv6');
  }
  return remember((text) => {
    const address = readAddress(text);
    return address !== undefined && list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
  });
}

/** Callers come from a few addresses. */
const REMEMBERED = 64;

/** A look into the list costs microseconds, and each connection brings many calls. */
function remember(isIn: (address: string) => boolean): IsIn {
  const known = new Map<string, boolean>();
  return (address) => {
    if (address === undefined) return false;
    const before = known.get(address);
    if (before !== undefined) return before;
    if (known.size >= REMEMBERED) known.clear();
    const found = isIn(address);
    known.set(address, found);
    return found;
  };
}
