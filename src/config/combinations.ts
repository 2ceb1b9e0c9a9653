// What single values cannot show: settings that cannot work together, and what is unsafe unless it is named out
// loud. Each rule is judged on its own, so that one reading of the file tells them all.
import type { Problem } from '../failure.ts';
import { UNIX_PEERS } from '../http/client-address.ts';
import { formatAddress, isLoopback, isLoopbackHost, type ListenAddress } from './address.ts';
import { type FindPlace, problemAt } from './problems.ts';
import type { GuardBlock, HttpServerBlock } from './schema.ts';

interface Combination {
  readonly guard: GuardBlock;
  readonly httpServer: HttpServerBlock;
  /** `guard.upstream.url`, or what `http_server` makes of it. */
  readonly url: string;
}

interface Rule {
  /** The setting to change, which is where the problem is placed. */
  readonly about: string | ((combination: Combination) => string);
  /** Settings whose values the rule needs: where one is wrong in itself the rule has nothing to say. */
  readonly needs: readonly string[] | ((combination: Combination) => readonly string[]);
  /** Finishes the sentence "SETTING ...", or finds nothing. */
  readonly judge: (combination: Combination) => string | undefined;
}

/** Where the address of the broker comes from. */
const listUrlSources = ({ guard }: Combination): readonly [string, ...string[]] =>
  guard.upstream.url === undefined
    ? ['http_server.ip_addr', 'http_server.port', 'guard.upstream.url']
    : ['guard.upstream.url'];

type SocketSetting = 'listen_mode' | 'listen_group';

/** Who may connect is a matter of socket files alone. */
function socketRule(
  block: string,
  name: SocketSetting,
  select: (combination: Combination) => Pick<GuardBlock, 'listen' | SocketSetting>,
): Rule {
  return {
    about: `${block}.${name}`,
    needs: [`${block}.listen`, `${block}.${name}`],
    judge: (combination) => {
      const listener = select(combination);
      return listener[name] === undefined || listener.listen.kind === 'unix'
        ? undefined
        : `is for a socket file, and ${block}.listen names none: leave it out, or listen on unix:PATH`;
    },
  };
}

