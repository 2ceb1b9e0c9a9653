// A client that sends exactly the bytes it is told to: an HTTP library would repair some of them.
import { connect, type Socket } from 'node:net';
import { type AnswerOptions, type ParsedAnswer, parseAnswer, type RawAnswer } from './raw-answer.ts';
import { DEADLINE_MS } from './wait-for.ts';

export type { RawAnswer } from './raw-answer.ts';

/** One connection, held open: answers are taken off it one after the other. */
export class RawConnection {
  readonly socket: Socket;
  /** Every byte that came back. */
  received: Buffer = Buffer.alloc(0);
  /** The other side has ended or broken the connection. */
  ended = false;
  private taken = 0;
  private notify = () => {};

  constructor(socket: Socket) {
    this.socket = socket;
    const end = () => {
      this.ended = true;
      this.notify();
    };
    socket.on('data', (chunk) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.notify();
    });
    socket.on('end', end).on('close', end).on('error', end);
  }

  write(bytes: string | Buffer): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /** The next final answer; rejects when the connection ends before the answer is whole. */
  async next(options: AnswerOptions = {}, deadlineMs = DEADLINE_MS): Promise<RawAnswer> {
    let parsed: ParsedAnswer | undefined;
    await this.wait(() => {
      parsed = parseAnswer(this.received.subarray(this.taken), this.ended, options);
      return parsed !== undefined || this.ended;
    }, deadlineMs);
    if (parsed === undefined) throw new Error(`the connection ended early: ${this.received}`);
    this.taken += parsed.size;
    return parsed.answer;
  }

  /** Resolves once the other side has ended the connection. */
  closed(deadlineMs = DEADLINE_MS): Promise<void> {
    return this.wait(() => this.ended, deadlineMs);
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** Resolves when `isDone`, asked at every event of the connection. */
  wait(isDone: () => boolean, deadlineMs = DEADLINE_MS): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`not within ${deadlineMs} ms: ${this.received.subarray(this.taken)}`)),
        deadlineMs,
      );
      this.notify = () => {
        if (!isDone()) return;
        clearTimeout(timer);
        this.notify = () => {};
        resolve();
      };
      this.notify();
    });
  }
}

/** @param from the address of this machine that it comes from */
export async function openRaw(port: number, from?: string): Promise<RawConnection> {
  return new RawConnection(await openSocket(port, from));
}

/** Sends `bytes` on a connection of its own and reads what comes back until the answer is whole or the end. */
export async function sendRaw(
  port: number,
  bytes: string | Buffer,
  deadlineMs = DEADLINE_MS,
  from?: string,
): Promise<RawAnswer> {
  const connection = await openRaw(port, from);
  connection.write(bytes);
  try {
    return await connection.next({ isHead: bytes.toString('latin1').startsWith('HEAD ') }, deadlineMs);
  } finally {
    connection.destroy();
  }
}

export function openSocket(port: number, from = '127.0.0.1'): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: from }, () => resolve(socket));
    socket.once('error', reject);
  });
}
