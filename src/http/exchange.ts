// What a connection and an exchange on it (one request with its answer) have to know of each other. The connection
// itself is the listener's; whoever answers sees this much of it.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Denial } from '../decision.ts';

/** A request under way, as the connection it came on sees it. */
export interface Exchange {
  readonly id: string;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** Flat, name and value: what every answer to it carries, a refusal too. */
  readonly answerFields: readonly string[];
  /**
   * Takes down why the connection ends under it.
   * @param bytesOut of the body that was written on the bare socket; undefined where nothing was
   */
  noteBroken(denial: Denial, bytesOut: number | undefined): void;
}

/** A client's connection, as whoever answers on it sees it. */
export interface AnswerConnection {
  /** Address of whoever has connected, or whom a trusted proxy has named at its beginning; undefined where there is none. */
  readonly peer: string | undefined;
  /** The subject of the client's certificate, where it has shown one that counts. */
  readonly clientCertificate: string | undefined;
  begin(exchange: Exchange): void;
  end(exchange: Exchange): void;
  /** A credential was refused; to be told before the head of the answer is written. */
  noteRefusedCredential(): void;
  /**
   * To be asked once for each answer, when its head is written: whether it has to say that the connection ends.
   * @param isUnclear where the request ends cannot be told, or is not waited for
   */
  endsWith(isUnclear: boolean): boolean;
}
