// What the broker really accepts, asked from where the guard runs: with the guard's credentials, without any, and with those
// it was shipped with; what time it is there; and at which other addresses of this machine its port is open.
import http from 'node:http';
import https from 'node:https';
import { connect, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { isLoopbackHost } from '../config/address.ts';
import type { Settings, UpstreamSettings } from '../config/settings.ts';
import { codeOf } from '../files/errno.ts';
import { loadProfile, type ProfileName } from '../policy/profile.ts';
import { formatBroker } from './check-report.ts';
import type { Finding } from './doctor-finding.ts';

interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** What a broker lets in before anybody has changed it. */
const SHIPPED: Readonly<Partial<Record<ProfileName, Credentials>>> = {
  nanomq: { username: 'admin', password: 'public' },
  emqx: { username: 'admin', password: 'public' },
  rabbitmq: { username: 'guest', password: 'guest' },
};

export async function examineBroker(settings: Settings, now: () => number): Promise<Finding[]> {
  const { upstream } = settings;
  const broker = formatBroker(settings);
  const own = await ask(upstream, upstream.credentials);
  if ('trouble' in own)
    return [
      {
        about: 'broker',
        verdict: 'problem',
        message: `nothing usable answers at ${broker} (${own.trouble}): check that it runs, and guard.upstream.url or http_server`,
      },
    ];
  const who = upstream.credentials === undefined ? 'without credentials, as told' : "the guard's credentials";
  const first: Finding = isAccepted(own)
    ? { about: 'broker', verdict: 'ok', message: `answers at ${broker} and takes ${who}` }
    : {
        about: 'broker',
        verdict: 'problem',
        message: `answers ${own.status} at ${broker} to ${who}: set http_server.username and http_server.password as the broker has them`,
      };
  return [first, ...(await examineOpenDoors(upstream)), describeClock(own.dateMs, now(), settings)];
}

async function examineOpenDoors(upstream: UpstreamSettings): Promise<Finding[]> {
  if (upstream.credentials === undefined) return [];
  const nobody = await ask(upstream, undefined);
  if (isAccepted(nobody))
    return [
      {
        about: 'broker',
        verdict: 'problem',
        message:
          'answers without any credentials: whoever reaches it passes the guard by. With NanoMQ set http_server.auth_type = basic',
      },
    ];
  const refused: Finding = { about: 'broker', verdict: 'ok', message: 'answers nobody without credentials' };
  const shipped = SHIPPED[upstream.profile];
  if (shipped === undefined) return [refused];
  const { username, password } = shipped;
  return [
    refused,
    isAccepted(await ask(upstream, shipped))
      ? {
          about: 'broker',
          verdict: 'problem',
          message: `takes ${username} and ${password}, which every such broker is shipped with: change the password there, then in http_server.password`,
        }
      : { about: 'broker', verdict: 'ok', message: `does not take ${username} and ${password}` },
  ];
}

type Answer = { readonly status: number; readonly dateMs: number | undefined } | { readonly trouble: string };

const isAccepted = (answer: Answer): boolean =>
  'status' in answer && answer.status !== 401 && answer.status !== 403 && answer.status < 500;

/** One call of its own, for what the guard itself asks for. */
function ask(upstream: UpstreamSettings, credentials: Credentials | undefined): Promise<Answer> {
  const { origin, basePath, socketPath, profile, headersTimeoutMs } = upstream;
  const url = new URL(basePath + loadProfile(profile).probe, origin);
  const options = {
    ...(socketPath !== undefined && { socketPath }),
    ...(credentials && { auth: `${credentials.username}:${credentials.password}` }),
    timeout: headersTimeoutMs,
    agent: false,
  } as const;
  return new Promise((resolve) => {
    const request = (url.protocol === 'https:' ? https : http).request(url, options, (answer) => {
      answer.resume();
      const dateMs = Date.parse(answer.headers.date ?? '');
      resolve({ status: answer.statusCode ?? 0, dateMs: Number.isNaN(dateMs) ? undefined : dateMs });
    });
    request.once('timeout', () => request.destroy(new Error('no answer in time')));
    request.once('error', (error) => resolve({ trouble: 'code' in error ? codeOf(error) : error.message }));
    request.end();
  });
}

/** RFC 9110 §6.6.1 has whole seconds. */
const UNSAID_MS = 2000;

function describeClock(dateMs: number | undefined, nowMs: number, { token }: Settings): Finding {
  if (dateMs === undefined)
    return {
      about: 'clock',
      verdict: 'note',
      message:
        'the broker sends no date to compare with; see that this machine keeps time, and those that mint tokens',
    };
  const skewMs = Math.abs(dateMs - nowMs);
  const seconds = `${Math.round(skewMs / 1000)} s`;
  if (skewMs <= Math.max(UNSAID_MS, token.iatToleranceSeconds * 1000))
    return { about: 'clock', verdict: 'ok', message: `${seconds} from the clock of the broker` };
  return {
    about: 'clock',
    verdict: 'warning',
    message: `${seconds} from the clock of the broker, more than guard.token.iat_tolerance: one of the two is wrong, and tokens are judged by this one`,
  };
}

/** Whoever can reach the broker's port passes the guard by. */
export async function examineReach({ upstream }: Settings): Promise<Finding[]> {
  if (upstream.socketPath !== undefined) return [];
  const { hostname, port, protocol } = new URL(upstream.origin);
  const number = Number(port) || (protocol === 'https:' ? 443 : 80);
  if (!isLoopbackHost(hostname))
    return [
      {
        about: 'reach',
        verdict: 'note',
        message: `the broker is on another host: see that its firewall lets nobody but this machine reach port ${number}`,
      },
    ];
  const open = await findOpen(number, listOwnAddresses());
  return open.length === 0
    ? [{ about: 'reach', verdict: 'ok', message: `port ${number} is open on loopback alone` }]
    : [
        {
          about: 'reach',
          verdict: 'problem',
          message: `port ${number} is open at ${open.join(', ')} too: whoever reaches this machine passes the guard by. Have the broker listen on 127.0.0.1 (NanoMQ: http_server.ip_addr)`,
        },
      ];
}

/** Those that others may know; a link-local one needs the name of its link. */
const listOwnAddresses = (): string[] =>
  Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !/^fe80/i.test(address))
    .map(({ address }) => address);

const CONNECT_MS = 1000;

/** The addresses at which a port of this machine is open. */
export async function findOpen(port: number, addresses: readonly string[]): Promise<string[]> {
  const isOpen = await Promise.all(addresses.map((address) => isConnectable(address, port)));
  return addresses
    .filter((_, index) => isOpen[index])
    .map((address) => (isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`));
}

const isConnectable = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port, timeout: CONNECT_MS });
    const settle = (isOpen: boolean) => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once('connect', () => settle(true));
    socket.once('timeout', () => settle(false));
    socket.once('error', () => settle(false));
  });
