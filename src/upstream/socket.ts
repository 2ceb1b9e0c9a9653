// Opens a socket to the broker: a unix socket, TCP or TLS.
import { connect as connectTcp, isIP, type OnReadOpts, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

export interface BrokerAddress {
  /** `http://127.0.0.1:8081` or `https://…`. */
  readonly origin: string;
  readonly socketPath: string | undefined;
  /** PEM of the CA that counts in the place of those that Node trusts. */
  readonly ca?: string | undefined;
}

export function openSocket(
  { origin, socketPath, ca }: BrokerAddress,
  onread: OnReadOpts,
  onOpen: () => void,
): Socket {
  if (socketPath !== undefined) return connectTcp({ path: socketPath, onread }, onOpen);
  const { hostname, port, protocol } = new URL(origin);
  const host = hostname.replace(/^\[|\]$/g, '');
  const isTls = protocol === 'https:';
  const target = { host, port: Number(port || (isTls ? 443 : 80)), noDelay: true, onread };
  if (!isTls) return connectTcp(target, onOpen);
  // RFC 6066 §3: a server name is a host name, never an address.
  const servername = isIP(host) === 0 ? { servername: host } : {};
  const trusted = ca === undefined ? {} : { ca };
  return connectTls({ ...target, ...servername, ...trusted, ALPNProtocols: ['http/1.1'] }, onOpen);
}