const RULES: readonly Rule[] = [
  {
    about: 'guard.listen',
    needs: ['guard.listen', 'guard.tls', 'guard.insecure_listen_without_tls'],
    judge: ({ guard }) =>
      isLoopback(guard.listen) || guard.tls || guard.insecure_listen_without_tls
        ? undefined
        : 'is reachable from other hosts without TLS: tokens could be read on the way. Set guard.tls, listen on 127.0.0.1, or say guard.insecure_listen_without_tls = true',
  },
  {
    about: 'guard.service.listen',
    needs: ['guard.service', 'guard.insecure_service_without_tls'],
    judge: ({ guard }) =>
      isLoopback(guard.service.listen) || guard.service.tls || guard.insecure_service_without_tls
        ? undefined
        : 'is reachable from other hosts without TLS. Set guard.service.tls, listen on 127.0.0.1, or say guard.insecure_service_without_tls = true',
  },
  {
    about: 'guard.upstream.ca_file',
    needs: (combination) => [...listUrlSources(combination), 'guard.upstream.ca_file'],
    judge: ({ guard, url }) =>
      guard.upstream.ca_file === undefined || url.startsWith('https:')
        ? undefined
        : 'is for a broker behind https, and the guard goes there without: leave it out, or set guard.upstream.url = "https://HOST:PORT"',
  },
  ...(['listen_mode', 'listen_group'] as const).flatMap((name) => [
    socketRule('guard', name, ({ guard }) => guard),
    socketRule('guard.service', name, ({ guard }) => guard.service),
  ]),
  {
    about: 'guard.trusted_proxies',
    needs: ['guard.listen', 'guard.trusted_proxies'],
    judge: ({ guard }) =>
      guard.trusted_proxies.includes(UNIX_PEERS) && guard.listen.kind !== 'unix'
        ? `names ${UNIX_PEERS}, and guard.listen is no socket file: name the addresses of the proxies`
        : undefined,
  },
  {
    about: 'guard.proxy_protocol',
    needs: ['guard.proxy_protocol', 'guard.trusted_proxies'],
    judge: ({ guard }) =>
      guard.proxy_protocol !== undefined && guard.trusted_proxies.length === 0
        ? 'is read from trusted proxies only, and there are none: name their addresses in guard.trusted_proxies'
        : undefined,
  },
  {
    about: 'guard.proxy_protocol',
    needs: ['guard.proxy_protocol', 'guard.listen', 'guard.tls'],
    judge: ({ guard }) =>
      guard.proxy_protocol !== undefined && guard.listen.kind === 'unix' && guard.tls !== undefined
        ? 'cannot be read on a socket file with guard.tls: leave guard.tls out, nobody reads a socket file on the way'
        : undefined,
  },
  {
    about: 'guard.service.listen',
    needs: ['guard.listen', 'guard.service'],
    judge: ({ guard }) =>
      isSameListener(guard.listen, guard.service.listen)
        ? 'is the same as guard.listen: give each listener an address of its own'
        : undefined,
  },
  {
    about: 'http_server.password',
    needs: [
      'guard.listen',
      'guard.service',
      'guard.upstream.credentials',
      'guard.insecure_default_credentials',
      'http_server.username',
      'http_server.password',
    ],
    judge: ({ guard, httpServer }) => {
      const isReachable = !isLoopback(guard.listen) || !isLoopback(guard.service.listen);
      if (!isReachable || !hasDefaultCredentials(guard, httpServer) || guard.insecure_default_credentials)
        return undefined;
      return 'is still the one every NanoMQ ships with, and the guard is reachable from other hosts. Change it, or say guard.insecure_default_credentials = true';
    },
  },
  {
    about: 'guard.workers',
    needs: ['guard.workers', 'guard.upstream.connections'],
    judge: ({ guard: { workers, upstream } }) =>
      workers !== 'auto' && workers > upstream.connections
        ? `is more than guard.upstream.connections, which is ${upstream.connections}: every worker needs a connection to the broker. Lower it, or raise guard.upstream.connections`
        : undefined,
  },
  {
    about: 'http_server.auth_type',
    needs: ['guard.upstream.profile', 'guard.upstream.credentials', 'http_server.auth_type'],
    judge: ({ guard: { upstream }, httpServer }) =>
      upstream.profile === 'nanomq' && upstream.credentials === 'basic' && httpServer.auth_type === 'jwt'
        ? JWT_ADVICE
        : undefined,
  },
  {
    about: (combination) => listUrlSources(combination)[0],
    needs: (combination) => [...listUrlSources(combination), 'guard.insecure_clear_text_upstream'],
    judge: ({ guard, url }) => judgeUrl(url, guard.insecure_clear_text_upstream),
  },
  {
    about: ({ guard }) => (guard.upstream.url === undefined ? 'http_server.port' : 'guard.upstream.url'),
    needs: (combination) => [...listUrlSources(combination), 'guard.listen', 'guard.service'],
    judge: ({ guard, url }) =>
      leadsTo(guard.listen, url) || leadsTo(guard.service.listen, url)
        ? 'leads back to the guard itself: it must be the address of the broker'
        : undefined,
  },
];

/** All that is needed to let the guard check the tokens in the broker's place. */
const JWT_ADVICE =
  'is jwt, so the broker would refuse the Basic credentials of the guard, and whoever reaches the broker passes the guard by. Here and in the broker set http_server.auth_type = basic, http_server.ip_addr = "127.0.0.1", and a username and password of your own: the guard checks the tokens now. jwt.public.keyfile stays an issuer. Tokens minted for NanoMQ may need guard.token.body_encode = plain, guard.token.iat = optional and guard.token.exp_tolerance = 200s';

