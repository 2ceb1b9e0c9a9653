// What a relay keeps of the memory that answers are read into.
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { Relay } from '../../src/proxy/relay.ts';
import { StreamedAnswer } from '../../src/proxy/streamed-answer.ts';
import { listenOnLoopback } from '../support/loopback.ts';

const unexpected = (): never => {
  throw new Error('nothing fails here');
};

function makeRelay(req: IncomingMessage, res: ServerResponse): Relay {
  const exchange = { id: '1', req, res, answerFields: [], endsConnection: () => false };
  const own = { origin: 'http://127.0.0.1:9', basePath: '' };
  return new Relay(exchange, new StreamedAnswer(exchange, own), {
    ...own,
    upstream: { send: unexpected },
    credential: undefined,
    tick: () => 0,
    say: unexpected,
    reportFailure: unexpected,
  });
}

it('keeps large pieces of an answer until they are sent, and copies small ones', async () => {
  const seen = { kept: 0, givenBack: 0 };
  const keep = () => {
    seen.kept++;
    return () => void seen.givenBack++;
  };
  const server = createServer((req, res) => {
    const relay = makeRelay(req, res);
    relay.onHead(200, []);
    for (const size of [1, 100, 16_384]) relay.onData(Buffer.alloc(size), { keep });
    relay.onEnd();
  });
  onTestFinished(() => void server.close());
  const port = await listenOnLoopback(server);
  const bytes = await new Promise<number>((go, fail) => {
    get({ port, agent: false }, (answer) => {
      let length = 0;
      answer.on('data', (part) => (length += part.length)).on('end', () => go(length));
    }).on('error', fail);
  });
  expect(bytes).toBe(16_485);
  expect(seen).toEqual({ kept: 1, givenBack: 1 });
});

it('that is abandoned has nothing more to say, and whoever waits for it hears so', () => {
  const exchange = { id: '1', req: {}, res: {}, endsConnection: () => false } as never;
  let aborts = 0;
  const call = { abort: () => aborts++ } as never;
  const own = { origin: 'http://127.0.0.1:9', basePath: '' };
  const relay = new Relay(exchange, new StreamedAnswer(exchange, own), {
    ...own,
    upstream: { send: () => call },
    credential: undefined,
    tick: () => 0,
    say: unexpected,
    reportFailure: unexpected,
  });
  const heard: unknown[] = [];
  relay
    .carry({ method: 'GET', head: '', body: null, isPublish: false, caller: 'ops' })
    .listen((denial) => heard.push(denial), undefined);
  relay.abandon();
  relay.abandon();
  expect([heard, aborts > 0]).toEqual([[undefined], true]);
});
