// Thousands of calls of every kind at once: sized, in chunks, until the end of the connection, with slow readers, callers
// that leave, connections that are dropped, calls made again, pipelines. Every byte and every identity is compared at both
// ends.
import type { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { until } from '../support/guard.ts';
import { makeIssuer, mintToken } from '../support/issuers.ts';
import { ANY_METHOD, buildHead, OPS, type Pair, startPair } from '../support/pair.ts';
import { openRaw, type RawConnection } from '../support/raw.ts';
import { startMixedBroker } from './mixed/broker.ts';
import {
  answerOf,
  drawOperation,
  makeRandom,
  type Operation,
  toTarget,
  uploadOf,
} from './mixed/operation.ts';

const OPERATIONS = 2500;
const AT_ONCE = 40;

const DEV = makeIssuer();
const CALLERS = [
  {
    token: mintToken(OPS, { sub: 'alice' }),
    fields: 'x-guard-issuer: ops.pub\r\nx-guard-subject: alice\r\n',
  },
  { token: mintToken(OPS, { sub: 'bob' }), fields: 'x-guard-issuer: ops.pub\r\nx-guard-subject: bob\r\n' },
  {
    token: mintToken(DEV, { iss: 'dev.pub', sub: 'carol' }),
    fields: 'x-guard-issuer: dev.pub\r\nx-guard-subject: carol\r\n',
  },
];

/** The request as it stands on the wire. */
function toBytes(operation: Operation): Buffer {
  const body = uploadOf(operation);
  const token = CALLERS[operation.caller]?.token;
  const framing = {
    none: [],
    sized: [`Content-Length: ${body.length}`],
    chunked: ['Transfer-Encoding: chunked'],
  }[operation.upload];
  const head = buildHead(operation.method, toTarget(operation), [
    `Authorization: Bearer ${token}`,
    ...framing,
  ]);
  return Buffer.concat([Buffer.from(head), operation.upload === 'chunked' ? toChunks(body) : body]);
}

function toChunks(body: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; at += 9001) {
    const part = body.subarray(at, at + 9001);
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'));
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
}

function readSlowly(socket: Socket): void {
  socket.on('data', () => {
    socket.pause();
    setTimeout(() => socket.resume(), 2);
  });
}

/** What is wrong with the answer to an operation; undefined where nothing is. */
async function judgeAnswer(connection: RawConnection, operation: Operation): Promise<string | undefined> {
  const { id, kind, method } = operation;
  const answer = await connection.next();
  // A GET that was hung up on is made again where the connection had been used before; nothing else is.
  if (kind === 'dropped' && answer.status === 502) return undefined;
  if (answer.status !== 200) return `${method} ${id}: ${answer.status} ${answer.body}`;
  if (kind === 'dropped' && method !== 'GET') return `${method} ${id}: an answer after all`;
  const isSame = Buffer.from(answer.body, 'latin1').equals(answerOf(operation));
  return isSame ? undefined : `${method} ${id}: another body, ${answer.body.length} bytes`;
}

async function leave(connection: RawConnection, operation: Operation): Promise<undefined> {
  const bytes = toBytes(operation);
  if (operation.kind === 'leaves-early') connection.write(bytes.subarray(0, Math.ceil(bytes.length * 0.7)));
  else {
    connection.write(bytes);
    await connection.wait(() => connection.received.length > 0 || connection.ended);
  }
  connection.destroy();
  return undefined;
}

async function run(pair: Pair, operations: readonly Operation[]): Promise<(string | undefined)[]> {
  const connection = await openRaw(pair.guard.port);
  const [first] = operations;
  try {
    if (first?.kind.startsWith('leaves')) return [await leave(connection, first)];
    if (first?.kind === 'slow') readSlowly(connection.socket);
    connection.write(Buffer.concat(operations.map(toBytes)));
    const faults: (string | undefined)[] = [];
    for (const operation of operations) faults.push(await judgeAnswer(connection, operation));
    return faults;
  } catch (error) {
    return [`${operations.map(({ id }) => id)}: ${(error as Error).message.slice(0, 300)}`];
  } finally {
    connection.destroy();
  }
}

/** Some of them behind one another on one connection; until-close is the last that a connection carries. */
function* group(random: (most: number) => number): Generator<Operation[]> {
  let id = 0;
  while (id < OPERATIONS) {
    const pipeline: Operation[] = [];
    const length = random(5) === 0 ? 4 : 1;
    while (pipeline.length < length && id < OPERATIONS) {
      const drawn = drawOperation(id++, random, CALLERS.length);
      pipeline.push(length === 1 || drawn.kind === 'dropped' ? drawn : { ...drawn, kind: 'plain' });
    }
    yield pipeline;
  }
}

it.each(['tcp', 'unix'] as const)(
  'mixed operations over %s: every byte and every identity is right at both ends',
  async (transport) => {
    const broker = await startMixedBroker(
      transport,
      CALLERS.map(({ fields }) => fields),
    );
    const pair = await startPair({
      upstreamUrl: broker.url,
      keys: { 'ops.pub': OPS.publicPem, 'dev.pub': DEV.publicPem },
      guard: `${ANY_METHOD}\nupstream.connections = 12`,
    });
    const groups = group(makeRandom(transport === 'tcp' ? 1 : 2));
    const faults: string[] = [];
    const work = async (): Promise<void> => {
      for (const operations of groups)
        for (const fault of await run(pair, operations)) if (fault !== undefined) faults.push(fault);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    expect([...faults, ...broker.faults]).toEqual([]);
    expect(pair.failures).toEqual([]);
    expect(broker.seen.size).toBeGreaterThan(OPERATIONS * 0.9);
    expect(broker.again()).toBeGreaterThan(5);
    const recorded = () => pair.guard.records.map(({ path }) => Number(path?.split('/').at(-1)));
    const missing = () => [...broker.seen.keys()].filter((id) => !recorded().includes(id));
    await until(() => missing().length === 0, 'a record of every call that the broker saw');
    expect(new Set(recorded()).size).toBe(recorded().length);
  },
  120_000,
);
