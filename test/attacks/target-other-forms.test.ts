// Attack: a target with an authority of its own, or a tunnel, to reach what the guard does not stand in front of.
// Rule: the origin form is read, and the absolute form of the request's own host; CONNECT is answered by the guard and its connection ends.
import { describe, expect, it } from 'vitest';
import { startPair } from '../support/pair.ts';
import { expectRefusal } from '../support/refusal.ts';
import { okAnswer } from '../support/upstream.ts';

describe('another form of target is refused', () => {
  it.each([
    'http://other.example/api/v4/brokers',
    'http://guard.example.other.example/api/v4/brokers',
    'https://guard.example:443/api/v4/brokers',
    'HTTP://guard.example@other.example/api/v4/brokers',
    'file:///api/v4/brokers',
    '*',
  ])('%s', async (target) => {
    const pair = await startPair();
    await expectRefusal(pair, await pair.ask('GET', target), 'target_ambiguous');
  });

  it('an authority alone', async () => {
    const pair = await startPair();
    await expectRefusal(pair, await pair.ask('GET', 'other.example:80'), 'request_malformed');
  });
});

describe('a tunnel', () => {
  it.each(['other.example:80', '/api/v4/brokers'])(
    'to %s is refused and the connection ends',
    async (target) => {
      const pair = await startPair();
      const connection = await pair.open();
      connection.write(`${pair.head('CONNECT', target)}${pair.head('GET', '/api/v4/brokers')}`);
      const answer = await connection.next();
      await connection.closed();
      await expectRefusal(pair, answer, 'method_not_allowed');
      expect(answer.headers.get('connection')).toBe('close');
    },
  );

  it('asked for behind another request does not take over its answer', async () => {
    const pair = await startPair({ respond: () => okAnswer('own') });
    const connection = await pair.open();
    connection.write(pair.head('GET', '/api/v4/brokers') + pair.head('CONNECT', 'other.example:80'));
    expect(await connection.next()).toMatchObject({ status: 200, body: 'own' });
    await connection.closed();
    const records = await pair.records(2);
    expect(records.map(({ method, outcome }) => [method, outcome])).toEqual([
      ['CONNECT', 'denied'],
      ['GET', 'allowed'],
    ]);
    expect(connection.received.toString().match(/HTTP\/1\.1/g)).toHaveLength(1);
  });
});
