// Attack: guess credentials from one address over any number of connections, so that the guard checks signatures for as long
// as anybody sends; or do so in another's name, to have that one's callers locked out.
// Rule: so many refused tokens of one address and one claimed issuer are free (guard.limits.failures); each further one
// doubles the wait before another is looked at, and they are told so a few at a time. Nobody else waits, and whose token was
// accepted before never does.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeIssuer, mintToken, nowSeconds } from '../support/issuers.ts';
import { BROKERS, buildHead, OPS, type Pair, startPair } from '../support/pair.ts';

const STRANGER = makeIssuer();
const OTHER = makeIssuer();
const KEYS = { 'ops.pub': OPS.publicPem, 'other.pub': OTHER.publicPem };
const HERE = '127.0.0.1';
const ELSEWHERE = '127.0.0.2';

const bearer = (token: string, lines: readonly string[] = []) =>
  buildHead('GET', BROKERS, [`Authorization: Bearer ${token}`, ...lines]);
/** No two are alike: none of them is remembered. */
let minted = 0;
const fresh = (claims: object = {}, issuer = OPS) => mintToken(issuer, { jti: `${minted++}`, ...claims });
const guess = (claims: object = {}) => bearer(fresh(claims, STRANGER));
const good = (claims: object = {}) => bearer(fresh(claims));

const startLimited = (guard = 'limits.failures = 3') => startPair({ keys: KEYS, guard });

/** How each is answered, with the wait where there is one. */
async function statuses(pair: Pair, requests: readonly string[], from = HERE): Promise<string[]> {
  const seen: string[] = [];
  for (const request of requests) {
    const { status, headers } = await pair.send(request, from);
    seen.push([status, headers.get('retry-after')].join(' ').trim());
  }
  return seen;
}

/** Until the next one would have to wait. */
const guessThree = (pair: Pair, from = HERE) =>
  expect(statuses(pair, [guess(), guess(), guess()], from)).resolves.toEqual(['401', '401', '401']);

describe('after so many guesses', () => {
  it('nothing more is looked at, not even a good token that is new', async () => {
    const pair = await startLimited();
    await guessThree(pair);
    expect(await statuses(pair, [guess(), good()])).toEqual(['429 1', '429 1']);
    expect(pair.upstream.requests).toHaveLength(0);
    const [, , , refused] = await pair.records(5);
    expect(refused).toMatchObject({ outcome: 'denied', reason: 'too_many_requests', status: 429 });
  });

  it('the caller is told why, and what goes on', async () => {
    const pair = await startLimited();
    await guessThree(pair);
    const { body, headers } = await pair.send(guess());
    expect(JSON.parse(body)).toMatchObject({
      code: 103,
      reason: 'too_many_requests',
      message:
        'Too many requests. Try again after the seconds that Retry-After says. Many tokens of this issuer were refused at your address. One that was accepted before still is.',
    });
    expect(headers.has('www-authenticate')).toBe(false);
  });

  it('the third answer of that kind ends a connection, as the third refused credential does', async () => {
    const pair = await startLimited();
    await guessThree(pair);
    const connection = await pair.open();
    connection.write(guess() + guess() + guess() + guess());
    const closes: boolean[] = [];
    for (let count = 0; count < 3; count++) {
      const { status, headers } = await connection.next();
      expect(status).toBe(429);
      closes.push(headers.get('connection') === 'close');
    }
    expect(closes).toEqual([false, false, true]);
    await connection.closed();
  });

  it('good callers from elsewhere are untouched', async () => {
    const pair = await startLimited();
    await guessThree(pair);
    expect(await statuses(pair, [good(), good()], ELSEWHERE)).toEqual(['200', '200']);
  });

  it('callers of other issuers at the same address are untouched', async () => {
    const pair = await startLimited();
    await guessThree(pair);
    const other = bearer(fresh({ iss: 'other.pub' }, OTHER));
    expect(await statuses(pair, [other, guess()])).toEqual(['200', '429 1']);
  });

  it('a caller at the same address whose token was accepted before is untouched', async () => {
    const pair = await startLimited();
    const known = good();
    expect(await statuses(pair, [known])).toEqual(['200']);
    await guessThree(pair);
    expect(await statuses(pair, [known, guess(), known])).toEqual(['200', '429 1', '200']);
  });

  it.each(['ops.pub', 'nobody.pub'])(
    'an issuer that there is and one that there is not look alike: %s',
    async (iss) => {
      const pair = await startLimited();
      const guesses = Array.from({ length: 4 }, () => guess({ iss }));
      expect(await statuses(pair, guesses)).toEqual(['401', '401', '401', '429 1']);
      expect(await statuses(pair, [guess({ iss: 'another.pub' })])).toEqual(['401']);
    },
  );

  it('what is no token at all counts together', async () => {
    const pair = await startLimited();
    expect(
      await statuses(
        pair,
        ['a', 'a.b', 'a.b.c', 'd'].map((token) => bearer(token)),
      ),
    ).toEqual([...['401', '401', '401'], '429 1']);
  });
});

