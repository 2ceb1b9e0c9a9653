// Who is answered: the broker, by being on this machine or by its secret. Anybody else finds nothing there.

import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { HOOK_NAMES } from '../../src/config/hooks.ts';
import { ADAPTERS } from '../../src/hooks/hooks.ts';
import { isProven } from '../../src/hooks/proof.ts';
import { SECRET, startHooks } from '../support/hooks.ts';

const NOT_HERE = { message: 'Not here. Try /livez, /readyz, /metrics or /.well-known/jwks.json.' };
const EVERY = HOOK_NAMES.map((name) => `${name} { enable = true }`).join('\n');
const SECRETS = HOOK_NAMES.map((name) => `${name} { secret_file = secret }`).join('\n');
const PATHS = HOOK_NAMES.flatMap((name) => ADAPTERS[name].hooks.map(({ path }) => path));
const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'];

describe('a hook', () => {
  it('does not exist without its block', async () => {
    const { ask } = await startHooks({ hooks: '' });
    for (const path of [...PATHS, 'nobody'])
      for (const method of METHODS) {
        const answer = await ask({ path, method, ...(method !== 'GET' && { body: {} }) });
        expect([answer.status, answer.body], `${method} ${path}`).toEqual([404, NOT_HERE]);
      }
  });

  it('does not exist where the block is switched off', async () => {
    const { ask } = await startHooks({ hooks: 'emqx { enable = false }' });
    expect(await ask({ path: 'emqx/authn', body: {} })).toMatchObject({ status: 404, body: NOT_HERE });
  });

  it('answers this machine where its block asks for nothing more', async () => {
    const { ask } = await startHooks({ hooks: EVERY });
    for (const path of PATHS) expect((await ask({ path, body: {} })).status, path).not.toBe(404);
  });

  it('answers nobody without the secret where the block names one, whatever is asked', async () => {
    const { ask, seen } = await startHooks({ hooks: SECRETS });
    const wrong = { 'x-guard-secret': `${SECRET}x` };
    for (const path of PATHS)
      for (const headers of [{}, wrong, { 'x-guard-secret': '' }] as Record<string, string>[])
        for (const method of METHODS) {
          const answer = await ask({ path, method, headers, ...(method !== 'GET' && { body: {} }) });
          expect([answer.status, answer.body], `${method} ${path}`).toEqual([404, NOT_HERE]);
        }
    for (const path of PATHS)
      expect((await ask({ path: `${path}/${SECRET.slice(1)}`, body: {} })).status, path).toBe(404);
    expect(seen).toEqual([]);
  });

  it('takes the secret in X-Guard-Secret, and as the last segment of the path', async () => {
    const { ask } = await startHooks({ hooks: SECRETS });
    for (const path of PATHS) {
      const headers = { 'x-guard-secret': SECRET };
      expect((await ask({ path, headers, body: {} })).status, path).not.toBe(404);
      expect((await ask({ path: `${path}/${SECRET}`, body: {} })).status, path).not.toBe(404);
    }
  });

  it('does not read the body of whoever has no secret', async () => {
    const { port } = await startHooks({ hooks: SECRETS });
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1').setEncoding('latin1').once('error', reject);
      socket.once('data', (text: string) => {
        resolve(text);
        socket.destroy();
      });
      socket.write(
        'POST /hooks/emqx/authn HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n',
      );
      socket.write('Content-Length: 1000\r\n\r\n{');
    });
    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
  });

  it('takes nothing that a proxy of this machine passes on for being of this machine', async () => {
    const { ask } = await startHooks({ hooks: EVERY });
    for (const name of ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'])
      expect((await ask({ path: 'emqx/authn', headers: { [name]: 'x' }, body: {} })).status, name).toBe(404);
  });
});

describe('the proof', () => {
  const digest = createHash('sha256').update(SECRET).digest('base64');
  const caller = (members: object = {}) => ({
    address: '10.0.0.7',
    isUnix: false,
    hasCertificate: false,
    headers: {},
    segment: undefined,
    ...members,
  });
  const withSecret = { secretDigest: digest, sources: [] };
  const without = { secretDigest: undefined, sources: [] };

  it.each(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'])('is the address %s', (address) => {
    expect(isProven(without, caller({ address }))).toBe(true);
  });

  it.each(['10.0.0.7', '::2', undefined])(
    'is not the address %s, also of a socket that is gone',
    (address) => {
      expect(isProven(without, caller({ address }))).toBe(false);
    },
  );

  it('is a socket file', () => {
    expect(isProven(without, caller({ address: undefined, isUnix: true }))).toBe(true);
  });

  it('is a client certificate from anywhere, unless it is that of a proxy', () => {
    const shown = caller({ hasCertificate: true });
    expect(isProven(without, shown)).toBe(true);
    expect(isProven(without, { ...shown, headers: { via: '1.1 front' } })).toBe(false);
    expect(isProven(withSecret, shown)).toBe(false);
  });

  it('is the secret from anywhere, and no machine', () => {
    const headers = { 'x-guard-secret': SECRET };
    expect(isProven(withSecret, caller({ headers }))).toBe(true);
    expect(isProven(withSecret, caller({ segment: SECRET }))).toBe(true);
    expect(isProven(withSecret, caller({ address: '127.0.0.1' }))).toBe(false);
    expect(isProven(withSecret, caller({ isUnix: true }))).toBe(false);
  });

  it('is the secret and a source, where sources are named', () => {
    const settings = { secretDigest: digest, sources: ['10.0.0.0/24'] };
    expect(isProven(settings, caller({ segment: SECRET }))).toBe(true);
    expect(isProven(settings, caller({ segment: SECRET, address: '10.0.1.7' }))).toBe(false);
    expect(isProven(settings, caller())).toBe(false);
  });

  it('is no segment where there is no secret', () => {
    expect(isProven(without, caller({ address: '127.0.0.1', segment: SECRET }))).toBe(false);
  });
});
