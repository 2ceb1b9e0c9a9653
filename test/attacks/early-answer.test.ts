// Attack: an upload that holds a request of its own, to a broker that answers before it has read the body and then takes
// the body for the next request: the next caller would get the answer that the attacker has ordered.
// Rule: a connection is not used again where an upload was not answered with a 2xx, nor where an answer began while bytes
// of the request were still in the guard's own buffer.
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { type Answer, startCarelessBroker, TRANSPORTS } from '../support/careless-broker.ts';
import { until } from '../support/guard.ts';
import { BROKERS, type Pair, startPair } from '../support/pair.ts';
import { okAnswer } from '../support/upstream.ts';

const TARGET = '/api/v4/rules/1';
const SMUGGLED =
  '\r\n\r\nGET /api/v4/SMUGGLED HTTP/1.1\r\nhost: x\r\nx-guard-subject: root\r\nx-guard-issuer: root\r\n\r\n';
const MIB = 1024 * 1024;
const ROOM = 'limits { collected = 64MB, collected_per_issuer = 64MB }';

const FRAMINGS = ['sized', 'chunked'] as const;
type Framing = (typeof FRAMINGS)[number];

const makeBody = (bytes: number): string => 'x'.repeat(bytes - SMUGGLED.length) + SMUGGLED;

const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;

/** The upload as it stands on the wire, behind its head. */
function frame(framing: Framing, body: string): { fields: string[]; bytes: string } {
  if (framing === 'sized') return { fields: [`Content-Length: ${body.length}`], bytes: body };
  return { fields: ['Transfer-Encoding: chunked'], bytes: `${chunk(body)}0\r\n\r\n` };
}

async function upload(pair: Pair, framing: Framing, body: string) {
  const { fields, bytes } = frame(framing, body);
  const connection = await pair.open();
  connection.write(pair.head('PUT', TARGET, fields));
  connection.write(bytes);
  return connection;
}

/**
 * Answers an upload by its head with `status`, and everything else with its own target; what has been smuggled in as soon
 * as somebody else asks on the same connection, who would take that answer for his own.
 */
function answerByHead(status: string): Answer {
  const held = new WeakMap<Socket, string>();
  return ({ method, target }, socket) => {
    if (method === 'PUT')
      return `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{"code":102}`;
    if (target.includes('SMUGGLED')) {
      held.set(socket, okAnswer(target));
      return undefined;
    }
    return (held.get(socket) ?? '') + okAnswer(target);
  };
}

const CASES = TRANSPORTS.flatMap((transport) =>
  FRAMINGS.flatMap((framing) =>
    [150, 900 * 1024, 8 * MIB].map((bytes) => [transport, framing, bytes] as const),
  ),
);

describe.each(CASES)('over %s, of an upload that is %s and has %i bytes', (transport, framing, bytes) => {
  it.each(['404 Not Found', '403 Forbidden', '500 Oops', '303 See Other'])(
    'answered by its head with %s, nothing reaches the next caller',
    async (status) => {
      const broker = await startCarelessBroker(transport, answerByHead(status));
      const pair = await startPair({
        upstreamUrl: broker.url,
        httpServer: 'max_body = 16MB',
        guard: `upstream.connections = 1, ${ROOM}`,
      });
      const uploading = await upload(pair, framing, makeBody(bytes));
      expect((await uploading.next()).status).toBe(Number(status.slice(0, 3)));
      for (const query of ['?b', '?c']) {
        const answer = await pair.ask('GET', BROKERS + query);
        expect([answer.status, answer.body]).toEqual([200, BROKERS + query]);
      }
      const connectionOf = (part: string) =>
        broker.heads.find(({ target }) => target.includes(part))?.connection;
      expect([connectionOf(TARGET), connectionOf('?b'), connectionOf('?c')]).toEqual([1, 2, 2]);
    },
  );
});

