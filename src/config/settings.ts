// The settings as the rest of the program sees them: plain units, absolute paths, frozen. Knows no rule about
// what goes together with what.
import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';
import type { Problem } from '../failure.ts';
import type { ProxyTrust } from '../http/client-address.ts';
import type { PolicySettings } from '../policy/policy.ts';
import { normalizeType } from '../token/jws.ts';
import type { ListenAddress } from './address.ts';
import type { HooksSettings } from './hooks.ts';
import type { MqttSettings } from './mqtt.ts';
import type { FindPlace } from './problems.ts';
import type { GuardBlock, HttpServerBlock } from './schema.ts';

export interface Settings {
  readonly listen: ListenAddress;
  /** Who may say what the address of a client is. */
  readonly clients: ProxyTrust;
  /** Origins whose pages may call and read the answers. */
  readonly corsOrigins: readonly string[];
  readonly service: ListenAddress;
  readonly serviceClients: ServiceClientSettings;
  readonly tls: TlsSettings | undefined;
  readonly serviceTls: TlsSettings | undefined;
  /** The CA that has signed the broker's certificate; undefined for those that Node trusts. */
  readonly upstreamCaFile: string | undefined;
  readonly keysDirectory: string;
  /** Key files named outright: `http_server.jwt.public.keyfile`. */
  readonly extraKeyFiles: readonly string[];
  readonly issuerSuffixOptional: boolean;
  readonly revocationsFile: string;
  readonly upstream: UpstreamSettings;
  readonly limits: LimitSettings;
  readonly token: TokenSettings;
  readonly policy: PolicySettings;
  readonly audit: {
    /** Undefined for standard output. */
    readonly file: string | undefined;
    /** Nothing is done that cannot be recorded. */
    readonly required: boolean;
  };
  readonly log: { readonly format: GuardBlock['log']['format'] };
  /** The broker's own HTTP workers, as its settings have them. */
  readonly brokerWorkers: number;
  readonly mqtt: MqttSettings;
  readonly hooks: HooksSettings;
  readonly drainMs: number;
  /** Processes that serve `listen`; 1 is the guard's own. */
  readonly workers: number;
  /** What is allowed but deserves a line at start. */
  readonly warnings: readonly Problem[];
}

/** Of one listener. */
export interface TlsSettings {
  readonly certificateFile: string;
  readonly keyFile: string;
  /** Clients have to show a certificate that this CA has signed. */
  readonly clientCaFile: string | undefined;
}

export interface UpstreamSettings {
  /** `http://127.0.0.1:8081` */
  readonly origin: string;
  /** What `guard.upstream.url` has behind the host, without a slash at its end; mostly nothing. */
  readonly basePath: string;
  readonly socketPath: string | undefined;
  readonly profile: GuardBlock['upstream']['profile'];
  readonly credentials: { readonly username: string; readonly password: string } | undefined;
  readonly connectTimeoutMs: number;
  readonly headersTimeoutMs: number;
  readonly bodyTimeoutMs: number;
  readonly maxConnections: number;
  readonly maxBodyBytes: number;
}

/** Whom the service listener serves. */
export interface ServiceClientSettings {
  /** Names it answers to, in lower case, besides its own address, IP addresses and `localhost`. */
  readonly hosts: readonly string[];
  readonly maxConnections: number;
}

/** What callers may take up of the guard: of the whole of it, however many processes it has. */
export interface LimitSettings {
  readonly uploadMs: number;
  readonly collectedBytes: number;
  readonly collectedPerIssuerBytes: number;
  /** The largest answer whose secrets are left out. */
  readonly redactedBytes: number;
  /** The refused credential that ends a connection: 3 is the third. */
  readonly refusedPerConnection: number;
  /** Refused tokens that nobody waits for, by address and claimed issuer; undefined without a limit. */
  readonly failures: number | undefined;
  /** A second, of one issuer and subject; undefined without a limit. */
  readonly requests: number | undefined;
  /** Calls of one issuer that are with the broker at a time; undefined without a limit. */
  readonly concurrency: number | undefined;
}

export interface TokenSettings {
  readonly algorithms: GuardBlock['token']['algorithms'];
  readonly expToleranceSeconds: number;
  readonly iatToleranceSeconds: number;
  readonly maxLifetimeSeconds: number | undefined;
  readonly audience: readonly string[] | undefined;
  readonly maxTokenBytes: number;
  readonly types: readonly string[];
  readonly iatOptional: boolean;
  readonly bodyEncodeRequired: boolean;
  readonly bodyEncodePlain: boolean;
}

export type Locate = (path: string, file: string) => string;

export interface SettingsParts {
  readonly guard: GuardBlock;
  readonly httpServer: HttpServerBlock;
  readonly mqtt: MqttSettings;
  readonly hooks: HooksSettings;
  readonly policy: PolicySettings;
  /** Where a value stands: paths are relative to the file that says so. */
  readonly find: FindPlace;
  /** Where a path begins that no file and no flag says. */
  readonly baseDirectory: string;
  /** What deserves a line at start. */
  readonly warnings: readonly Problem[];
}

