// The address of the client: the peer's own, or what a trusted proxy in front says it is. It serves audit records, rules
// about sources and limits, and nothing else. Knows no setting's name and reads nothing from a connection.
import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { trimBlanks } from './hop-by-hop.ts';
import { compileNetworks, type IsIn, readAddress } from './networks.ts';

/** Whoever connects to a socket file has no address; nginx has the same word. */
export const UNIX_PEERS = 'unix:';

export type ProxyVersion = 'v1' | 'v2' | 'any';

export interface ProxyTrust {
  /** Networks as `readNetwork` takes them, or `unix:`. */
  readonly trustedProxies: readonly string[];
  /** Which header of HAProxy's they begin a connection with; undefined where they send X-Forwarded-For. */
  readonly proxyProtocol: ProxyVersion | undefined;
}

export interface Clients {
  /** Whether connections of trusted proxies begin with a header. */
  readonly readsHeaders: boolean;
  /** Which header the connection of this peer has to begin with. */
  headerOf(peer: string | undefined): ProxyVersion | undefined;
  /** @param peer whoever has connected, or whom the header of its connection names */
  clientAddress(peer: string | undefined, fields: IncomingHttpHeaders): string | undefined;
}

export function compileClients({ trustedProxies, proxyProtocol }: ProxyTrust): Clients {
  const isTrusted = compileTrust(trustedProxies);
  const readsField = proxyProtocol === undefined && trustedProxies.length > 0;
  return {
    readsHeaders: proxyProtocol !== undefined,
    headerOf: (peer) => (proxyProtocol !== undefined && isTrusted(peer) ? proxyProtocol : undefined),
    clientAddress: readsField
      ? (peer, fields) => findForwarded(peer, fields['x-forwarded-for'], isTrusted)
      : (peer) => peer,
  };
}

/** Where nobody is trusted. */
export const PEERS_ONLY: Clients = compileClients({ trustedProxies: [], proxyProtocol: undefined });

function compileTrust(proxies: readonly string[]): IsIn {
  const isIn = compileNetworks(proxies.filter((proxy) => proxy !== UNIX_PEERS));
  return proxies.includes(UNIX_PEERS) ? (peer) => peer === undefined || isIn(peer) : isIn;
}

/** IPv4 without `::ffff:`; undefined on a socket file. */
export function peerAddress({ remoteAddress }: Pick<Socket, 'remoteAddress'>): string | undefined {
  // A link-local address names its interface.
  return remoteAddress && (readAddress(remoteAddress) ?? remoteAddress);
}

/**
 * The rightmost address that is no trusted proxy's: each proxy puts down at the right who has called it, and what stands to
 * the left of that may be invented. Node has joined several lines into one list (RFC 9110 §5.3).
 */
function findForwarded(
  peer: string | undefined,
  field: string | string[] | undefined,
  isTrusted: IsIn,
): string | undefined {
  const entries = String(field ?? '').split(',');
  let client = peer;
  while (isTrusted(client)) {
    const address = readEntry(entries.pop());
    // What cannot be read, an empty entry too, is no reason to believe what stands to the left of it.
    if (address === undefined) break;
    client = address;
  }
  return client;
}

/** Some proxies write the port too: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
const WITH_PORT = /^(?:\[([0-9A-Fa-f:.]+)\]|(\d+\.\d+\.\d+\.\d+))(?::\d{1,5})?$/;

function readEntry(entry = ''): string | undefined {
  const text = trimBlanks(entry);
  const match = WITH_PORT.exec(text);
  return readAddress(match?.[1] ?? match?.[2] ?? text);
}
