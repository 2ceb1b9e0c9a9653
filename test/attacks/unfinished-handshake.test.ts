// Attack: connect to the https listener and leave the handshake undone, so that a socket is held for ever and the guard
// cannot be stopped.
// Rule: ten seconds from the connection to the end of the handshake; nothing is answered before, except in plain text to
// a client that does not speak TLS; the end of the guard waits for nobody who has not asked for anything.
import { describe, expect, it } from 'vitest';
import { until } from '../support/guard.ts';
import { makeTlsSettings, openTls } from '../support/https.ts';
import { BROKERS, buildHead, startPair } from '../support/pair.ts';

/** What a handshake promises: ten seconds; and what a busy machine may add. */
const HANDSHAKE_MS = 12_000;

/** The record of a ClientHello and its length, and no ClientHello. */
const HELLO_BEGUN = Buffer.from('160301020001', 'hex');
/** RFC 8446 §6: the only thing that may come back before a handshake is done. */
const ALERT = 0x15;

const startHttps = async (guard = '') => startPair({ guard: `${await makeTlsSettings()}\n ${guard}` });

describe('a handshake that is not finished', () => {
  it.each([
    ['of a client that says nothing', Buffer.alloc(0)],
    ['of a client that has begun', HELLO_BEGUN],
  ])('%s has ten seconds, gets no answer and leaves one record', async (_, bytes) => {
    const pair = await startHttps();
    const connection = await pair.open();
    connection.write(bytes);
    await connection.closed(HANDSHAKE_MS);
    expect(connection.received).toHaveLength(0);
    const record = await pair.soleRecord();
    expect(record).toMatchObject({ outcome: 'denied', reason: 'request_timeout' });
  });

  it('because its bytes mean nothing ends at once, without a word of HTTP, and leaves one record', async () => {
    const pair = await startHttps();
    const connection = await pair.open();
    connection.write(Buffer.concat([HELLO_BEGUN, Buffer.alloc(512, 'x')]));
    await connection.closed();
    expect([undefined, ALERT]).toContain(connection.received[0]);
    expect(await pair.soleRecord()).toMatchObject({ reason: 'request_malformed' });
  });

  it('since the client has gone away again leaves no record', async () => {
    const pair = await startHttps();
    const gone = await pair.open();
    gone.write(HELLO_BEGUN);
    gone.destroy();
    (await pair.open()).destroy();
    const socket = await openTls(pair.guard.port);
    socket.write(buildHead('GET', BROKERS, ['Connection: close']));
    expect(await pair.soleRecord()).toMatchObject({ reason: 'token_missing' });
  });
});

it('a request without TLS is told so in plain text', async () => {
  const pair = await startHttps();
  const connection = await pair.open();
  connection.write(pair.head('GET', BROKERS));
  const answer = await connection.next();
  await connection.closed();
  expect([answer.status, answer.headers.get('connection')]).toEqual([400, 'close']);
  expect(JSON.parse(answer.body)).toMatchObject({
    reason: 'request_malformed',
    message: expect.stringMatching(/https/),
  });
  expect(await pair.soleRecord()).toMatchObject({ reason: 'request_malformed' });
  expect(pair.upstream.requests).toHaveLength(0);
});

it('requests over TLS are answered, whatever pieces the handshake comes in', async () => {
  const pair = await startHttps();
  const socket = await openTls(pair.guard.port, { maxVersion: 'TLSv1.2' });
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  socket.write(pair.head('GET', BROKERS));
  await until(() => answer.startsWith('HTTP/1.1 200 '), 'the answer');
});

describe('the end of the guard', () => {
  const LONG = 'drain = 1h';

  it('does not wait for a connection that has never said anything', async () => {
    const pair = await startPair({ guard: LONG });
    const connection = await pair.open();
    await pair.ask();
    await pair.guard.running.stop();
    await connection.closed();
  });

  it('does not wait for one over TLS, with its handshake done or not begun', async () => {
    const pair = await startHttps(LONG);
    const silent = await pair.open();
    const shaken = await openTls(pair.guard.port);
    const closed = new Promise((resolve) => shaken.once('close', resolve));
    await pair.guard.running.stop();
    await silent.closed();
    await closed;
  });

  it('cuts a handshake that is under way when the drain is over', async () => {
    const pair = await startHttps('drain = 100ms');
    const connection = await pair.open();
    connection.write(HELLO_BEGUN);
    // One that was opened later and is dealt with: the guard has read both.
    await openTls(pair.guard.port);
    await pair.guard.running.stop();
    await connection.closed();
  });
});
