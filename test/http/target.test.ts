// The request target over real sockets: what is judged is what is forwarded, byte for byte.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type PairOptions, PUBLISH, startPair } from '../support/pair.ts';
import { expectRefusal } from '../support/refusal.ts';
import { lacks } from '../support/tools.ts';
import { startUpstream } from '../support/upstream.ts';

const FORWARDED: readonly (readonly [what: string, sent: string, forwarded: string])[] = [
  ['the base path alone', '/api/v4', '/api/v4'],
  ['the base path with a slash', '/api/v4/', '/api/v4/'],
  ['the base path with a query', '/api/v4?x=1', '/api/v4?x=1'],
  ['a plain path', '/api/v4/clients/a-b._~1', '/api/v4/clients/a-b._~1'],
  ['a trailing slash', '/api/v4/brokers/', '/api/v4/brokers/'],
  ['every plain path character', "/api/v4/clients/!$&'()*+,=:@", "/api/v4/clients/!$&'()*+,=:@"],
  ['an escaped letter, decoded', '/%61pi/v%34/%62rokers', '/api/v4/brokers'],
  ['unreserved escapes, decoded', '/api/v4/clients/a%2Db%5fc%7E', '/api/v4/clients/a-b_c~'],
  ['a reserved escape, its digits in upper case', '/api/v4/clients/a%3ab%3b', '/api/v4/clients/a%3Ab%3B'],
  ['an escaped blank', '/api/v4/clients/a%20b', '/api/v4/clients/a%20b'],
  ['escaped UTF-8', '/api/v4/clients/%c3%a9', '/api/v4/clients/%C3%A9'],
  ['dots inside a name', '/api/v4/clients/..a', '/api/v4/clients/..a'],
  ['an escaped slash in a client id', '/api/v4/clients/a%2fb', '/api/v4/clients/a%2Fb'],
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
  ['an escaped slash where it is no part of a name', '/api/v4/rules/a%2Fb'],
  ['dots beside an escaped slash', '/api/v4/clients/a%2F..'],
  ['dots before an escaped slash', '/api/v4/clients/..%2Fa'],
  ['a dot between escaped slashes', '/api/v4/clients/a%2F.%2Fb'],
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

describe('says which part has more than one reading, the first of several', () => {
  it.each([
    ['/api/v4/{a}', 'Write %7B in the place of {.'],
    ['/api/v4/a|b"', 'Write %7C in the place of |.'],
    ['/api/v4/a;b', 'Write %3B in the place of ;.'],
    ['/api/v4/a#b', 'Write %23 in the place of #.'],
    ['/api/v4/a\\b', 'It holds \\, which has no place in a path.'],
    ['/api/v4/a%2x//', 'It holds %2x, which is no escape: write % and two hexadecimal digits.'],
    ['/api/v4/a%5c%2e', 'It holds %5c, which has no place in a path.'],
    ['/api/v4//a/../b', 'It holds two slashes in a row.'],
    ['/api/v4/../b', 'It holds the segment ..: send the path that it leads to.'],
    ['/api/v4/a/./b', 'It holds the segment .: send the path that it leads to.'],
    ['/api/v4/rules/a%2fb', 'It holds %2f where no parameter of this API takes a slash.'],
    ['/api/v4/x/api/v4', 'It holds /api/v4 twice.'],
    ['/api/v4/a?x=%zz', 'Its query holds %zz, which is no escape.'],
    ['/api/v4/a?x=%00', 'Its query holds %00.'],
    ['/api/v4/a?x=#', 'Its query holds #, which has no place there unescaped.'],
    ['*', 'Begin it with a slash, or with http:// and the very name in the Host header.'],
  ])('%s', async (sent, said) => {
    const pair = await startPair();
    const { reason, message } = JSON.parse((await pair.ask('GET', sent)).body);
    expect({ reason, message }).toEqual({
      reason: 'target_ambiguous',
      message: `The request target can be read in more than one way. Send a plain path. ${said}`,
    });
  });

  it('and where the API begins', async () => {
    const pair = await startPair();
    expect(JSON.parse((await pair.ask('GET', '/status')).body).message).toMatch(
      / Begin it with \/api\/v4\.$/,
    );
  });
});

describe('an escaped slash is data', () => {
  const forwarded = async (guard: string, sent: string): Promise<string | undefined> => {
    const pair = await startPair({ guard });
    const answer = await pair.ask('GET', sent);
    if (answer.status !== 200) await expectRefusal(pair, answer, 'target_ambiguous');
    return pair.upstream.requests[0]?.requestLine.split(' ')[1];
  };

  it.each([
    ['nanomq', '/api/v4/clients/plant%2fwest', '/api/v4/clients/plant%2Fwest'],
    ['nanomq', '/api/v4/subscriptions/%2F', '/api/v4/subscriptions/%2F'],
    ['nanomq', '/api/v4/%63lients/a%2Fb', '/api/v4/clients/a%2Fb'],
    ['rabbitmq', '/api/queues/%2F/orders', '/api/queues/%2F/orders'],
    ['nanomq', '/api/v4/clients/username/a%2Fb', '/api/v4/clients/username/a%2Fb'],
    ['rabbitmq', '/api/exchanges/%2f/amq.default', '/api/exchanges/%2F/amq.default'],
    ['rabbitmq', '/api/queues/%2F%2Fa/b%2Fc', '/api/queues/%2F%2Fa/b%2Fc'],
    ['generic', '/a%2fb/c', '/a%2Fb/c'],
    ['generic', '/%2F', '/%2F'],
  ])('%s: %s', async (profile, sent, expected) =>
    expect(await forwarded(`upstream.profile = ${profile}`, sent)).toBe(expected),
  );

  it.each([
    ['nanomq', '/api/v4%2Fbrokers'],
    ['nanomq', '/api/v4/clients%2Fa'],
    ['nanomq', '/api/v4/rules/a%2Fb'],
    ['nanomq', '/api/v4/clients/..%2Fctrl'],
    ['nanomq', '/api/v4/clients/a%2F..%2Fctrl'],
    ['nanomq', '/api/v4/clients/a%2F.'],
    ['nanomq', '/api/v4/clients/%2Fapi%2Fv4%2Fctrl'],
    ['rabbitmq', '/api/queues/%2F..%2Fx'],
    ['rabbitmq', '/api/queues%2Fx/y'],
    ['rabbitmq', '/api/%2Fqueues/x'],
    ['rabbitmq', '/api/queues/%2F%2E%2E'],
    ['generic', '/a%2F../b'],
    ['generic', '/..%2Fb'],
    ['generic', '/a%252Fb'],
  ])('and refused where it is none: %s, %s', async (profile, sent) =>
    expect(await forwarded(`upstream.profile = ${profile}`, sent)).toBeUndefined(),
  );
});

describe('the absolute form', () => {
  const ask = async (target: string, host = 'guard.example:8090') => {
    const pair = await startPair();
    const answer = await pair.send(
      `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n${pair.authorization}\r\n\r\n`,
    );
    return { pair, answer, sent: pair.upstream.requests[0]?.requestLine };
  };

  it.each([
    ['http://guard.example:8090/api/v4/brokers?x=1', '/api/v4/brokers?x=1'],
    ['HTTPS://GUARD.example:8090/api/v4', '/api/v4'],
  ])("with the request's own host is read as a path: %s", async (target, path) => {
    const { sent, pair } = await ask(target);
    expect(sent).toBe(`GET ${path} HTTP/1.1`);
    expect((await pair.soleRecord()).path).toBe(path.split('?')[0]);
  });

  it('that ends behind the host means its root', async () => {
    const { pair, answer } = await ask('http://guard.example:8090?/api/v4');
    await expectRefusal(pair, answer, 'target_unknown');
  });

  it.each([
    'http://other.example/api/v4/brokers',
    'http://guard.example/api/v4/brokers',
    'http://x@guard.example:8090/api/v4/brokers',
    'http:///api/v4/brokers',
    'http://guard.example:8090/api/v4/../x',
  ])('of any other kind is refused: %s', async (target) => {
    const { pair, answer } = await ask(target);
    await expectRefusal(pair, answer, 'target_ambiguous');
  });

  it('is no way around an empty Host', async () => {
    const { pair, answer } = await ask('http:///api/v4', '');
    await expectRefusal(pair, answer, 'target_ambiguous');
  });

  it.skipIf(lacks('curl'))('is what curl sends to a guard that it takes for its proxy', async () => {
    const pair = await startPair();
    const guard = `http://127.0.0.1:${pair.guard.port}`;
    const args = ['-sS', '-x', guard, '-H', pair.authorization, 'http://broker.example/api/v4/brokers'];
    const { stdout } = await promisify(execFile)('curl', args, { env: { PATH: process.env.PATH } });
    expect(JSON.parse(stdout)).toMatchObject({ code: 0 });
    expect(pair.upstream.requests[0]?.requestLine).toBe('GET /api/v4/brokers HTTP/1.1');
    expect(pair.upstream.requests[0]?.headers.get('host')).toBe(`127.0.0.1:${pair.upstream.port}`);
  });
});

describe('the base path of guard.upstream.url', () => {
  const startBelow = async (path: string, options: PairOptions = {}) => {
    const broker = await startUpstream(options.respond);
    onTestFinished(() => broker.close());
    return { broker, pair: await startPair({ ...options, upstreamUrl: broker.url + path }) };
  };

  it.each(['/mqtt/one', '/mqtt/one/'])('%s stands before every path, and is not judged', async (path) => {
    const { broker, pair } = await startBelow(path);
    expect((await pair.ask('GET', '/api/v4/brokers?x=1')).status).toBe(200);
    expect(broker.requests[0]?.requestLine).toBe('GET /mqtt/one/api/v4/brokers?x=1 HTTP/1.1');
    expect((await pair.soleRecord()).path).toBe('/api/v4/brokers');
  });

  it('is no path of the guard', async () => {
    const { broker, pair } = await startBelow('/mqtt');
    expect((await pair.ask('GET', '/mqtt/api/v4/brokers')).status).toBe(404);
    expect(broker.requests).toEqual([]);
  });

  it('stands before the path that readiness asks for', async () => {
    const { broker, pair } = await startBelow('/mqtt');
    expect(await pair.guard.running.readiness()).toMatchObject({ upstream: 'ok' });
    expect(broker.requests[0]?.requestLine).toBe('GET /mqtt/api/v4 HTTP/1.1');
  });
});

describe('a Location of the broker', () => {
  const locate = async (make: (origin: string) => string, path = ''): Promise<string | undefined> => {
    const answer = (location: string) =>
      `HTTP/1.1 201 X\r\nLOCATION: ${location}\r\nContent-Length: 0\r\n\r\n`;
    const broker = await startUpstream(() => answer(make(broker.url)));
    onTestFinished(() => broker.close());
    const pair = await startPair({ upstreamUrl: broker.url + path });
    return (await pair.ask('POST', PUBLISH)).headers.get('location');
  };

  it.each<[string, (origin: string) => string, string]>([
    ['of its own origin is made relative', (origin) => `${origin}/api/v4/a%2Fb?x=1#y`, '/api/v4/a%2Fb?x=1#y'],
    ['that is relative stays', () => 'a/b', 'a/b'],
    ['that is a path stays', () => '/api/v4/a', '/api/v4/a'],
    ['of another host stays', () => 'https://other.example/a', 'https://other.example/a'],
    ['that is none stays', () => 'http://[', 'http://['],
  ])('%s', async (_, make, expected) => expect(await locate(make)).toBe(expected));

  it('loses the base path that the guard puts before every path', async () => {
    expect(await locate((origin) => `${origin}/mqtt/api/v4/a`, '/mqtt')).toBe('/api/v4/a');
    expect(await locate(() => '/mqtt/api/v4/a', '/mqtt')).toBe('/api/v4/a');
    expect(await locate(() => '/mqttx/a', '/mqtt')).toBe('/mqttx/a');
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
