// A client's connection: which exchange is under way on it, and what makes it end.
import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import type { AnswerConnection, Exchange } from '../http/exchange.ts';
import { Line, LineMemory } from './line.ts';
import { Peers } from './peers.ts';
import { clientSubjectOf } from './tls.ts';

/** What the connections of a listener have in common. */
export interface ConnectionRules {
  /** The guard is shutting down: each connection ends with its next answer. */
  isDraining(): boolean;
  /** The refused credential that ends a connection: 3 is the third. */
  refusedPerConnection(): number;
  /** Has nothing more read in this turn of the event loop. */
  readonly skipTurn: () => void;
}

export class Connection implements AnswerConnection {
  /** The exchange under way, or the one that ended the connection. */
  underway: Exchange | undefined;
  /** It ends with the answer at hand (RFC 9112 §9.6): nothing that follows on it is a request. */
  isEnding = false;
  readonly line: Line;
  readonly peer: string | undefined;
  readonly clientCertificate: string | undefined;
  private refusedCredentials = 0;
  private readonly rules: ConnectionRules;

  constructor(line: Line, socket: Socket, peer: string | undefined, rules: ConnectionRules) {
    this.line = line;
    this.peer = peer;
    this.clientCertificate = clientSubjectOf(socket);
    this.rules = rules;
  }

  begin(exchange: Exchange): void {
    this.underway = exchange;
  }

  end(exchange: Exchange): void {
    this.line.leave(exchange.res);
    if (this.underway === exchange && !this.isEnding) this.underway = undefined;
  }

  /** Whoever tries credentials has to be accepted anew again and again: that is what slows down a flood of them. */
  noteRefusedCredential(): void {
    this.isEnding ||= ++this.refusedCredentials >= this.rules.refusedPerConnection();
  }

  endsWith(isUnclear: boolean): boolean {
    this.isEnding ||= isUnclear || this.rules.isDraining();
    return this.isEnding;
  }

  /** Nothing more is read; the answer that is due goes out first, and then the end. */
  endAfterAnswer(socket: Socket): void {
    this.isEnding = true;
    const { res } = this.underway ?? {};
    // Where the head is still to be written it says so itself, and Node ends the connection.
    if (res?.headersSent) res.once('close', () => socket.destroySoon());
  }
}

/** The connections of one listener. */
export class Connections {
  readonly peers = new Peers();
  readonly #known = new WeakMap<Socket, Connection>();
  readonly #memory: LineMemory;
  readonly #rules: ConnectionRules;

  constructor(rules: ConnectionRules) {
    this.#rules = rules;
    this.#memory = new LineMemory(rules.skipTurn);
  }

  /** Bound, since it is handed on as a bare function. */
  readonly of = (socket: Socket): Connection => {
    let connection = this.#known.get(socket);
    if (connection === undefined) {
      const peer = this.peers.addressOf(socket);
      connection = new Connection(new Line(socket, this.#memory), socket, peer, this.#rules);
      this.#known.set(socket, connection);
    }
    return connection;
  };

  /** @param endFlood told of a socket with too many requests in line */
  inTurn(handle: RequestListener, endFlood: (socket: Socket) => void): RequestListener {
    return (req, res) => {
      const { socket } = req;
      // What was read before the connection was cut is still handed over.
      if (socket.destroyed) return;
      const connection = this.of(socket);
      const before = connection.line.enter(res);
      if (before === undefined) {
        if (!connection.isEnding) handle(req, res);
        return;
      }
      const run = () => {
        if (!connection.isEnding) handle(req, res);
      };
      if (!connection.line.wait(before, req, run)) endFlood(socket);
    };
  }
}
