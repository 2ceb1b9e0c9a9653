// The settings as the rest of the program sees them: plain units, absolute paths, frozen. And the rules
// about combinations: what cannot work, and what is unsafe unless it is named out loud.
import { dirname, resolve } from 'node:path';
import type { Problem } from '../failure.ts';
import { isLoopback, isLoopbackHost, type ListenAddress } from './address.ts';
import { type FindPlace, problemAt } from './problems.ts';
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

/** `baseDirectory` is where paths without a file of their own begin. */
export function buildSettings(
  guard: GuardBlock,
  httpServer: HttpServerBlock,
  find: FindPlace,
  baseDirectory: string,
): { readonly settings: Settings; readonly problems: readonly Problem[] } {
  const locate = (path: readonly string[], file: string) =>
    resolve(dirname(find(path)?.file ?? resolve(baseDirectory, '_')), file);
  const { keyfile } = httpServer.jwt.public;
  const url = guard.upstream.url ?? defaultUrl(httpServer);
  const settings: Settings = {
    listen: guard.listen,
    service: guard.service.listen,
    tls: guard.tls && {
      certificateFile: locate(['guard', 'tls', 'certificate'], guard.tls.certificate),
      keyFile: locate(['guard', 'tls', 'key'], guard.tls.key),
    },
    keysDirectory: locate(['guard', 'keys_dir'], guard.keys_dir),
    extraKeyFiles: keyfile ? [locate(['http_server', 'jwt', 'public', 'keyfile'], keyfile)] : [],
    issuerSuffixOptional: guard.token.issuer_suffix === 'optional',
    upstream: buildUpstream(guard, httpServer, url),
    token: buildToken(guard.token),
    drainMs: guard.drain,
    warnings: listWarnings(guard, httpServer),
  };
  return { settings: deepFreeze(settings), problems: listProblems(guard, httpServer, url, find) };
}

/** A broker that listens on every address is reached on loopback. */
function defaultUrl({ ip_addr: host, port }: HttpServerBlock): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}

function buildUpstream({ upstream }: GuardBlock, httpServer: HttpServerBlock, url: string): UpstreamSettings {
  const { username, password } = httpServer;
  const socketPath = url.startsWith('unix:') ? url.slice('unix:'.length) : undefined;
  return {
    origin: socketPath === undefined ? url.replace(/\/$/, '') : 'http://localhost',
    socketPath,
    profile: upstream.profile,
    credentials: upstream.credentials === 'basic' ? { username, password } : undefined,
    connectTimeoutMs: upstream.timeouts.connect,
    headersTimeoutMs: upstream.timeouts.headers,
    bodyTimeoutMs: upstream.timeouts.body,
    maxConnections: httpServer.limit_conn,
    maxBodyBytes: httpServer.max_body,
  };
}

function buildToken(token: GuardBlock['token']): TokenSettings {
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

const hasDefaultCredentials = (guard: GuardBlock, { username, password }: HttpServerBlock): boolean =>
  guard.upstream.credentials === 'basic' && username === 'admin' && password === 'public';

function listProblems(
  guard: GuardBlock,
  httpServer: HttpServerBlock,
  url: string,
  find: FindPlace,
): Problem[] {
  const problems: Problem[] = [];
  const add = (path: string, what: string) => problems.push(problemAt(path.split('.'), what, find));
  const urlPath = guard.upstream.url === undefined ? 'http_server.ip_addr' : 'guard.upstream.url';
  const open = !isLoopback(guard.listen) || !isLoopback(guard.service.listen);
  if (!isLoopback(guard.listen) && !guard.tls && !guard.insecure_listen_without_tls) {
    add(
      'guard.listen',
      'is reachable from other hosts without TLS: tokens could be read on the way. Set guard.tls, listen on 127.0.0.1, or say guard.insecure_listen_without_tls = true',
    );
  }
  if (!isLoopback(guard.service.listen) && !guard.insecure_listen_without_tls) {
    add(
      'guard.service.listen',
      'is reachable from other hosts without TLS. Listen on 127.0.0.1, or say guard.insecure_listen_without_tls = true',
    );
  }
  if (open && hasDefaultCredentials(guard, httpServer) && !guard.insecure_default_credentials) {
    add(
      'http_server.password',
      'is still the one every NanoMQ ships with, and the guard is reachable from other hosts. Change it, or say guard.insecure_default_credentials = true',
    );
  }
  if (
    guard.upstream.profile === 'nanomq' &&
    guard.upstream.credentials === 'basic' &&
    httpServer.auth_type === 'jwt'
  ) {
    add(
      'http_server.auth_type',
      'is jwt, so the broker would refuse the Basic credentials of the guard. Set it to basic: the guard checks the tokens now',
    );
  }
  const wrongUrl = checkUrl(url, guard.insecure_clear_text_upstream);
  if (wrongUrl !== undefined) add(urlPath, wrongUrl);
  return problems;
}

function checkUrl(url: string, clearTextAllowed: boolean): string | undefined {
  if (url.startsWith('unix:')) return url.length > 5 ? undefined : 'must name a socket after unix:';
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    return 'must be a URL such as http://127.0.0.1:8081 or unix:/run/broker.sock';
  }
  if (parsed.username || parsed.password)
    return 'must not hold credentials: set http_server.username and password';
  if (parsed.pathname !== '/' || parsed.search || parsed.hash) return 'must be scheme, host and port only';
  if (parsed.protocol === 'https:' || isLoopbackHost(parsed.hostname) || clearTextAllowed) return undefined;
  return 'sends the credentials of the broker in clear text to another host. Use https, or say guard.insecure_clear_text_upstream = true';
}

function listWarnings(guard: GuardBlock, httpServer: HttpServerBlock): string[] {
  const warnings: string[] = [];
  if (hasDefaultCredentials(guard, httpServer)) {
    warnings.push(
      'the broker still has the user name and password it was shipped with: change http_server.password',
    );
  }
  for (const name of Object.keys(guard).filter((key) => key.startsWith('insecure_'))) {
    if (guard[name as keyof GuardBlock] === true) warnings.push(`guard.${name} is on`);
  }
  return warnings;
}

function deepFreeze<T extends object>(value: T): T {
  for (const member of Object.values(value))
    if (typeof member === 'object' && member !== null) deepFreeze(member);
  return Object.freeze(value);
}
