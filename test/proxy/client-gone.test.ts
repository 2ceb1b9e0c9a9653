// The client hangs up: the call to the broker is broken off, its connection closed, and the record says aborted.
import { describe, expect, it } from 'vitest';
import { until } from '../support/guard.ts';
import { BROKERS, PUBLISH, startPair } from '../support/pair.ts';
import { okAnswer } from '../support/upstream.ts';

describe('a client that hangs up', () => {
  it('before the answer ends the call to the broker', async () => {
    const pair = await startPair({ respond: () => undefined });
    const connection = await pair.open();
    connection.write(pair.head('GET', BROKERS));
    await until(() => pair.upstream.requests.length === 1, 'the call at the broker');
    connection.destroy();
    await until(() => pair.upstream.connections().open === 0, 'the end of the call');
    expect(await pair.soleRecord()).toMatchObject({ outcome: 'aborted', issuer: 'ops.pub', bytes_out: 0 });
  });

  it('in the middle of the answer ends the call to the broker', async () => {
    const pair = await startPair({ respond: () => 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello' });
    const connection = await pair.open();
    connection.write(pair.head('GET', BROKERS));
    await connection.wait(() => connection.received.toString().endsWith('hello'));
    connection.destroy();
    await until(() => pair.upstream.connections().open === 0, 'the end of the call');
    expect(await pair.soleRecord()).toMatchObject({ outcome: 'aborted', status: 200, bytes_out: 5 });
  });

  it.each(['reset', 'end'])('in the middle of its body (%s) ends the call to the broker', async (how) => {
    const pair = await startPair();
    const connection = await pair.open();
    connection.write(`${pair.head('POST', PUBLISH, ['Content-Length: 100000'])}${'x'.repeat(70_000)}`);
    await until(() => pair.upstream.received().length > 70_000, 'its first part at the broker');
    if (how === 'reset') connection.socket.resetAndDestroy();
    else connection.socket.end();
    await until(() => pair.upstream.connections().open === 0, 'the end of the call');
    expect(pair.upstream.requests).toHaveLength(0);
    expect(await pair.soleRecord()).toMatchObject({ outcome: 'aborted', bytes_in: 70_000 });
  });

  it('in the middle of its chunks leaves the broker untouched', async () => {
    const pair = await startPair();
    const connection = await pair.open();
    connection.write(`${pair.head('POST', PUBLISH, ['Transfer-Encoding: chunked', 'Expect: 100-continue'])}`);
    await connection.wait(() => connection.received.length > 0);
    connection.write('5\r\nhello\r\n');
    connection.socket.end();
    expect(await pair.soleRecord()).toMatchObject({ outcome: 'aborted' });
    expect(pair.upstream.received()).toBe('');
    expect(pair.failures).toEqual([]);
  });

  it('with an answer still unread is recorded as aborted', async () => {
    const big = 'x'.repeat(30_000_000);
    const pair = await startPair({ respond: () => okAnswer(big) });
    const connection = await pair.open();
    connection.socket.pause();
    connection.write(pair.head('GET', BROKERS));
    await until(() => pair.upstream.requests.length === 1, 'the call at the broker');
    connection.destroy();
    expect(await pair.soleRecord()).toMatchObject({ outcome: 'aborted' });
    await until(() => pair.upstream.connections().open === 0, 'the end of the call');
  });
});
