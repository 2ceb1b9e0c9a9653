// Requests that never become a message: the parser gave up, or the method asks for a tunnel. They are
// answered on the bare socket, in the same words as every other refusal.
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Denial, deny } from '../decision.ts';
import { formatRefusal, type RefusalOptions } from '../http/refusal.ts';

/** Node's parser and timeout codes, as reasons. Undefined where the client just went away. */
export function explainParserError(error: NodeJS.ErrnoException): Denial | undefined {
  switch (error.code) {
    case 'ECONNRESET':
    case 'EPIPE':
    case 'HPE_INVALID_EOF_STATE':
      return undefined;
    case 'HPE_HEADER_OVERFLOW':
      return deny('head_too_large');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return deny('request_timeout');
    default:
      return deny('request_malformed');
  }
}

/**
 * Answers on a socket that has no response object, and ends the connection.
 * @returns bytes of the body; undefined where nobody can read one any more
 */
export function refuseOnSocket(
  socket: Duplex,
  denial: Denial,
  options: Omit<RefusalOptions, 'close'>,
): number | undefined {
  if (!socket.writable) {
    socket.destroy();
    return undefined;
  }
  const { status, headers, body } = formatRefusal(denial, { ...options, close: true });
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`, () =>
    socket.destroy(),
  );
  return Buffer.byteLength(body);
}
