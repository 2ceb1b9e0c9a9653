// Connections to the broker: kept and reused, never more than guard.upstream.connections, callers wait in line for one.
import { describe, expect, it, onTestFinished } from 'vitest';
import { UpstreamPool } from '../../src/upstream/pool.ts';
import { until } from '../support/guard.ts';
import { holdAnswers } from '../support/held-answers.ts';
import { BROKERS, PUBLISH, startPair } from '../support/pair.ts';
import { expectRefusal } from '../support/refusal.ts';
import { okAnswer, startUpstream } from '../support/upstream.ts';

describe('a connection to the broker', () => {
  it('is reused by callers one after the other', async () => {
    const pair = await startPair();
    for (let call = 0; call < 5; call++) expect((await pair.ask()).status).toBe(200);
    expect(pair.upstream.requests.map(({ connection }) => connection)).toEqual([1, 1, 1, 1, 1]);
  });

  it('carries one call at a time', async () => {
    const { held, respond, release } = holdAnswers();
    const pair = await startPair({ respond });
    const calls = [pair.ask(), pair.ask(), pair.ask()];
    await until(() => held.length === 3, 'three calls at the broker');
    expect(new Set(pair.upstream.requests.map(({ connection }) => connection)).size).toBe(3);
    release();
    for (const answer of await Promise.all(calls)) expect(answer.status).toBe(200);
  });
});

describe('guard.upstream.connections', () => {
  it('is never exceeded, and who waits is served', async () => {
    const { respond, release } = holdAnswers();
    let most = 0;
    const pair = await startPair({ guard: 'upstream.connections = 3', respond });
    const calls = Array.from({ length: 30 }, () => pair.ask());
    const watch = setInterval(() => {
      most = Math.max(most, pair.upstream.connections().open);
      release();
    }, 1);
    for (const answer of await Promise.all(calls)) expect(answer.status).toBe(200);
    clearInterval(watch);
    expect(most).toBe(3);
    expect(pair.upstream.connections().accepted).toBe(3);
    await pair.records(30);
  });

  it('is kept when every connection has to be destroyed', async () => {
    let most = 0;
    const pair = await startPair({
      guard: 'upstream.connections = 2',
      respond: () => 'HTTP/1.1 400 X\r\nContent-Length: 0\r\n\r\n',
    });
    const watch = setInterval(() => {
      most = Math.max(most, pair.upstream.connections().open);
    }, 1);
    const answers = await Promise.all(Array.from({ length: 20 }, () => pair.ask()));
    clearInterval(watch);
    for (const answer of answers) expect(answer.status).toBe(400);
    // A connection is counted here until the broker's side has seen its end.
    expect(most).toBeLessThanOrEqual(4);
    expect(pair.upstream.connections().accepted).toBe(20);
  });

  it('refuses with upstream_busy who has waited too long, and says when to come again', async () => {
    const pair = await startPair({
      guard: 'upstream.connections = 1, upstream.timeouts { connect = 1s, headers = 300ms, body = 10s }',
      respond: () => 'HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\nhalf an answer',
    });
    const first = await pair.open();
    first.write(pair.head('GET', BROKERS));
    await until(() => pair.upstream.requests.length === 1, 'the first call at the broker');
    const answer = await pair.ask();
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('1');
    await expectRefusal(pair, answer, 'upstream_busy');
    expect(pair.upstream.requests).toHaveLength(1);
  });

  it('has one deadline for waiting and being served', async () => {
    let answerFirst = () => {};
    const pair = await startPair({
      guard: 'upstream { connections = 1, timeouts { connect = 1s, headers = 2s, body = 10s } }',
      respond: ({ requestLine }, socket) => {
        if (requestLine.includes('?first')) answerFirst = () => void socket.write(okAnswer());
        return undefined;
      },
    });
    const first = pair.ask('GET', `${BROKERS}?first`);
    await until(() => pair.upstream.requests.length === 1, 'the first call at the broker');
    const begun = performance.now();
    const second = pair.ask();
    // What is answered by the guard itself comes after the second has been read.
    await pair.ask('GET', '/elsewhere');
    await until(() => performance.now() - begun > 1500, 'most of its time');
    answerFirst();
    expect((await first).status).toBe(200);
    expect((await second).status).toBe(504);
    expect(performance.now() - begun).toBeLessThan(3300);
    expect(pair.upstream.requests).toHaveLength(2);
  });

  it('ends each wait in time, whoever is before it in line', async () => {
    const broker = holdAnswers();
    const pair = await startPair({
      guard: 'upstream { connections = 3, timeouts { connect = 1s, headers = 2s, body = 10s } }',
      respond: (request, socket) => {
        if (request.requestLine.startsWith('POST')) broker.respond(request, socket);
        // Reads hold their connections with half an answer each.
        else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\nhalf an answer');
        return undefined;
      },
    });
    const publish = () => pair.ask('POST', PUBLISH, ['Content-Length: 2'], '{}');
    const read = async () => (await pair.open()).write(pair.head('GET', BROKERS));
    const first = [publish(), publish()];
    await until(() => broker.held.length === 2, 'two publishes at the broker');
    const begun = performance.now();
    const late = publish().then((answer) => ({ answer, ms: performance.now() - begun }));
    await pair.ask('GET', '/elsewhere');
    await until(() => performance.now() - begun > 1500, 'most of its time');
    for (let calls = 0; calls < 6; calls++) await read();
    await pair.ask('GET', '/elsewhere');
    // Now the third publish has passed its own line, and waits for a connection behind reads that came later.
    broker.release();
    await Promise.all(first);
    const { answer, ms } = await late;
    expect(answer.status).toBe(503);
    expect(ms).toBeLessThan(3000);
  });

  it('gives the place of a caller who went away to the next one', async () => {
    const { held, respond, release } = holdAnswers();
    const pair = await startPair({ guard: 'upstream.connections = 1', respond });
    const gone = [await pair.open(), await pair.open()];
    gone[0]?.write(pair.head('GET', `${BROKERS}?first`));
    await until(() => held.length === 1, 'the first call at the broker');
    gone[1]?.write(pair.head('GET', `${BROKERS}?waiting`));
    const staying = pair.ask('GET', `${BROKERS}?staying`);
    gone[1]?.destroy();
    await pair.records(1);
    gone[0]?.destroy();
    await until(() => held.length === 2, 'the staying call at the broker');
    release();
    expect((await staying).status).toBe(200);
    const asked = pair.upstream.requests.map(({ requestLine }) => requestLine.split(' ')[1]);
    expect(asked).toEqual([`${BROKERS}?first`, `${BROKERS}?staying`]);
  });
});

