// Request bodies on their way to the broker: judged by the head, streamed when their length is known,
// collected when it is not, since a broker may not understand chunks and take them for a next request.
import { allow, type Decision, type Denial, deny } from '../decision.ts';
import type { Exchange } from '../http/exchange.ts';

/** What the head says of the body, before any of it is read. */
export function judgeBody(exchange: Exchange, maxBodyBytes: number): Denial | undefined {
  const { inbound, req, principal } = exchange;
  if (principal?.bodyEncode === 1) {
    return deny(
      'body_invalid',
      'This guard cannot exchange encrypted bodies (bodyEncode 1) yet. Use a token with bodyEncode 0.',
    );
  }
  if ((req.method === 'GET' || req.method === 'HEAD') && exchange.hasBody) return deny('body_not_expected');
  return (inbound.contentLength ?? 0) > maxBodyBytes ? tooLarge(maxBodyBytes) : undefined;
}

const tooLarge = (maxBodyBytes: number): Denial => deny('body_too_large', `At most ${maxBodyBytes} bytes.`);

/** A body of known length, chunk by chunk; the request is left alive when the reader stops early. */
export async function* streamBody(exchange: Exchange): AsyncGenerator<Buffer> {
  // Destroying the request would destroy the client's connection, and with it an early answer.
  const chunks = exchange.req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  for await (const chunk of chunks) {
    exchange.bytesIn += chunk.length;
    yield chunk;
  }
}

/** A chunked body, whole. Throws what the request's stream throws when the client goes away. */
export async function collectBody(exchange: Exchange, maxBodyBytes: number): Promise<Decision<Buffer>> {
  const chunks: Buffer[] = [];
  for await (const chunk of streamBody(exchange)) {
    if (exchange.bytesIn > maxBodyBytes) return tooLarge(maxBodyBytes);
    chunks.push(chunk);
  }
  return allow(Buffer.concat(chunks));
}
