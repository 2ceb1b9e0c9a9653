// The settings as the rest of the program sees them: plain units, absolute paths, frozen. Knows no rule about
// what goes together with what.
import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';
import type { ListenAddress } from './address.ts';
import { listWarnings } from './combinations.ts';
import type { FindPlace } from './problems.ts';
import type { GuardBlock, HttpServerBlock } from './schema.ts';

export interface Settings {
  readonly listen: ListenAddress;
  readonly service: ListenAddress;
  readonly tls: { readonly certificateFile: string; readonly keyFile: string } | undefined;
  readonly keysDirectory: string;
  /** Key files named outright: `http_server.jwt.public.keyfile`. */
  readonly extraKeyFiles: readonly string[];
  readonly issuerSuffixOptional: boolean;
  readonly upstream: UpstreamSettings;
  readonly token: TokenSettings;
  readonly drainMs: number;
  /** Processes that serve `listen`; 1 is the guard's own. */
  readonly workers: number;
  /** What is allowed but deserves a line at start. */
  readonly warnings: readonly string[];
}

export interface UpstreamSettings {
  /** `http://127.0.0.1:8081` */
  readonly origin: string;
  readonly socketPath: string | undefined;
  readonly profile: GuardBlock['upstream']['profile'];
  readonly credentials: { readonly username: string; readonly password: string } | undefined;
  readonly connectTimeoutMs: number;
  readonly headersTimeoutMs: number;
  readonly bodyTimeoutMs: number;
  readonly maxConnections: number;
  readonly maxBodyBytes: number;
}

export interface TokenSettings {
  readonly algorithms: GuardBlock['token']['algorithms'];
  readonly expToleranceSeconds: number;
  readonly iatToleranceSeconds: number;
  readonly maxLifetimeSeconds: number | undefined;
  readonly audience: readonly string[] | undefined;
  readonly maxTokenBytes: number;
  readonly bodyEncodeRequired: boolean;
}

type Locate = (path: string, file: string) => string;

/**
 * @param find where a value stands: paths are relative to the file that says so
 * @param baseDirectory where a path begins that no file and no flag says
 */
export function buildSettings(
  guard: GuardBlock,
  httpServer: HttpServerBlock,
  find: FindPlace,
  baseDirectory: string,
): Settings {
  const locate: Locate = (path, file) =>
    resolve(dirname(find(path.split('.'))?.file ?? `${baseDirectory}/_`), file);
  const { keyfile } = httpServer.jwt.public;
  return deepFreeze({
    listen: locateSocket(guard.listen, 'guard.listen', locate),
    service: locateSocket(guard.service.listen, 'guard.service.listen', locate),
    tls: guard.tls && {
      certificateFile: locate('guard.tls.certificate', guard.tls.certificate),
      keyFile: locate('guard.tls.key', guard.tls.key),
    },
    keysDirectory: locate('guard.keys_dir', guard.keys_dir),
    extraKeyFiles: keyfile ? [locate('http_server.jwt.public.keyfile', keyfile)] : [],
    issuerSuffixOptional: guard.token.issuer_suffix === 'optional',
    upstream: buildUpstream(guard, httpServer, locate),
    token: buildToken(guard.token),
    drainMs: guard.drain,
    workers: guard.workers === 'auto' ? countCores(httpServer) : guard.workers,
    warnings: listWarnings(guard, httpServer),
  });
}

/** `auto`: a worker for each core that this process may use, as far as each gets a connection to the broker. */
const countCores = ({ limit_conn }: HttpServerBlock): number => Math.min(availableParallelism(), limit_conn);

function locateSocket(address: ListenAddress, path: string, locate: Locate): ListenAddress {
  return address.kind === 'unix' ? { kind: 'unix', path: locate(path, address.path) } : address;
}

/** Where the broker is: `guard.upstream.url`, or its own `http_server`, on loopback where it listens on every address. */
export function selectUrl({ upstream }: GuardBlock, { ip_addr, port }: HttpServerBlock): string {
  if (upstream.url !== undefined) return upstream.url;
  const host = ip_addr.replace(/^\[|\]$/g, '');
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}

function buildUpstream(guard: GuardBlock, httpServer: HttpServerBlock, locate: Locate): UpstreamSettings {
  const { upstream } = guard;
  const { username, password } = httpServer;
  const url = selectUrl(guard, httpServer);
  const isSocket = url.startsWith('unix:');
  return {
    origin: isSocket ? 'http://localhost' : new URL(url).origin,
    socketPath: isSocket ? locate('guard.upstream.url', url.slice('unix:'.length)) : undefined,
    profile: upstream.profile,
    credentials: upstream.credentials === 'basic' ? { username, password } : undefined,
    connectTimeoutMs: upstream.timeouts.connect,
    headersTimeoutMs: upstream.timeouts.headers,
    bodyTimeoutMs: upstream.timeouts.body,
    maxConnections: httpServer.limit_conn,
    maxBodyBytes: httpServer.max_body,
  };
}

export function buildToken(token: GuardBlock['token']): TokenSettings {
  return {
    algorithms: token.algorithms,
    expToleranceSeconds: token.exp_tolerance / 1000,
    iatToleranceSeconds: token.iat_tolerance / 1000,
    maxLifetimeSeconds: token.max_lifetime === undefined ? undefined : token.max_lifetime / 1000,
    audience: token.audience,
    maxTokenBytes: token.max_bytes,
    bodyEncodeRequired: token.body_encode === 'required',
  };
}

function deepFreeze<T extends object>(value: T): T {
  for (const member of Object.values(value))
    if (typeof member === 'object' && member !== null) deepFreeze(member);
  return Object.freeze(value);
}