/** @param faulty settings (dotted) whose own values are wrong */
export function listCombinationProblems(
  combination: Combination,
  faulty: readonly string[],
  find: FindPlace,
): Problem[] {
  const isFaulty = (need: string) =>
    faulty.some((path) => `${path}.`.startsWith(`${need}.`) || `${need}.`.startsWith(`${path}.`));
  return RULES.flatMap(({ about, needs, judge }) => {
    const needed = typeof needs === 'function' ? needs(combination) : needs;
    const what = needed.some(isFaulty) ? undefined : judge(combination);
    const path = typeof about === 'function' ? about(combination) : about;
    return what === undefined ? [] : [problemAt(path.split('.'), what, find)];
  });
}

/** What is allowed but deserves a line at start. */
export function listUnsafe(guard: GuardBlock, httpServer: HttpServerBlock, find: FindPlace): Problem[] {
  const named = Object.keys(guard).filter((key) => key.startsWith('insecure_'));
  const isOn = (name: string) => guard[name as keyof GuardBlock] === true;
  const warnings = named.filter(isOn).map((name) => problemAt(['guard', name], 'is on', find));
  if (guard.token.body_encode === 'plain')
    warnings.push(problemAt(['guard', 'token', 'body_encode'], BODIES_ARE_PLAIN, find));
  if (!hasDefaultCredentials(guard, httpServer)) return warnings;
  const message =
    'the broker still has the user name and password it was shipped with: change http_server.username and http_server.password, here and in the broker';
  return [{ ...problemAt(['http_server', 'password'], '', find), message }, ...warnings];
}

const BODIES_ARE_PLAIN =
  'is plain: bodyEncode 1 in a token encrypts nothing, as with NanoMQ itself, and bodies travel as they are';

const hasDefaultCredentials = (guard: GuardBlock, { username, password }: HttpServerBlock): boolean =>
  guard.upstream.credentials === 'basic' && username === 'admin' && password === 'public';

/** Port 0 is another port each time. */
const isSameListener = (one: ListenAddress, other: ListenAddress): boolean =>
  formatAddress(one) === formatAddress(other) && !(one.kind === 'tcp' && one.port === 0);

function leadsTo(listen: ListenAddress, url: string): boolean {
  if (listen.kind === 'unix') return url === `unix:${listen.path}`;
  if (!URL.canParse(url)) return false;
  const { hostname, port, protocol } = new URL(url);
  const urlPort = Number(port) || (protocol === 'https:' ? 443 : 80);
  const isHere = isLoopback(listen) ? isLoopbackHost(hostname) : hostname === listen.host;
  return isHere && urlPort === listen.port;
}

/** As it is written: a URL parser would resolve dots and double slashes without a word. */
const isPlainPath = (url: string): boolean =>
  /^[^:]+:\/\/[^/]+(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9\-._~]+)*\/?$/.test(url);

function judgeUrl(url: string, clearTextAllowed: boolean): string | undefined {
  if (url.startsWith('unix:'))
    return url.length > 5 ? undefined : 'must name a socket after unix:, such as unix:/run/broker.sock';
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    return 'must be a URL such as http://127.0.0.1:8081 or unix:/run/broker.sock';
  }
  if (parsed.username || parsed.password)
    return 'must not hold credentials: take them out, and set http_server.username and http_server.password';
  if (parsed.search || parsed.hash || !isPlainPath(url))
    return 'must be scheme, host and port, and a plain path where the broker has one, such as http://127.0.0.1:8081/mqtt';
  if (parsed.protocol === 'https:' || isLoopbackHost(parsed.hostname) || clearTextAllowed) return undefined;
  return 'leads to another host in clear text: whoever is on the way can read and change it, the credentials of the broker included. Use https, or say guard.insecure_clear_text_upstream = true';
}
