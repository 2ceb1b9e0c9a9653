// A broker's answer as it arrives: head, chunks, end.
import { CONNECTION } from '../http/hop-by-hop.ts';
import { endAtEndOfTurn } from '../http/turn.ts';
import type { ChunkSource } from '../upstream/exchange.ts';
import { LOOKED_AT_BYTES } from './answer-code.ts';
import { buildAnswerHead, type OwnAddress } from './answer-fields.ts';
import type { Answered, AnswerWriter } from './answer-writer.ts';

const SMALL_BODY_BYTES = 16 * 1024;
/** Less is copied: what is kept keeps 64 KiB, and a broker may send its answer byte by byte. */
const LEAST_KEPT_BYTES = 4 * 1024;

export class StreamedAnswer implements AnswerWriter {
  bytesOut = 0;
  private contentLength: number | undefined;
  /** A small body that came in one piece, kept for its end: head and body then leave in one write. */
  private whole: string | undefined;
  /** The beginning of any other. */
  private start = '';
  private readonly exchange: Answered;
  private readonly own: OwnAddress;

  constructor(exchange: Answered, own: OwnAddress) {
    this.exchange = exchange;
    this.own = own;
  }

  get beginning(): string {
    return this.whole ?? this.start;
  }

  begin(status: number, rawFields: readonly string[]): undefined {
    const { exchange } = this;
    const head = buildAnswerHead(status, rawFields, exchange.id, this.own);
    head.fields.push(...exchange.answerFields);
    if (exchange.endsConnection()) head.fields.push(CONNECTION, 'close');
    this.contentLength = head.contentLength;
    exchange.res.writeHead(status, head.fields);
  }

  take(chunk: Buffer, source: ChunkSource): boolean {
    const { res } = this.exchange;
    this.bytesOut += chunk.length;
    if (chunk.length === this.contentLength && chunk.length <= SMALL_BODY_BYTES) {
      // latin1 keeps every byte.
      this.whole = chunk.toString('latin1');
      return true;
    }
    if (this.start.length < LOOKED_AT_BYTES) this.start += chunk.toString('latin1', 0, LOOKED_AT_BYTES);
    const isSmall = chunk.length < LEAST_KEPT_BYTES;
    return isSmall ? res.write(Buffer.from(chunk)) : res.write(chunk, source.keep());
  }

  end(): undefined {
    const { res } = this.exchange;
    const { whole } = this;
    if (whole === undefined) res.end();
    else endAtEndOfTurn(res, whole, 'latin1');
  }

  stop(): void {}
}