describe('a flood of guesses', () => {
  it('is answered behind callers who do not guess, however many came first', async () => {
    const pair = await startLimited();
    await guessThree(pair);
    const answered: string[] = [];
    const flood = Array.from({ length: 500 }, () => pair.send(guess()).then(() => answered.push('guess')));
    // All of them are with the guard by the time that the first has its answer.
    await Promise.race(flood);
    await pair.send(good(), ELSEWHERE).then(() => answered.push('good'));
    await Promise.all(flood);
    expect(answered).toHaveLength(501);
    expect(answered.indexOf('good')).toBeLessThan(400);
  });

  it('leaves a record of each guess, of those too that hang up before they are answered', async () => {
    const pair = await startLimited();
    await guessThree(pair);
    const hasty = await pair.open();
    hasty.write(guess());
    hasty.destroy();
    await pair.send(guess());
    const refused = (await pair.records(5)).slice(3);
    expect(refused.map(({ reason }) => reason)).toEqual(['too_many_requests', 'too_many_requests']);
  });
});

describe("what is nobody's guess", () => {
  it.each<[string, () => string, string]>([
    ['an expired token', () => good({ iat: nowSeconds() - 90, exp: nowSeconds() - 60 }), '401'],
    ['no token', () => buildHead('GET', BROKERS), '401'],
    ['another scheme', () => buildHead('GET', BROKERS, ['Authorization: Basic YTpi']), '401'],
    ['a path that there is not', () => buildHead('GET', '/nowhere'), '404'],
  ])('never counts: %s', async (_, make, status) => {
    const pair = await startLimited();
    const five = Array.from({ length: 5 }, make);
    expect(await statuses(pair, [...five, good()])).toEqual([...five.map(() => status), '200']);
  });

  it('a good token between the guesses makes up for none of them', async () => {
    const pair = await startLimited();
    expect(await statuses(pair, [guess(), good(), guess(), good(), guess(), guess()])).toEqual([
      ...['401', '200', '401', '200', '401'],
      '429 1',
    ]);
  });
});

describe('the address', () => {
  it("is the client's behind a trusted proxy, and nobody who makes one up gets another", async () => {
    const pair = await startLimited('trusted_proxies = ["127.0.0.1"]\n limits.failures = 1');
    const from = (client: string) => bearer(fresh({}, STRANGER), [`X-Forwarded-For: ${client}`]);
    const clients = ['192.0.2.1', '192.0.2.1', '192.0.2.2', '192.0.2.9, 192.0.2.1'];
    expect(await statuses(pair, clients.map(from))).toEqual(['401', '429 1', '401', '429 1']);
  });

  it('is one for all addresses that an IPv6 host can give itself', async () => {
    const pair = await startLimited('trusted_proxies = ["127.0.0.1"]\n limits.failures = 1');
    const from = (client: string) => bearer(fresh({}, STRANGER), [`X-Forwarded-For: ${client}`]);
    const clients = ['2001:db8::1', '2001:db8::ffff:2', '2001:db8:0:1::1'];
    expect(await statuses(pair, clients.map(from))).toEqual(['401', '429 1', '401']);
  });
});

describe('the wait', () => {
  // The time of day alone: what the guard and its sockets wait for goes on.
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: Date.now() }));
  afterEach(() => void vi.useRealTimers());
  const pass = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000);

  it('doubles with each guess that comes after it, up to a minute', async () => {
    const pair = await startLimited();
    await guessThree(pair);
    for (const seconds of [1, 2, 4, 8, 16, 32, 60, 60]) {
      expect(await statuses(pair, [guess()])).toEqual([`429 ${seconds}`]);
      pass(seconds - 1);
      expect(await statuses(pair, [guess()])).toEqual(['429 1']);
      pass(1);
      expect(await statuses(pair, [guess()])).toEqual(['401']);
    }
  });

  it('lets a good token in as soon as it is over', async () => {
    const pair = await startLimited();
    await guessThree(pair);
    pass(1);
    expect(await statuses(pair, [good(), good()])).toEqual(['200', '200']);
  });

  it('is forgotten ten minutes after the first of the guesses', async () => {
    const pair = await startLimited();
    await guessThree(pair);
    pass(600);
    await guessThree(pair);
    expect(await statuses(pair, [guess()])).toEqual(['429 1']);
  });
});

it('guard.limits.failures = none lets anybody guess', async () => {
  const pair = await startLimited('limits.failures = none');
  const guesses = Array.from({ length: 70 }, () => guess());
  expect(new Set(await statuses(pair, guesses))).toEqual(new Set(['401']));
});

it('sixty guesses are free with what is the default', async () => {
  const pair = await startLimited('limits.failures = 60');
  const seen = await statuses(
    pair,
    Array.from({ length: 61 }, () => guess()),
  );
  expect(seen.indexOf('429 1')).toBe(60);
});
