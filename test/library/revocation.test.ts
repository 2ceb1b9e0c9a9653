// Revocation in somebody else's program: what `broker-guard revoke` writes is refused by every shape of the library.
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { until } from '../support/guard.ts';
import { mintToken } from '../support/issuers.ts';
import { makeWorkspace } from '../support/workspace.ts';
import { OPS, openTestGuard, serve } from './support.ts';

it('a token that is revoked is refused within a second, by authenticate, handler and explain', async () => {
  const file = join(makeWorkspace(), 'revocations.jsonl');
  const { guard } = await openTestGuard({ revocations: { file } });
  const token = mintToken(OPS, { jti: '7' });
  const { ask } = await serve(guard.handler((_, res) => void res.end('in')));
  expect(guard.authenticate(token).allowed).toBe(true);
  expect((await ask(token)).status).toBe(200);
  appendFileSync(file, '{"issuer":"ops.pub","jti":"7"}\n');
  await until(() => !guard.authenticate(token).allowed, 'the token to be refused', 1000);
  expect(guard.authenticate(token)).toMatchObject({ reason: 'token_revoked', status: 401 });
  expect(JSON.parse((await ask(token)).body)).toMatchObject({ reason: 'token_revoked', code: 103 });
  const { reason, checks } = guard.explain(token);
  expect(reason).toBe('token_revoked');
  expect(checks.at(-1)).toMatchObject({
    check: 'not revoked',
    verdict: 'failed',
    detail: expect.stringMatching(/by jti/),
  });
  expect(guard.authenticate(mintToken(OPS, { jti: '8' })).allowed).toBe(true);
});

it('without a file nothing is revoked, and none is looked for', async () => {
  const { guard } = await openTestGuard();
  expect(guard.explain(mintToken(OPS)).checks.at(-1)).toEqual({ check: 'not revoked', verdict: 'passed' });
});
