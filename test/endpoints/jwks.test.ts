// The JWK Set as others fetch it: caches, brokers, jose and Debian's PyJWT.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startTestGuard, until } from '../support/guard.ts';
import { makeIssuer, mintToken } from '../support/issuers.ts';
import { sendRaw } from '../support/raw.ts';
import { MAY_SKIP } from '../support/tools.ts';
import { startUpstream } from '../support/upstream.ts';

const OPS = makeIssuer();
const DEV = makeIssuer();
const PYTHON = '/usr/bin/python3';
const hasPyJwt =
  spawnSync(PYTHON, ['-c', 'import jwt; from jwt.algorithms import RSAAlgorithm']).status === 0;

async function start() {
  const upstream = await startUpstream();
  onTestFinished(() => upstream.close());
  const keys = { 'ops.pub': OPS.publicPem, 'dev.pub': DEV.publicPem };
  const guard = await startTestGuard({ upstreamUrl: upstream.url, keys });
  onTestFinished(() => guard.stop());
  const origin = `http://127.0.0.1:${guard.servicePort}`;
  return { guard, origin, ask: (path: string) => fetch(origin + path) };
}

describe('the JWKS endpoint', () => {
  it.each(['/.well-known/jwks.json', '/jwks.json'])(
    '%s has its media type, a tag and a time',
    async (path) => {
      const { ask } = await start();
      const answer = await ask(path);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toMatch(/^application\/jwk-set\+json/);
      expect(answer.headers.get('cache-control')).toBe('public, max-age=60');
      expect(answer.headers.get('etag')).toMatch(/^"[\w-]{43}"$/);
    },
  );

  it('says 304 to whoever has it, until a key comes', async () => {
    const { ask, guard } = await start();
    const etag = (await ask('/jwks.json')).headers.get('etag') as string;
    // By hand: fetch asks caches to look again, which a server must heed.
    const request = `GET /jwks.json HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: ${etag}\r\nConnection: close\r\n\r\n`;
    const again = () => sendRaw(guard.servicePort, request);
    expect(await again()).toMatchObject({ status: 304, body: '' });
    writeFileSync(join(guard.keysDirectory, 'new.pub'), makeIssuer().publicPem);
    await until(() => guard.lines.some((line) => line.startsWith('new.pub: key added')), 'the key is read');
    expect((await again()).status).toBe(200);
  });

  it('shows one issuer by its name, and 404 for a name that is none', async () => {
    const { ask } = await start();
    const of = async (query: string) => {
      const answer = await ask(`/jwks.json${query}`);
      const { keys } = (await answer.json()) as { keys?: { n: string }[] };
      return [answer.status, keys?.map(({ n }) => n)];
    };
    const { n } = DEV.publicKey.export({ format: 'jwk' });
    expect(await of('?issuer=dev.pub')).toEqual([200, [n]]);
    for (const query of [
      '?issuer=nobody.pub',
      '?issuer=',
      '?issuer=dev.pub&issuer=ops.pub',
      '?issuer=__proto__',
    ])
      expect(await of(query)).toEqual([404, undefined]);
  });

  it('jose fetches it and verifies an issuer’s token by it', async () => {
    const { origin } = await start();
    const set = createRemoteJWKSet(new URL(`${origin}/.well-known/jwks.json?issuer=ops.pub`));
    const { payload } = await jwtVerify(mintToken(OPS), set, { algorithms: ['RS256'] });
    expect(payload.iss).toBe('ops.pub');
    await expect(jwtVerify(mintToken(DEV), set)).rejects.toMatchObject({
      code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    });
  });

  it('PyJWT reads it and verifies a token by its keys (skipped where Debian’s python3-jwt is missing)', async ({
    skip,
  }) => {
    skip(MAY_SKIP && !hasPyJwt, 'python3-jwt is missing');
    const { ask } = await start();
    const program = `
import json, sys, jwt
asked = json.load(sys.stdin)
keys = {key.key_id: key for key in jwt.PyJWKSet.from_dict(asked["jwks"]).keys}
key = keys[asked["kid"]]
print(jwt.decode(asked["token"], key.key, algorithms=["RS256"])["iss"], key.key_type, key.public_key_use)
`;
    const jwks = (await (await ask('/jwks.json?issuer=ops.pub')).json()) as { keys: { kid: string }[] };
    const input = JSON.stringify({ jwks, kid: jwks.keys[0]?.kid, token: mintToken(OPS) });
    const { stdout, stderr } = spawnSync(PYTHON, ['-c', program], { input, encoding: 'utf8' });
    expect([stdout.trim(), stderr]).toEqual(['ops.pub RSA sig', '']);
  });
});
