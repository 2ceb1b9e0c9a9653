// Attack: make the guard repeat a token or the broker's password in an answer, a record or a log line.
// Rule: no part of a token, no key and no password leaves the guard, whatever it is sent.
import { expect, it } from 'vitest';
import { BROKER_PASSWORD } from '../support/guard.ts';
import { makeIssuer, mintToken, nowSeconds, signParts } from '../support/issuers.ts';
import { BROKERS, buildHead, OPS, PUBLISH, startPair } from '../support/pair.ts';
import { okAnswer } from '../support/upstream.ts';

it('repeats no token and no password, in hundreds of requests of every kind', async () => {
  const pair = await startPair({
    keys: { 'ops.pub': OPS.publicPem, 'bad.pub': 'garbage\n' },
    respond: ({ requestLine }, socket) => {
      if (requestLine.includes('?refused')) return 'HTTP/1.1 401 X\r\nContent-Length: 0\r\n\r\n';
      if (requestLine.includes('?broken')) return 'garbage\r\n\r\n';
      if (requestLine.includes('?cut')) socket.destroy();
      return okAnswer();
    },
  });
  const stranger = makeIssuer();
  const now = nowSeconds();
  const tokens = [
    pair.token,
    mintToken(stranger),
    mintToken(OPS, { iss: 'bad.pub' }),
    mintToken(OPS, { iss: 'nobody.pub' }),
    mintToken(OPS, { iat: now - 20, exp: now - 10 }),
    mintToken(OPS, { bodyEncode: 1 }),
    mintToken(OPS, { exp: 'soon' }),
    mintToken(OPS, {}, { alg: 'none' }),
    mintToken(OPS, {}, { crit: ['x'] }),
    signParts(OPS, '{"alg":"RS256"', '{}'),
    `${pair.token}x`,
    pair.token.slice(0, -1),
  ];
  const said: string[] = [];
  const ask = async (bytes: string) => {
    const connection = await pair.open();
    connection.write(bytes);
    await connection.next().catch(() => undefined);
    said.push(connection.received.toString('latin1'));
    connection.destroy();
  };
  for (const token of tokens) {
    const lines = [`Authorization: Bearer ${token}`];
    const targets = [
      BROKERS,
      `${BROKERS}?refused`,
      `${BROKERS}?broken`,
      `${BROKERS}?cut`,
      '/api/v4/../x',
      `/${token}`,
    ];
    for (const target of [...targets, `/api/v4/x?token=${token}`]) {
      await ask(buildHead('GET', target, lines));
      await ask(buildHead('POST', target, [...lines, 'Content-Length: 0']));
    }
    await ask(buildHead('GET', BROKERS, [...lines, ...lines]));
    await ask(buildHead('GET', BROKERS, [`Authorization: ${token}`]));
    await ask(buildHead('GET', BROKERS, [`Authorization : Bearer ${token}`]));
    await ask(buildHead(token, BROKERS));
    await ask(buildHead('GET', BROKERS, [`Cookie: ${token}`, `${token}: x`]));
    await ask(buildHead('POST', PUBLISH, [...lines, `Expect: ${token}`]));
    await ask(buildHead('POST', PUBLISH, [...lines, `Transfer-Encoding: ${token}`]));
    await ask(buildHead('POST', PUBLISH, [...lines, `Content-Length: ${token}`]));
  }
  await pair.records(said.length);
  const output = [...said, JSON.stringify(pair.guard.records), ...pair.guard.lines].join('\n');
  expect(said.length).toBeGreaterThan(200);
  expect(pair.failures).toEqual([]);
  expect(output).not.toContain('eyJ');
  // A part of a few characters may stand in a random request id by chance.
  for (const token of tokens)
    for (const part of token.split('.').filter(({ length }) => length >= 12))
      expect(output).not.toContain(part.slice(0, 40));
  expect(output).not.toContain(BROKER_PASSWORD);
  expect(output).not.toContain(Buffer.from(`broker:${BROKER_PASSWORD}`).toString('base64'));
  expect(output).not.toContain('BEGIN');
});
