// Attack: find out which issuers exist, or whose key is broken, from the answers to made-up tokens.
// Rule: unknown issuer, unusable key and bad signature look the same from outside; the record has the true one.
import { expect, it } from 'vitest';
import { makeIssuer, mintToken } from '../support/issuers.ts';
import { BROKERS, buildHead, OPS, startPair } from '../support/pair.ts';

it('answers the same to an unknown issuer, an unusable key and a bad signature', async () => {
  const pair = await startPair({ keys: { 'ops.pub': OPS.publicPem, 'bad.pub': 'not a key\n' } });
  const stranger = makeIssuer();
  const outside: string[] = [];
  for (const iss of ['ops.pub', 'bad.pub', 'nobody.pub', '../ops.pub', '__proto__', '']) {
    const token = mintToken(stranger, { iss });
    const answer = await pair.send(buildHead('GET', BROKERS, [`Authorization: Bearer ${token}`]));
    const id = JSON.parse(answer.body).request_id;
    const told = [answer.status, [...answer.headers].filter(([name]) => name !== 'date'), answer.body];
    outside.push(JSON.stringify(told).replaceAll(id, 'ID'));
  }
  expect(new Set(outside).size).toBe(1);
  expect(outside[0]).toContain('token_rejected');
  expect((await pair.records(6)).map((record) => record.reason)).toEqual([
    'signature_invalid',
    'key_unusable',
    ...Array(4).fill('issuer_unknown'),
  ]);
  expect(pair.upstream.received()).toBe('');
});
