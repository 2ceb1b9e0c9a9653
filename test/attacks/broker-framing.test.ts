// Attack: a body that a broker's HTTP layer would not read, and would take for the next caller's request.
// Rule: the broker sees one exact Content-Length and never a transfer coding; refused bodies never reach it.
import { describe, expect, it } from 'vitest';
import { ANY_METHOD, BROKERS, PUBLISH, startPair } from '../support/pair.ts';
import { expectRefusal } from '../support/refusal.ts';

const HIDDEN = `GET ${BROKERS}?hidden HTTP/1.1\r\nHost: a\r\n\r\n`;

describe('a request hidden in a body', () => {
  it('of a known length stays a body', async () => {
    const pair = await startPair();
    await pair.post(HIDDEN);
    expect(pair.upstream.requests).toHaveLength(1);
    expect(pair.upstream.requests[0]?.body.toString()).toBe(HIDDEN);
  });

  it('sent in chunks stays a body, and has its length', async () => {
    const pair = await startPair();
    const chunks = `${HIDDEN.length.toString(16)}\r\n${HIDDEN}\r\n0\r\n\r\n`;
    await pair.ask('POST', PUBLISH, ['Transfer-Encoding: chunked'], chunks);
    expect(pair.upstream.requests).toHaveLength(1);
    expect(pair.upstream.requests[0]?.headers.get('content-length')).toBe(String(HIDDEN.length));
    expect(pair.upstream.received().toLowerCase()).not.toContain('transfer-encoding');
  });

  it.each(['GET', 'HEAD'])('of %s is refused with its head', async (method) => {
    const pair = await startPair({ guard: ANY_METHOD });
    const connection = await pair.open();
    connection.write(pair.head(method, BROKERS, [`Content-Length: ${HIDDEN.length}`]) + HIDDEN);
    const answer = await connection.next({ isHead: method === 'HEAD' });
    if (method === 'GET') await expectRefusal(pair, answer, 'body_not_expected');
    expect(answer.status).toBe(400);
    expect(pair.upstream.received()).toBe('');
  });

  it('for a path outside the API never reaches the broker', async () => {
    const pair = await startPair();
    const answer = await pair.ask('POST', '/x', [`Content-Length: ${HIDDEN.length}`], HIDDEN);
    await expectRefusal(pair, answer, 'target_unknown');
  });

  it('too large for the broker never reaches it', async () => {
    const pair = await startPair({ httpServer: 'max_body = 10' });
    await expectRefusal(pair, await pair.post(HIDDEN), 'body_too_large');
  });
});
