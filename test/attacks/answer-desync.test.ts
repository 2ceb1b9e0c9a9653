// Attack: an answer with more behind its end, so that the next caller reads what was never meant for him.
// Rule: bytes behind an answer end the connection; they are nobody's answer.
import { describe, expect, it } from 'vitest';
import { until } from '../support/guard.ts';
import { ANY_METHOD, BROKERS, PUBLISH, startPair } from '../support/pair.ts';
import { okAnswer } from '../support/upstream.ts';

const FORGED = okAnswer('forged');

describe('an answer behind an answer', () => {
  it.each([
    ['of a known length', okAnswer('true')],
    ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ntrue\r\n0\r\n\r\n'],
    ['without a body', 'HTTP/1.1 204 No Content\r\n\r\n'],
  ])('%s is not the answer of the caller who waits in line', async (_, first) => {
    const pair = await startPair({
      guard: 'upstream.connections = 1',
      respond: (request, socket) => {
        if (!request.requestLine.includes('?first')) return okAnswer('own');
        // Answered when the second call waits behind the first.
        pair.upstream.requests.length === 1 && setTimeout(() => socket.write(first + FORGED), 50);
        return undefined;
      },
    });
    const [, ...waiting] = await Promise.all([
      pair.ask('GET', `${BROKERS}?first`),
      pair.ask('GET', `${BROKERS}?second`),
      pair.ask('POST', PUBLISH, ['Content-Length: 2'], 'hi'),
    ]);
    for (const answer of waiting) expect(answer).toMatchObject({ status: 200, body: 'own' });
  });

  it('is not the answer of the next caller', async () => {
    const pair = await startPair({
      respond: () => (pair.upstream.requests.length === 1 ? okAnswer('true') + FORGED : okAnswer('own')),
    });
    expect((await pair.ask()).body).toBe('true');
    await until(() => pair.upstream.connections().open === 0, 'the end of the connection');
    expect((await pair.ask()).body).toBe('own');
  });

  it('to HEAD, a body, is not the answer of the next caller', async () => {
    const pair = await startPair({
      guard: `${ANY_METHOD}\n upstream.connections = 1`,
      respond: ({ requestLine }) =>
        requestLine.startsWith('HEAD')
          ? `HTTP/1.1 200 OK\r\nContent-Length: ${FORGED.length}\r\n\r\n${FORGED}`
          : okAnswer('own'),
    });
    const [head, get] = await Promise.all([pair.ask('HEAD'), pair.ask()]);
    expect([head.status, head.body, get.body]).toEqual([200, '', 'own']);
  });
});
