// HAProxy's PROXY protocol, versions 1 and 2 (doc/proxy-protocol.txt of HAProxy): who has connected to the proxy in front.
// Reads bytes as far as they have come; knows no socket.
import { isIP } from 'node:net';
import type { ProxyVersion } from '../http/client-address.ts';
import { readAddress } from '../http/networks.ts';

export interface ProxyHeader {
  readonly size: number;
  /** Undefined where it is the proxy's own connection, or that of somebody without an address. */
  readonly source: string | undefined;
}

const V1_START = Buffer.from('PROXY ');
const V2_START = Buffer.from('\r\n\r\n\0\r\nQUIT\n');
/** §2.1: the longest line, its end included. */
const MAX_V1_BYTES = 107;
/** Addresses and the few further values that proxies send; the format itself would let 64 KB come. */
const MAX_V2_BYTES = 4096;

/** @param bytes all that has come on the connection */
export function readProxyHeader(bytes: Buffer, version: ProxyVersion): ProxyHeader | 'more' | 'broken' {
  if (version !== 'v1' && beginsLike(bytes, V2_START)) return readV2(bytes);
  if (version !== 'v2' && beginsLike(bytes, V1_START)) return readV1(bytes);
  return 'broken';
}

function beginsLike(bytes: Buffer, start: Buffer): boolean {
  const length = Math.min(bytes.length, start.length);
  return bytes.compare(start, 0, length, 0, length) === 0;
}

const V1_LINE = /^PROXY TCP([46]) ([\d.]+|[\dA-Fa-f:.]+) ([\d.]+|[\dA-Fa-f:.]+) (\d{1,5}) (\d{1,5})$/;
/** §2.1: whatever follows up to the end of the line is passed over. */
const V1_UNKNOWN = /^PROXY UNKNOWN(?: [ -~]*)?$/;

function readV1(bytes: Buffer): ProxyHeader | 'more' | 'broken' {
  const end = bytes.subarray(0, MAX_V1_BYTES).indexOf('\r\n');
  if (end === -1) return bytes.length < MAX_V1_BYTES ? 'more' : 'broken';
  const line = bytes.toString('latin1', 0, end);
  const size = end + 2;
  if (V1_UNKNOWN.test(line)) return { size, source: undefined };
  const [, family, source = '', target = '', ...ports] = V1_LINE.exec(line) ?? [];
  const isSound =
    [source, target].every((address) => isIP(address) === Number(family)) &&
    ports.every((port) => Number(port) <= 65_535);
  return isSound ? { size, source: readAddress(source) } : 'broken';
}

const V2_HEAD_BYTES = 16;

/** §2.2: bytes of the addresses, by family and transport. Requests do not come in datagrams. */
const V2_ADDRESSES = new Map([
  [0x00, 0],
  [0x11, 12],
  [0x21, 36],
  [0x31, 216],
]);
const IPV4 = 0x11;
const IPV6 = 0x21;

function readV2(bytes: Buffer): ProxyHeader | 'more' | 'broken' {
  if (bytes.length < V2_HEAD_BYTES) return 'more';
  const [versionAndCommand = 0, family = 0] = bytes.subarray(12, 14);
  const length = bytes.readUInt16BE(14);
  const size = V2_HEAD_BYTES + length;
  const isLocal = versionAndCommand === 0x20;
  const needed = isLocal ? 0 : V2_ADDRESSES.get(family);
  const isSound = isLocal || versionAndCommand === 0x21;
  if (!isSound || needed === undefined || length < needed || size > MAX_V2_BYTES) return 'broken';
  if (bytes.length < size) return 'more';
  return { size, source: isLocal ? undefined : readSource(bytes.subarray(V2_HEAD_BYTES), family) };
}

/** The source stands first. */
function readSource(addresses: Buffer, family: number): string | undefined {
  if (family === IPV4) return addresses.subarray(0, 4).join('.');
  if (family !== IPV6) return undefined;
  const groups = addresses.toString('hex', 0, 16).match(/.{4}/g) ?? [];
  return readAddress(groups.join(':'));
}
