// Attack: a client that is slow to take its answer, so that its end is overwritten with another caller's answer.
// Rule: memory is not read into while a client has yet to take what was read into it before.
import { createHash } from 'node:crypto';
import { get } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { UpstreamPool } from '../../src/upstream/pool.ts';
import { until } from '../support/guard.ts';
import { mintToken } from '../support/issuers.ts';
import { BROKERS, OPS } from '../support/pair.ts';
import { announcedPorts, startProgram } from '../support/program.ts';
import { startTlsUpstream } from '../support/tls-upstream.ts';
import { okAnswer, startUpstream } from '../support/upstream.ts';
import { makeWorkspace } from '../support/workspace.ts';

const OPTIONS = {
  socketPath: undefined,
  maxConnections: 1,
  maxPublishes: undefined,
  maxPerCaller: undefined,
  connectTimeoutMs: 5000,
  headersTimeoutMs: 5000,
  bodyTimeoutMs: 5000,
};

/** One connection to a broker that answers every call with its own target. */
async function startConnection() {
  const broker = await startUpstream(({ requestLine }) => okAnswer(requestLine.split(' ')[1]));
  const upstream = new UpstreamPool({ ...OPTIONS, origin: broker.url }, () => performance.now());
  onTestFinished(async () => {
    upstream.close(true);
    await broker.close();
  });
  /** The answer's body as the memory it was read into, and the function that gives it back. */
  const ask = async (target: string) => {
    const answer = { chunk: Buffer.alloc(0), giveBack: () => {}, isOver: false };
    const request = {
      method: 'GET',
      head: `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`,
      body: null,
      isPublish: false,
      caller: 'ops',
    };
    upstream.send(request, {
      onHead: () => undefined,
      onData: (chunk, source) => {
        Object.assign(answer, { chunk, giveBack: source.keep() });
        return true;
      },
      onEnd: () => {
        answer.isOver = true;
      },
      onFailure: (error) => {
        throw error;
      },
    });
    await until(() => answer.isOver, 'an answer');
    return answer;
  };
  return { broker, ask };
}

describe('an answer that its client has not taken yet', () => {
  it('stays as it is while the connection carries further answers', async () => {
    const { broker, ask } = await startConnection();
    const answers = [await ask('/1'), await ask('/2'), await ask('/3')];
    expect(answers.map(({ chunk }) => chunk.toString())).toEqual(['/1', '/2', '/3']);
    expect(broker.connections().accepted).toBe(1);
  });

  it('leaves its memory to later answers once it is taken', async () => {
    const { ask } = await startConnection();
    const pieces = new Set<ArrayBufferLike>();
    for (let call = 0; call < 10; call++) {
      const { chunk, giveBack } = await ask(`/${call}`);
      pieces.add(chunk.buffer);
      giveBack();
    }
    expect(pieces.size).toBe(2);
  });
});

const MIB = 1024 * 1024;

/** Numbers from 0 on: no two places hold the same bytes. */
function makeBody(bytes: number): string {
  const numbers = Uint32Array.from({ length: bytes / 4 }, (_, index) => index);
  return Buffer.from(numbers.buffer).toString('latin1');
}

const digest = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('an answer over TLS, of which one read yields several records', () => {
  it('comes whole to a client that is slower than the broker', async () => {
    const body = makeBody(32 * MIB);
    const head = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`;
    const broker = await startTlsUpstream(['localhost'], Buffer.from(head + body, 'latin1'));
    const cwd = makeWorkspace({
      'keys/ops.pub': OPS.publicPem,
      'nanomq.conf':
        'guard { listen = "127.0.0.1:0", service.listen = "127.0.0.1:0", ' +
        `upstream.url = "https://localhost:${broker.port}" }\n`,
    });
    const env = { NODE_EXTRA_CA_CERTS: broker.certificateFile };
    const guard = startProgram(['serve', '--config', join(cwd, 'nanomq.conf')], { cwd, env });
    onTestFinished(async () => void (await guard.stop()));
    const { front } = await announcedPorts(guard);
    const received = createHash('sha256');
    const headers = { authorization: `Bearer ${mintToken(OPS)}` };
    await new Promise<void>((resolve, reject) => {
      get({ port: front, path: BROKERS, headers, agent: false }, (answer) => {
        answer
          .on('data', (chunk) => received.update(chunk))
          .on('end', resolve)
          .on('error', reject);
      }).on('error', reject);
    });
    expect(received.digest('hex')).toBe(digest(Buffer.from(body, 'latin1')));
  });
});
