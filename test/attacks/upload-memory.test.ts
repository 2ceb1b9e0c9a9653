// Attack: a broker that is slow to take an upload, so that its end is overwritten with another caller's upload.
// Rule: a part of a body is given back once the broker's connection has taken it, and not before.
import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { listenOnLoopback } from '../support/loopback.ts';
import { PUBLISH, startPair } from '../support/pair.ts';

/** More than the buffers between two processes hold. */
const BODY_BYTES = 16 * 1024 * 1024;
const CALLERS = 4;

const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** A broker that reads no body before all callers have sent their heads, and answers each with its body's digest. */
async function startSlowBroker(): Promise<string> {
  const begun: [IncomingMessage, ServerResponse][] = [];
  const broker = createServer((req, res) => {
    begun.push([req, res]);
    if (begun.length < CALLERS) return;
    for (const [body, answer] of begun) {
      const hash = createHash('sha256');
      body.on('data', (part) => hash.update(part)).on('end', () => answer.end(hash.digest('hex')));
    }
  });
  const port = await listenOnLoopback(broker);
  onTestFinished(() => void broker.close());
  return `http://127.0.0.1:${port}`;
}

it('uploads side by side arrive bit by bit the same at a slow broker', async () => {
  const pair = await startPair({ upstreamUrl: await startSlowBroker(), httpServer: 'max_body = 16MB' });
  const bodies = Array.from({ length: CALLERS }, () => randomBytes(BODY_BYTES));
  const answers = bodies.map(async (body) => {
    const connection = await pair.open();
    connection.write(pair.head('POST', PUBLISH, [`Content-Length: ${body.length}`]));
    connection.write(body);
    return (await connection.next()).body;
  });
  expect(await Promise.all(answers)).toEqual(bodies.map(digest));
});