/** A way to the broker over one connection, the calls made on it, and what became of them. */
async function startLine(respond: Parameters<typeof startUpstream>[0]) {
  const broker = await startUpstream(respond);
  const limits = { connectTimeoutMs: 5000, headersTimeoutMs: 5000, bodyTimeoutMs: 5000 };
  const options = {
    origin: broker.url,
    socketPath: undefined,
    maxConnections: 1,
    maxPublishes: undefined,
    maxPerCaller: undefined,
    ...limits,
  };
  const upstream = new UpstreamPool(options, () => performance.now());
  onTestFinished(async () => {
    upstream.close(true);
    await broker.close();
  });
  const outcomes: string[] = [];
  const send = (name: string) =>
    upstream.send(
      {
        method: 'GET',
        head: `GET /${name} HTTP/1.1\r\nHost: a\r\n\r\n`,
        body: null,
        isPublish: false,
        caller: 'ops',
      },
      {
        onHead: () => undefined,
        onData: () => true,
        onEnd: () => void outcomes.push(`${name} answered`),
        onFailure: (error) => void outcomes.push(`${name} failed: ${error.message}`),
      },
    );
  return { broker, outcomes, send };
}

describe('the line for a connection', () => {
  it('has room for a thousand, and again as soon as they have left', async () => {
    const { held, respond, release } = holdAnswers();
    const { broker, outcomes, send } = await startLine(respond);
    send('first');
    await until(() => held.length === 1, 'the first call at the broker');
    const waiting = Array.from({ length: 1000 }, () => send('waiting'));
    send('refused');
    expect(outcomes).toEqual(['refused failed: too many calls wait for the broker']);
    for (const call of waiting) call.abort();
    send('last');
    expect(outcomes).toHaveLength(1);
    release();
    await until(() => held.length === 1, 'the last call at the broker');
    release();
    await until(() => outcomes.includes('last answered'), 'its answer');
    expect(outcomes.slice(1)).toEqual(['first answered', 'last answered']);
    expect(broker.requests.map(({ requestLine }) => requestLine.split(' ')[1])).toEqual(['/first', '/last']);
  });
});
