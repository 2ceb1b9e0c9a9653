// `broker-guard jwks`: the public keys as a JWK Set. With --keys N it makes fresh pairs, prints one of them with a
// token, and serves the set, for trying out a broker that fetches its keys.
import { generateKeyPair, type KeyObject } from 'node:crypto';
import http from 'node:http';
import { promisify } from 'node:util';
import Router from '@koa/router';
import { SignJWT } from 'jose';
import Koa from 'koa';
import { formatAddress, type ListenAddress, parseListenAddress } from '../config/address.ts';
import { openCore } from '../core.ts';
import { addJwks } from '../endpoints/jwks.ts';
import { toJwkSetText } from '../keystore/jwks.ts';
import { makeVerificationKey } from '../keystore/key.ts';
import { boundAddress, closeServer, listenOn } from '../listener/sockets.ts';
import { readSettings, type SettingsFlags } from './settings-source.ts';
import { EXIT, type ExitCode, type Terminal } from './terminal.ts';

interface JwksFlags extends SettingsFlags {
  readonly keys?: string;
  readonly serve: string;
  readonly issuer?: string;
  readonly json?: boolean;
}

export async function runJwks(terminal: Terminal, flags: JwksFlags): Promise<ExitCode> {
  return flags.keys === undefined ? await printSet(terminal, flags) : await tryOut(terminal, flags);
}

/** The set of the keys directory, as the service listener serves it. */
async function printSet(terminal: Terminal, flags: JwksFlags): Promise<ExitCode> {
  const settings = readSettings(flags);
  const { keys, close } = await openCore(settings, { now: terminal.now, report: () => undefined });
  close();
  const filed = flags.issuer === undefined ? undefined : keys.lookup(flags.issuer);
  if (flags.issuer !== undefined && filed === undefined) {
    terminal.report('no key file has this name: leave --issuer out, or see broker-guard keys');
    return EXIT.refused;
  }
  terminal.print(`${toJwkSetText(keys.snapshot(), settings.token.algorithms, filed?.name)}\n`);
  return EXIT.done;
}

const MOST_KEYS = 16;

async function tryOut(terminal: Terminal, { keys, serve, json }: JwksFlags): Promise<ExitCode> {
  const count = /^\d{1,2}$/.test(keys ?? '') ? Number(keys) : 0;
  const listen = parseListenAddress(serve);
  if (count < 1 || count > MOST_KEYS || listen === undefined) {
    terminal.report(
      `--keys takes a number from 1 to ${MOST_KEYS}, and --serve an address such as 127.0.0.1:8092`,
    );
    return EXIT.misused;
  }
  void terminal.untilStopped();
  const pairs = await Promise.all(Array.from({ length: count }, makePair));
  const set = JSON.stringify({ keys: pairs.map(({ jwk }) => jwk) });
  const server = await serveSet(set, listen);
  const token = await signExample(pairs[0] as Pair, terminal.now());
  const url = `http://${formatAddress(boundAddress(server, listen))}/jwks.json`;
  terminal.print(
    json
      ? `${JSON.stringify(describe(pairs[0] as Pair, token, url, set))}\n`
      : format(pairs[0] as Pair, token),
  );
  terminal.report(`serving ${count} keys on ${url}; Ctrl-C ends it, and they are gone`);
  await terminal.untilStopped();
  await closeServer(server, 0);
  return EXIT.done;
}

interface Pair {
  readonly privateKey: KeyObject;
  readonly publicPem: string;
  readonly privatePem: string;
  readonly jwk: { readonly kid: string };
}

async function makePair(): Promise<Pair> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' });
  const key = makeVerificationKey({ e, kty: 'RSA', n });
  if ('flaw' in key) throw new Error(key.flaw);
  return {
    privateKey,
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    jwk: { kty: 'RSA', n, e, kid: key.thumbprint, use: 'sig', alg: 'RS256' } as Pair['jwk'],
  };
}

const LIFETIME_SECONDS = 3600;

/** What the published guides show: a user, and rules with his name in them. */
async function signExample({ privateKey, jwk }: Pair, nowMs: number): Promise<string> {
  const issuedAt = Math.floor(nowMs / 1000);
  return new SignJWT({
    username: 'myuser',
    iat: issuedAt,
    exp: issuedAt + LIFETIME_SECONDS,
    acl: { pub: [`testpub1/\${username}`], sub: [`testsub1/\${username}`], all: [`testall1/\${username}`] },
  })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: jwk.kid })
    .sign(privateKey);
}

async function serveSet(set: string, listen: ListenAddress): Promise<http.Server> {
  const router = new Router();
  addJwks(router, (issuer) => (issuer === undefined ? set : undefined));
  const app = new Koa();
  app.use(router.routes());
  app.use(router.allowedMethods());
  const server = http.createServer(app.callback());
  await listenOn(server, listen, '--serve');
  return server;
}

const describe = ({ publicPem, privatePem, jwk }: Pair, token: string, url: string, set: string) => ({
  url,
  kid: jwk.kid,
  public_key: publicPem,
  private_key: privatePem,
  token,
  jwks: JSON.parse(set) as object,
});

const format = ({ publicPem, privatePem, jwk }: Pair, token: string): string =>
  `kid: ${jwk.kid}\n\n${publicPem}\n${privatePem}\ntoken (one hour, user myuser):\n${token}\n`;
