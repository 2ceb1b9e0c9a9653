// Attack: a signed claim with line ends or other bytes, to add a field or a request behind the guard's back.
// Rule: a subject travels percent-encoded; the head for the broker is printable ASCII.
import { describe, expect, it } from 'vitest';
import { mintToken } from '../support/issuers.ts';
import { BROKERS, buildHead, OPS, startPair } from '../support/pair.ts';

describe('a subject', () => {
  it.each([
    ['with a line end', 'a\r\nX-Admin: 1', 'a%0D%0AX-Admin%3A%201'],
    ['with a request', 'a\r\n\r\nGET / HTTP/1.1', 'a%0D%0A%0D%0AGET%20%2F%20HTTP%2F1.1'],
    ['with a NUL', 'a\0b', 'a%00b'],
    ['in Unicode', 'Zoë 🔑', 'Zo%C3%AB%20%F0%9F%94%91'],
    ['with a percent sign', '100%41', '100%2541'],
    ['that is empty', '', ''],
  ])('%s travels percent-encoded', async (_, sub, encoded) => {
    const pair = await startPair();
    const answer = await pair.send(
      buildHead('GET', BROKERS, [`Authorization: Bearer ${mintToken(OPS, { sub })}`]),
    );
    expect(answer.status).toBe(200);
    expect(pair.upstream.requests).toHaveLength(1);
    expect(pair.upstream.requests[0]?.headers.get('x-guard-subject')).toBe(encoded);
    expect(pair.upstream.requests[0]?.head).toMatch(/^(?:[ -~]+\r\n)+\r\n$/);
    expect((await pair.soleRecord()).subject).toBe(sub);
  });
});