export function buildSettings(parts: SettingsParts): Settings {
  const { guard, httpServer, mqtt, hooks, policy, find, baseDirectory, warnings } = parts;
  const locate = locateFrom(find, baseDirectory);
  return deepFreeze({
    listen: locateSocket(guard, 'guard.listen', locate),
    clients: { trustedProxies: guard.trusted_proxies, proxyProtocol: guard.proxy_protocol },
    corsOrigins: guard.cors.origins,
    service: locateSocket(guard.service, 'guard.service.listen', locate),
    serviceClients: { hosts: guard.service.hosts ?? [], maxConnections: guard.service.connections },
    ...nameFiles(guard, httpServer, locate),
    upstream: buildUpstream(guard, httpServer, locate),
    limits: {
      uploadMs: guard.limits.upload,
      collectedBytes: guard.limits.collected,
      collectedPerIssuerBytes: guard.limits.collected_per_issuer,
      redactedBytes: guard.limits.redacted,
      refusedPerConnection: guard.limits.refused_per_connection,
      failures: guard.limits.failures,
      requests: guard.limits.requests,
      concurrency: guard.limits.concurrency,
    },
    token: buildToken(guard.token),
    mqtt,
    hooks,
    policy,
    audit: {
      file: guard.audit.file === undefined ? undefined : locate('guard.audit.file', guard.audit.file),
      required: guard.audit.required,
    },
    log: guard.log,
    brokerWorkers: httpServer.limit_conn,
    drainMs: guard.drain,
    workers: guard.workers === 'auto' ? countCores(guard) : guard.workers,
    warnings,
  });
}

/** Files and directories the settings name, which can be looked at even where other settings are wrong. */
export type NamedFiles = Pick<
  Settings,
  | 'tls'
  | 'serviceTls'
  | 'upstreamCaFile'
  | 'keysDirectory'
  | 'extraKeyFiles'
  | 'issuerSuffixOptional'
  | 'revocationsFile'
>;

export function nameFiles(guard: GuardBlock, httpServer: HttpServerBlock, locate: Locate): NamedFiles {
  const { keyfile } = httpServer.jwt.public;
  return {
    tls: nameTlsFiles(guard.tls, 'guard.tls', locate),
    serviceTls: nameTlsFiles(guard.service.tls, 'guard.service.tls', locate),
    upstreamCaFile: guard.upstream.ca_file && locate('guard.upstream.ca_file', guard.upstream.ca_file),
    keysDirectory: locate('guard.keys_dir', guard.keys_dir),
    extraKeyFiles: keyfile ? [locate('http_server.jwt.public.keyfile', keyfile)] : [],
    issuerSuffixOptional: guard.token.issuer_suffix === 'optional',
    revocationsFile: locate('guard.revocations.file', guard.revocations.file),
  };
}

function nameTlsFiles(block: GuardBlock['tls'], name: string, locate: Locate): TlsSettings | undefined {
  if (block === undefined) return undefined;
  const { certificate, key, client_ca } = block;
  return {
    certificateFile: locate(`${name}.certificate`, certificate),
    keyFile: locate(`${name}.key`, key),
    clientCaFile: client_ca && locate(`${name}.client_ca`, client_ca),
  };
}

/** Paths are relative to the file that says them. */
export const locateFrom =
  (find: FindPlace, baseDirectory: string): Locate =>
  (path, file) =>
    resolve(dirname(find(path.split('.'))?.file ?? `${baseDirectory}/_`), file);

/** `auto`: a worker for each core that this process may use, as far as each gets a connection to the broker. */
const countCores = ({ upstream }: GuardBlock): number =>
  Math.min(availableParallelism(), upstream.connections);

type Listener = Pick<GuardBlock, 'listen' | 'listen_mode' | 'listen_group'>;

function locateSocket(listener: Listener, setting: string, locate: Locate): ListenAddress {
  const { listen, listen_mode: mode, listen_group: groupId } = listener;
  return listen.kind === 'unix'
    ? { kind: 'unix', path: locate(setting, listen.path), mode, groupId }
    : listen;
}

const LOOPBACK = '127.0.0.1';

/** Where the broker is: `guard.upstream.url`, or its own `http_server`, on loopback where it listens on every address. */
export function selectUrl({ upstream }: GuardBlock, { ip_addr = LOOPBACK, port }: HttpServerBlock): string {
  if (upstream.url !== undefined) return upstream.url;
  const host = ip_addr.replace(/^\[|\]$/g, '');
  const reachable = host === '0.0.0.0' ? LOOPBACK : host === '::' ? '::1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}

function buildUpstream(guard: GuardBlock, httpServer: HttpServerBlock, locate: Locate): UpstreamSettings {
  const { upstream } = guard;
  const { username, password } = httpServer;
  const url = selectUrl(guard, httpServer);
  const isSocket = url.startsWith('unix:');
  return {
    origin: isSocket ? 'http://localhost' : new URL(url).origin,
    basePath: isSocket ? '' : new URL(url).pathname.replace(/\/$/, ''),
    socketPath: isSocket ? locate('guard.upstream.url', url.slice('unix:'.length)) : undefined,
    profile: upstream.profile,
    credentials: upstream.credentials === 'basic' ? { username, password } : undefined,
    connectTimeoutMs: upstream.timeouts.connect,
    headersTimeoutMs: upstream.timeouts.headers,
    bodyTimeoutMs: upstream.timeouts.body,
    maxConnections: upstream.connections,
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
    types: token.types.map(normalizeType),
    iatOptional: token.iat === 'optional',
    bodyEncodeRequired: token.body_encode === 'required',
    bodyEncodePlain: token.body_encode === 'plain',
  };
}

function deepFreeze<T extends object>(value: T): T {
  for (const member of Object.values(value))
    if (typeof member === 'object' && member !== null) deepFreeze(member);
  return Object.freeze(value);
}
