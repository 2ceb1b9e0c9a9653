// A reload and the connections to the broker: never more than the broker allows, and no call without its timeouts.
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { loadSettings } from '../../src/config/load.ts';
import { until, writeSettings } from '../support/guard.ts';
import { holdAnswers } from '../support/held-answers.ts';
import { BROKERS, type Pair, PUBLISH, startPair } from '../support/pair.ts';
import { okAnswer } from '../support/upstream.ts';

const LIMIT = 2;

interface Changes {
  readonly guard?: string;
  readonly httpServer?: string;
}

const reload = ({ guard, upstream }: Pair, changes: Changes = {}) =>
  guard.running.reload(
    loadSettings(writeSettings(guard.directory, { upstreamUrl: upstream.url, keys: {}, ...changes })),
  );

describe('a reload', () => {
  it('that changes nothing about the broker opens no connections beyond guard.upstream.connections', async () => {
    const { held, respond, release } = holdAnswers();
    const connections = `upstream.connections = ${LIMIT}`;
    const pair = await startPair({ guard: connections, respond });
    const calls = [pair.ask(), pair.ask()];
    await until(() => held.length === LIMIT, 'every connection in use');
    for (let round = 0; round < 3; round++) {
      await reload(pair, { guard: `${connections}, drain = 2s` });
      calls.push(pair.ask('GET', `${BROKERS}?${round}`));
    }
    // What a call answered by the guard itself finds: those before it have been read.
    await pair.ask('GET', '/elsewhere');
    expect(pair.upstream.connections()).toEqual({ accepted: LIMIT, open: LIMIT });
    const releasing = setInterval(release, 1);
    for (const answer of await Promise.all(calls)) expect(answer.status).toBe(200);
    clearInterval(releasing);
    expect(pair.upstream.connections().accepted).toBe(LIMIT);
  });

  it('that changes timeouts leaves an upload still being collected its own', async () => {
    const pair = await startPair({
      guard: 'upstream.timeouts.headers = 300ms',
      respond: ({ requestLine }) => (requestLine.startsWith('GET') ? okAnswer() : undefined),
    });
    await pair.ask();
    const client = await pair.open();
    client.write(pair.head('POST', PUBLISH, ['Transfer-Encoding: chunked', 'Expect: 100-continue']));
    await client.wait(() => client.received.includes('100 Continue'));
    await reload(pair, { guard: 'upstream.timeouts.headers = 301ms' });
    // The upload outlives the last look that the replaced connections' keeper takes at its deadlines.
    await delay(700);
    client.write('2\r\n{}\r\n0\r\n\r\n');
    expect((await client.next({}, 5000)).status).toBe(504);
    expect(pair.upstream.requests).toHaveLength(2);
    expect((await pair.records(2))[1]).toMatchObject({ outcome: 'failed', reason: 'upstream_timeout' });
  });
});