/** Stops reading as soon as it has a head: what the kernel does not hold stays in the guard. */
const answerAndStop: Answer = ({ method, target }, socket: Socket) => {
  if (method === 'PUT') {
    socket.pause();
    setTimeout(() => socket.resume(), 200);
  }
  return okAnswer(target);
};

describe.each(TRANSPORTS)('over %s, a success', (transport) => {
  it.each(FRAMINGS)('that comes while %s bytes are in the guard ends the connection', async (framing) => {
    const broker = await startCarelessBroker(transport, answerAndStop);
    const pair = await startPair({
      upstreamUrl: broker.url,
      httpServer: 'max_body = 32MB',
      guard: `upstream.connections = 1, ${ROOM}`,
    });
    const uploading = await upload(pair, framing, makeBody(24 * MIB));
    expect(await uploading.next()).toMatchObject({ status: 200, body: TARGET });
    const answer = await pair.ask('GET', `${BROKERS}?b`);
    expect([answer.status, answer.body]).toEqual([200, `${BROKERS}?b`]);
    expect(broker.heads.find(({ target }) => target.includes('?b'))?.connection).toBe(2);
  });

  it('that comes when all is sent leaves the connection to the next caller', async () => {
    const broker = await startCarelessBroker(transport, ({ target }) => okAnswer(target));
    const pair = await startPair({ upstreamUrl: broker.url });
    await pair.post('{"topic":"a"}');
    await pair.ask();
    expect(broker.heads.map(({ connection }) => connection)).toEqual([1, 1]);
  });
});

describe.each(TRANSPORTS)('over %s, an answer', (transport) => {
  it('in the middle of an upload goes to its caller, and the connection to nobody', async () => {
    const broker = await startCarelessBroker(transport, answerByHead('200 OK'));
    const pair = await startPair({ upstreamUrl: broker.url, guard: 'upstream.connections = 1' });
    const uploading = await pair.open();
    uploading.write(pair.head('PUT', TARGET, ['Content-Length: 500000']));
    uploading.write('x'.repeat(70_000));
    const early = await uploading.next();
    expect([early.status, early.headers.get('connection')]).toEqual([200, 'close']);
    await until(() => broker.open() === 0, 'the end of the connection');
    expect((await pair.ask()).body).toBe(BROKERS);
  });

  it('given twice at once is read once', async () => {
    const broker = await startCarelessBroker(transport, ({ target }) => okAnswer(target).repeat(2));
    const pair = await startPair({ upstreamUrl: broker.url, guard: 'upstream.connections = 1' });
    for (const query of ['?a', '?b', '?c'])
      expect((await pair.ask('GET', BROKERS + query)).body).toBe(BROKERS + query);
    expect(broker.heads.map(({ connection }) => connection)).toEqual([1, 2, 3]);
  });

  it('given a second time while the connection is idle ends it', async () => {
    let repeat = () => {};
    const broker = await startCarelessBroker(transport, ({ target }, socket) => {
      repeat = () => void socket.write(okAnswer(`${target} again`));
      return okAnswer(target);
    });
    const pair = await startPair({ upstreamUrl: broker.url });
    await pair.ask();
    repeat();
    await until(() => broker.open() === 0, 'the end of the connection');
    expect((await pair.ask('GET', `${BROKERS}?b`)).body).toBe(`${BROKERS}?b`);
  });

  it('that comes late, after the caller has left, reaches nobody', async () => {
    let answerLate = () => {};
    const broker = await startCarelessBroker(transport, ({ target }, socket) => {
      if (!target.includes('?late')) return okAnswer(target);
      answerLate = () => void socket.write(okAnswer(target));
      return undefined;
    });
    const pair = await startPair({ upstreamUrl: broker.url, guard: 'upstream.connections = 1' });
    const leaving = await pair.open();
    leaving.write(pair.head('GET', `${BROKERS}?late`));
    await until(() => broker.heads.length === 1, 'the call at the broker');
    leaving.destroy();
    await pair.records(1);
    answerLate();
    expect((await pair.ask('GET', `${BROKERS}?b`)).body).toBe(`${BROKERS}?b`);
  });
});
