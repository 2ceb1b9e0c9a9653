// Request bodies on their way to the broker: streamed when their length is known, collected when it is not, since a
// broker may not understand chunks and take them for a next request.
import type { IncomingMessage } from 'node:http';
import { allow, type Decision, type Denial, deny } from '../decision.ts';

/** Whoever counts what has come of a body. */
export interface BytesIn {
  bytesIn: number;
}

export const denyTooLarge = (maxBodyBytes: number): Denial =>
  deny('body_too_large', `At most ${maxBodyBytes} bytes.`);

/** A body of known length, chunk by chunk; the request is left alive when the reader stops early. */
export async function* streamBody(req: IncomingMessage, counter: BytesIn): AsyncGenerator<Buffer> {
  // Destroying the request would destroy the client's connection, and with it an early answer.
  const chunks = req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  for await (const chunk of chunks) {
    counter.bytesIn += chunk.length;
    yield chunk;
  }
}

/** A chunked body, whole. Throws what the request's stream throws when the client goes away. */
export async function collectBody(
  req: IncomingMessage,
  counter: BytesIn,
  maxBodyBytes: number,
): Promise<Decision<Buffer>> {
  const chunks: Buffer[] = [];
  for await (const chunk of streamBody(req, counter)) {
    if (counter.bytesIn > maxBodyBytes) return denyTooLarge(maxBodyBytes);
    chunks.push(chunk);
  }
  return allow(Buffer.concat(chunks));
}
