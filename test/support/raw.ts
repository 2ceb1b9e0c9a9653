// A client that sends exactly the bytes it is told to: an HTTP library would repair some of them.
import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  /** Lower-case names; repeated fields joined with `, `. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Sends `bytes` on a connection of its own and reads what comes back until the answer is whole or the end. */
export async function sendRaw(port: number, bytes: string | Buffer, deadlineMs = 10_000): Promise<RawAnswer> {
  const socket = await openSocket(port);
  socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  try {
    return await readAnswer(socket, deadlineMs);
  } finally {
    socket.destroy();
  }
}

export function openSocket(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => resolve(socket));
    socket.once('error', reject);
  });
}

/** The next final answer on the socket; interim ones (1xx) are passed over. */
export async function readAnswer(socket: Socket, deadlineMs = 10_000): Promise<RawAnswer> {
  let received = Buffer.alloc(0);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => finish(new Error(`no whole answer within ${deadlineMs} ms: ${received}`)),
      deadlineMs,
    );
    const finish = (result: RawAnswer | Error) => {
      clearTimeout(timer);
      socket.off('data', take).off('end', end).off('close', end).off('error', fail);
      if (result instanceof Error) reject(result);
      else resolve(result);
    };
    const take = (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const answer = parseAnswer(received, false);
      if (answer !== undefined) finish(answer);
    };
    const end = () =>
      finish(parseAnswer(received, true) ?? new Error(`the connection ended early: ${received}`));
    const fail = (error: Error) => finish(parseAnswer(received, true) ?? error);
    socket.on('data', take).on('end', end).on('close', end).on('error', fail);
  });
}

function parseAnswer(received: Buffer, ended: boolean): RawAnswer | undefined {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd === -1) return undefined;
  const [statusLine, ...lines] = received.subarray(0, headEnd).toString('latin1').split('\r\n');
  const status = Number(statusLine?.split(' ')[1]);
  const rest = received.subarray(headEnd + 4);
  if (status < 200) return parseAnswer(rest, ended);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const name = line.slice(0, line.indexOf(':')).toLowerCase();
    const value = line.slice(line.indexOf(':') + 1).trim();
    headers.set(name, headers.has(name) ? `${headers.get(name)}, ${value}` : value);
  }
  const length = Number(headers.get('content-length') ?? (status === 204 || status === 304 ? 0 : Number.NaN));
  if (Number.isNaN(length) ? !ended : rest.length < length) return undefined;
  return {
    status,
    headers,
    body: rest.subarray(0, Number.isNaN(length) ? undefined : length).toString('latin1'),
  };
}
