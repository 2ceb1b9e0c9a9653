// Attack: hold every connection to the broker with calls that take it long, or with answers that are read slowly, so that
// nobody else's call gets through.
// Rule: so many calls of one issuer are with the broker at a time (guard.limits.concurrency); the others wait in a line of
// their own until their deadline, and callers of other issuers go past it.
import { describe, expect, it } from 'vitest';
import { until } from '../support/guard.ts';
import { holdAnswers } from '../support/held-answers.ts';
import { makeIssuer, mintToken } from '../support/issuers.ts';
import { BROKERS, buildHead, OPS, type Pair, PUBLISH, startPair } from '../support/pair.ts';
import { expectRefusal } from '../support/refusal.ts';

const OTHER = makeIssuer();
const KEYS = { 'ops.pub': OPS.publicPem, 'other.pub': OTHER.publicPem };

/** A broker that answers calls with `?slow` when it is told to, and others at once. */
async function startSlow(guard: string) {
  const { held, respond, release } = holdAnswers(({ requestLine }) => requestLine.includes('slow'));
  return { pair: await startPair({ keys: KEYS, guard, respond }), held, release };
}

const slow = (pair: Pair) => pair.ask('GET', `${BROKERS}?slow`);
const askAsOther = (pair: Pair) =>
  pair.send(buildHead('GET', BROKERS, [`Authorization: Bearer ${mintToken(OTHER, { iss: 'other.pub' })}`]));

describe('calls of one issuer', () => {
  it('beyond its number wait, while those of others are answered', async () => {
    const { pair, held, release } = await startSlow('upstream.connections = 4, limits.concurrency = 2');
    const calls = Array.from({ length: 6 }, () => slow(pair));
    await until(() => held.length === 2, 'two calls at the broker');
    for (let count = 0; count < 5; count++) expect((await askAsOther(pair)).status).toBe(200);
    expect(held).toHaveLength(2);
    for (let round = 0; round < 3; round++) {
      await until(() => held.length === 2, 'two calls at the broker');
      release();
    }
    for (const { status } of await Promise.all(calls)) expect(status).toBe(200);
    expect(pair.upstream.requests).toHaveLength(11);
  });

  it('that wait too long are refused as upstream_busy, and never come to the broker', async () => {
    const pair = await startPair({
      guard: 'limits.concurrency = 1, upstream.timeouts.headers = 300ms',
      respond: () => 'HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\nhalf an answer',
    });
    const first = await pair.open();
    first.write(pair.head('GET', BROKERS));
    await until(() => pair.upstream.requests.length === 1, 'the first call at the broker');
    const answer = await pair.ask();
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    await expectRefusal(pair, answer, 'upstream_busy');
    expect(pair.upstream.requests).toHaveLength(1);
  });

  it('make room when they are over, and when their callers leave the line', async () => {
    const { pair, held, release } = await startSlow('limits.concurrency = 1');
    const first = slow(pair);
    await until(() => held.length === 1, 'the first call at the broker');
    const leaving = await pair.open();
    leaving.write(pair.head('GET', `${BROKERS}?leaving`));
    const last = pair.ask('GET', `${BROKERS}?last`);
    leaving.destroy();
    await pair.records(1);
    release();
    expect([(await first).status, (await last).status]).toEqual([200, 200]);
    expect((await pair.ask()).status).toBe(200);
    const asked = pair.upstream.requests.map(({ requestLine }) => requestLine.split(' ')[1]);
    expect(asked).toEqual([`${BROKERS}?slow`, `${BROKERS}?last`, BROKERS]);
  });

  it('are publishes and large uploads as well, which pass their other bounds besides', async () => {
    const { pair } = await startSlow('limits.concurrency = 1');
    const body = 'x'.repeat(100_000);
    const send = (text: string) => pair.ask('POST', PUBLISH, [`Content-Length: ${text.length}`], text);
    const answers = await Promise.all([send('{}'), send(body), send('{}'), send(body), pair.ask()]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  });
});

it('one issuer may have every connection unless the settings say otherwise', async () => {
  const { pair, held, release } = await startSlow('upstream.connections = 4');
  const calls = Array.from({ length: 4 }, () => slow(pair));
  await until(() => held.length === 4, 'four calls at the broker');
  release();
  for (const { status } of await Promise.all(calls)) expect(status).toBe(200);
});
