// Requests that came on a connection before the one ahead of them was answered (pipelining, RFC 9112 §9.3.2): they are
// dealt with one after the other, and what they hold in memory is bounded. Knows no answer.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { writeAnswers } from '../http/turn.ts';

/** Requests that one connection may have in line. Node would go on reading them for as long as they come. */
const MAX_REQUESTS = 100;
/** What the requests in line hold at most, of all connections together. */
const MAX_BYTES = 32 * 1024 * 1024;
/** What one turn of the event loop may add to it: as long as a turn lasts nothing of it is freed. */
const MAX_TURN_BYTES = 2 * 1024 * 1024;

/** What the lines of all connections hold. */
export class LineMemory {
  private bytes = 0;
  private turnBytes = 0;
  private readonly skipTurn: () => void;

  /** @param skipTurn has nothing more read in this turn */
  constructor(skipTurn: () => void) {
    this.skipTurn = skipTurn;
  }

  get isFull(): boolean {
    return this.bytes > MAX_BYTES;
  }

  add(bytes: number): void {
    this.bytes += bytes;
    if (this.turnBytes === 0) setImmediate(() => this.beginTurn());
    this.turnBytes += bytes;
    if (this.turnBytes > MAX_TURN_BYTES) this.skipTurn();
  }

  release(bytes: number): void {
    this.bytes -= bytes;
  }

  private beginTurn(): void {
    this.turnBytes = 0;
  }
}

export class Line {
  /** The response of the latest request that was read. */
  private last: ServerResponse | undefined;
  private waiting = 0;
  private bytes = 0;
  private readonly socket: Socket;
  private readonly memory: LineMemory;

  constructor(socket: Socket, memory: LineMemory) {
    this.socket = socket;
    this.memory = memory;
    // Node never closes the responses whose turn has not come.
    socket.once('close', () => this.release(this.bytes));
  }

  /**
   * Puts a request that was read at the end of the line.
   * @returns the response that has to be over before its turn comes; undefined where it is its turn
   */
  enter(res: ServerResponse): ServerResponse | undefined {
    const before = this.last;
    this.last = res;
    return before === undefined || before.closed ? undefined : before;
  }

  /**
   * Runs `handle` when the response before is over: a later request may depend on what an earlier one has changed
   * (RFC 9112 §9.3.2), one connection must not take every connection to the broker, and Node never closes a response
   * whose turn has not come, so that nobody would learn of the client's leaving.
   * @returns false where too many wait
   */
  wait(before: ServerResponse, req: IncomingMessage, handle: () => void): boolean {
    const bytes = sizeOf(req);
    this.waiting++;
    this.bytes += bytes;
    this.memory.add(bytes);
    if (this.waiting > MAX_REQUESTS || this.memory.isFull) return false;
    // The answer before may be waiting for the end of the turn only, and all these requests with it.
    writeAnswers();
    before.once('close', () => {
      // What is left of the line has been released as a whole.
      if (this.socket.destroyed) return;
      this.waiting--;
      this.release(bytes);
      handle();
      if (this.waiting > 0) writeAnswers();
    });
    return true;
  }

  /** A request whose answer is out holds nothing any more. */
  leave(res: ServerResponse): void {
    if (this.last === res) this.last = undefined;
  }

  private release(bytes: number): void {
    this.bytes -= bytes;
    this.memory.release(bytes);
  }
}

/** About what a request in line holds: its objects, and a string for each name and each value of its head. */
const sizeOf = ({ url = '', rawHeaders }: IncomingMessage): number =>
  rawHeaders.reduce((bytes, text) => bytes + STRING_BYTES + text.length, REQUEST_BYTES + url.length);

const REQUEST_BYTES = 3000;
const STRING_BYTES = 24;
