// A client's connection: which exchange is under way on it, how many wait for their turn, whether it ends.
import type { RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { AnswerConnection, Exchange } from '../http/exchange.ts';

/** Requests that one connection may have in line. Node would go on reading them for as long as they come. */
export const MAX_PIPELINED = 100;

export class Connection implements AnswerConnection {
  /** The exchange under way, or the one that ended the connection. */
  underway: Exchange | undefined;
  /** It ends with the answer at hand (RFC 9112 §9.6): nothing that follows on it is a request. */
  isEnding = false;
  /** The response of the latest request that was read. */
  private last: ServerResponse | undefined;
  private waiting = 0;
  private readonly isDraining: () => boolean;

  constructor(isDraining: () => boolean) {
    this.isDraining = isDraining;
  }

  begin(exchange: Exchange): void {
    this.underway = exchange;
  }

  end(exchange: Exchange): void {
    if (this.underway === exchange && !this.isEnding) this.underway = undefined;
  }

  endsWith(isUnclear: boolean): boolean {
    this.isEnding ||= isUnclear || this.isDraining();
    return this.isEnding;
  }

  /**
   * Puts a request that was read at the end of the line.
   * @returns the response that has to be over before its turn comes; undefined where it is its turn
   */
  lineUp(res: ServerResponse): ServerResponse | undefined {
    const before = this.last;
    this.last = res;
    return before === undefined || before.closed ? undefined : before;
  }

  /** Nothing more is read; the answer that is due goes out first, and then the end. */
  endAfterAnswer(socket: Socket): void {
    this.isEnding = true;
    const { res } = this.underway ?? {};
    // Where the head is still to be written it says so itself, and Node ends the connection.
    if (res?.headersSent) res.once('close', () => socket.destroySoon());
  }

  /**
   * Runs `handle` when the response before is over: a later request may depend on what an earlier one has changed
   * (RFC 9112 §9.3.2), one connection must not take every connection to the broker, and Node never closes a response
   * whose turn has not come, so that nobody would learn of the client's leaving.
   * @returns false where the line is too long
   */
  waitFor(before: ServerResponse, handle: () => void): boolean {
    if (++this.waiting > MAX_PIPELINED) return false;
    before.once('close', () => {
      this.waiting--;
      handle();
    });
    return true;
  }
}

/** The connections of one listener. */
export class Connections {
  readonly #known = new WeakMap<Socket, Connection>();
  readonly #isDraining: () => boolean;

  /** @param isDraining the guard is shutting down: each connection ends with its next answer */
  constructor(isDraining: () => boolean) {
    this.#isDraining = isDraining;
  }

  /** Bound, since it is handed on as a bare function. */
  readonly of = (socket: Socket): Connection => {
    let connection = this.#known.get(socket);
    if (connection === undefined) {
      connection = new Connection(this.#isDraining);
      this.#known.set(socket, connection);
    }
    return connection;
  };

  /** @param onFlood told of a socket with too many requests in line */
  inTurn(handle: RequestListener, onFlood: (socket: Socket) => void): RequestListener {
    return (req, res) => {
      const { socket } = req;
      // What was read before the connection was cut is still handed over.
      if (socket.destroyed) return;
      const connection = this.of(socket);
      const before = connection.lineUp(res);
      if (before === undefined) {
        if (!connection.isEnding) handle(req, res);
        return;
      }
      const run = () => {
        if (!socket.destroyed && !connection.isEnding) handle(req, res);
      };
      if (!connection.waitFor(before, run)) onFlood(socket);
    };
  }
}
