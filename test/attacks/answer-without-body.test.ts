// Attack: a body behind an answer that has none, sent late: it would be read as the answer to the next caller.
// Rule: after an answer that must have no body, but for a 204 without any framing, the connection is not used again.
import { describe, expect, it } from 'vitest';
import { until } from '../support/guard.ts';
import { ANY_METHOD, BROKERS, startPair } from '../support/pair.ts';
import { okAnswer } from '../support/upstream.ts';

const FORGED = okAnswer('forged');

describe('after an answer without a body', () => {
  it.each([
    ['204 with a length', 'GET', `HTTP/1.1 204 X\r\nContent-Length: ${FORGED.length}\r\n\r\n`],
    ['204 with chunks', 'DELETE', 'HTTP/1.1 204 X\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['304 with a length', 'GET', `HTTP/1.1 304 X\r\nContent-Length: ${FORGED.length}\r\n\r\n`],
    ['304', 'GET', 'HTTP/1.1 304 X\r\n\r\n'],
    ['200 to HEAD', 'HEAD', `HTTP/1.1 200 X\r\nContent-Length: ${FORGED.length}\r\n\r\n`],
    ['204 to HEAD', 'HEAD', 'HTTP/1.1 204 X\r\n\r\n'],
  ])(
    '(%s) the next call comes on another connection, and late bytes reach nobody',
    async (_, method, bare) => {
      const pair = await startPair({
        guard: ANY_METHOD,
        respond: ({ connection }) => {
          if (pair.upstream.requests.length === 1) return bare;
          return connection === 1 ? FORGED + okAnswer('own') : okAnswer('own');
        },
      });
      const client = await pair.open();
      client.write(pair.head(method, BROKERS));
      const first = await client.next({ isHead: method === 'HEAD' });
      expect([first.status, first.body]).toEqual([Number(bare.slice(9, 12)), '']);
      client.write(pair.head('GET', BROKERS));
      expect(await client.next()).toMatchObject({ status: 200, body: 'own' });
      expect(pair.upstream.requests.map(({ connection }) => connection)).toEqual([1, 2]);
      await until(() => pair.upstream.connections().open === 1, 'the end of the first connection');
    },
  );

  it('(204 without any framing) the connection goes on', async () => {
    const pair = await startPair({ respond: () => 'HTTP/1.1 204 X\r\n\r\n' });
    for (let call = 0; call < 2; call++) expect((await pair.ask()).status).toBe(204);
    expect(pair.upstream.requests.map(({ connection }) => connection)).toEqual([1, 1]);
  });
});

it('a 204 reaches the client without the length the broker gave it', async () => {
  const pair = await startPair({ respond: () => 'HTTP/1.1 204 X\r\ncontent-LENGTH: 5\r\nX-Kept: 1\r\n\r\n' });
  const { headers } = await pair.ask();
  expect([headers.has('content-length'), headers.get('x-kept')]).toEqual([false, '1']);
});
