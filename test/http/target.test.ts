// The request target over real sockets: what is judged is what is forwarded, byte for byte.
import { describe, expect, it } from 'vitest';
import { startPair } from '../support/pair.ts';
import { expectRefusal } from '../support/refusal.ts';

const FORWARDED: readonly (readonly [what: string, sent: string, forwarded: string])[] = [
  ['the base path alone', '/api/v4', '/api/v4'],
  ['the base path with a slash', '/api/v4/', '/api/v4/'],
  ['the base path with a query', '/api/v4?x=1', '/api/v4?x=1'],
  ['a plain path', '/api/v4/clients/a-b._~1', '/api/v4/clients/a-b._~1'],
  ['a trailing slash', '/api/v4/brokers/', '/api/v4/brokers/'],
  ['every plain path character', "/api/v4/!$&'()*+,=:@", "/api/v4/!$&'()*+,=:@"],
  ['an escaped letter, decoded', '/%61pi/v%34/%62rokers', '/api/v4/brokers'],
  ['unreserved escapes, decoded', '/api/v4/a%2Db%5fc%7E', '/api/v4/a-b_c~'],
  ['a reserved escape, its digits in upper case', '/api/v4/a%3ab%3b', '/api/v4/a%3Ab%3B'],
  ['an escaped blank', '/api/v4/a%20b', '/api/v4/a%20b'],
  ['escaped UTF-8', '/api/v4/%c3%a9', '/api/v4/%C3%A9'],
  ['dots inside a name', '/api/v4/..a/b..', '/api/v4/..a/b..'],
  ['an empty query', '/api/v4/brokers?', '/api/v4/brokers?'],
  ['a query as it came', '/api/v4/brokers?a=%2f..%2F&b=/../c?;d', '/api/v4/brokers?a=%2f..%2F&b=/../c?;d'],
];

describe('forwards the judged target', () => {
  it.each(FORWARDED)('%s', async (_, sent, forwarded) => {
    const pair = await startPair();
    const answer = await pair.ask('GET', sent);
    expect(answer.status).toBe(200);
    expect(pair.upstream.requests.map((request) => request.requestLine)).toEqual([
      `GET ${forwarded} HTTP/1.1`,
    ]);
    expect(await pair.soleRecord()).toMatchObject({ path: forwarded.split('?')[0], outcome: 'allowed' });
  });
});

const AMBIGUOUS: readonly (readonly [what: string, sent: string])[] = [
  ['an empty segment', '/api/v4//brokers'],
  ['an empty first segment', '//api/v4/brokers'],
  ['an empty last segment', '/api/v4/brokers//'],
  ['a raw backslash', '/api/v4\\brokers'],
  ['a fragment', '/api/v4/brokers#x'],
  ['a fragment in the query', '/api/v4/brokers?x#y'],
  ['a backslash in the query', '/api/v4/brokers?x=\\y'],
  ['a double quote', '/api/v4/"'],
  ['a brace', '/api/v4/{a}'],
  ['a caret', '/api/v4/^'],
  ['an escape that is cut off', '/api/v4/brokers%'],
  ['an escape with one digit', '/api/v4/brokers%6'],
  ['an escape that is not hexadecimal', '/api/v4/%zz'],
  ['a bad escape in the query', '/api/v4/brokers?x=%g0'],
  ['an escaped NUL in the query', '/api/v4/brokers?x=%00'],
  ['a bare word', 'api/v4/brokers'],
  ['the asterisk form', '*'],
];

describe('refuses as ambiguous', () => {
  it.each(AMBIGUOUS)('%s', async (_, sent) => {
    const pair = await startPair();
    const answer = await pair.ask('GET', sent);
    // Node's own parser stops some of these before the guard reads them; the broker sees none either way.
    const reason = JSON.parse(answer.body).reason;
    expect(['target_ambiguous', 'request_malformed']).toContain(reason);
    await expectRefusal(pair, answer, reason);
  });

  it.each(['\x01', '\x7f', '\t', '\x00', '\xe9', '\xff'])('the raw byte %j', async (byte) => {
    const pair = await startPair();
    const answer = await pair.ask('GET', `/api/v4/a${byte}b`);
    const reason = JSON.parse(answer.body).reason;
    expect(['target_ambiguous', 'request_malformed']).toContain(reason);
    await expectRefusal(pair, answer, reason);
  });

  it.each(['%01', '%0a', '%0D', '%1f', '%7F'])('the escaped control byte %s', async (escaped) => {
    const pair = await startPair();
    await expectRefusal(pair, await pair.ask('GET', `/api/v4/a${escaped}b`), 'target_ambiguous');
  });
});

const UNKNOWN: readonly (readonly [what: string, sent: string])[] = [
  ['the root', '/'],
  ['a path beside the base path', '/status'],
  ['the base path as the beginning of a longer word', '/api/v4x/brokers'],
  ['the base path in capitals', '/API/V4/brokers'],
  ['a shorter version of the base path', '/api/v'],
  ['the base path below another', '/x/api/v4/brokers'],
  ['the base path in the query alone', '/?/api/v4/brokers'],
];

describe('answers without asking the broker', () => {
  it.each(UNKNOWN)('%s', async (_, sent) => {
    const pair = await startPair();
    await expectRefusal(pair, await pair.ask('GET', sent), 'target_unknown');
  });

  it('judges the target before the token', async () => {
    const pair = await startPair();
    const answer = await pair.send('GET /x HTTP/1.1\r\nHost: a\r\n\r\n');
    await expectRefusal(pair, answer, 'target_unknown');
  });
});

describe('another profile', () => {
  it('generic forwards every plain path', async () => {
    const pair = await startPair({ guard: 'upstream.profile = generic' });
    expect((await pair.ask('GET', '/any/api/v4/where')).status).toBe(200);
    expect(pair.upstream.requests[0]?.requestLine).toBe('GET /any/api/v4/where HTTP/1.1');
  });

  it('generic still refuses what has two readings', async () => {
    const pair = await startPair({ guard: 'upstream.profile = generic' });
    await expectRefusal(pair, await pair.ask('GET', '/a/../b'), 'target_ambiguous');
  });
});
