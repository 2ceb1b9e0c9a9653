// What becomes of a broker's answer on its way to the client: it streams, or it is changed. The relay knows when, a writer how.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Denial } from '../decision.ts';
import type { ChunkSource } from '../upstream/exchange.ts';

/** The exchange with the client, as far as the answer goes. */
export interface Answered {
  readonly id: string;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** Flat, name and value: what every answer carries. */
  readonly answerFields: readonly string[];
  /** To be asked once, when the head of the answer is written. */
  endsConnection(): boolean;
}

/** A denial is what the client is told in the place of the answer: nothing of that has been written then, nor will be. */
export interface AnswerWriter {
  /** Body bytes sent to the client. */
  readonly bytesOut: number;
  /** The broker's body, or its beginning. */
  readonly beginning: string;
  /** `fields`: flat, name and value as received. */
  begin(status: number, fields: readonly string[]): Denial | undefined;
  /**
   * The chunk's memory is read into again, unless it is kept.
   * @returns false to be spared more until the client has taken what was written
   */
  take(chunk: Buffer, source: ChunkSource): boolean | Denial;
  end(): Denial | undefined;
  /** Nothing more comes: the answer broke off, or its client has left. */
  stop(): void;
}
