// RFC 9112 §2, §5, §6: a broker's answer read from the bytes of a connection, strictly. What two readers
// could frame in two ways is an error here, since a wrong frame would hand one caller another one's answer.

import { CONNECTION, nominatedFields, trimBlanks } from '../http/hop-by-hop.ts';
import type { AnswerHandler, ChunkSource } from './exchange.ts';
import { AnswerError } from './failures.ts';

const MAX_HEAD_BYTES = 16 * 1024;
/** Interim answers (RFC 9110 §15.2) before the real one; more is somebody playing. */
const MAX_INTERIM = 8;
const MAX_CHUNK_LINE_BYTES = 1024;
/** A status line and field lines: no folding, no blank before a colon, no control character (RFC 9112 §5). */
const HEAD =
  /^HTTP\/1\.([01]) ([1-5]\d\d)(?: [\t -~\x80-\xff]*)?(?:\r\n[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t -~\x80-\xff]*)*$/;
const FIELD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t -~\x80-\xff]*$/;
const LENGTH = /^\d{1,15}$/;
const CHUNK_SIZE = /^([0-9A-Fa-f]{1,12})(?:[\t ]*;[\t -~\x80-\xff]*)?$/;
const END_OF_HEAD = Buffer.from('\r\n\r\n');
const END_OF_LINE = Buffer.from('\r\n');
const EMPTY = Buffer.alloc(0);

type Phase =
  | 'head'
  | 'sized'
  | 'chunk-size'
  | 'chunk-data'
  | 'chunk-end'
  | 'trailers'
  | 'until-close'
  | 'done';

/** The connection, as far as the reading of an answer goes. */
export interface AnswerSource extends ChunkSource {
  /** The handler wants no more data for now. */
  pause(): void;
}

/** Reads exactly one final answer. */
export class AnswerParser {
  /** The whole answer has been read. */
  get isDone(): boolean {
    return this.phase === 'done';
  }
  /** Of the final answer; 0 until its head has been read. */
  status = 0;
  /** The connection can carry another exchange, as far as this answer goes. */
  keepsAlive = false;
  private phase: Phase = 'head';
  private pending: Buffer = EMPTY;
  private remaining = 0;
  private interim = 0;
  private trailerBytes = 0;
  private readonly isHead: boolean;
  private readonly handler: Pick<AnswerHandler, 'onHead' | 'onData'>;
  private readonly source: AnswerSource;

  constructor(method: string, handler: Pick<AnswerHandler, 'onHead' | 'onData'>, source: AnswerSource) {
    this.isHead = method === 'HEAD';
    this.handler = handler;
    this.source = source;
  }

  /**
   * Takes the next bytes. Bytes beyond the answer's end are left over: the count is returned, and the
   * connection must not be used again where it is not 0.
   * @throws AnswerError where the bytes are no answer
   */
  take(bytes: Buffer): number {
    let rest = this.pending.length === 0 ? bytes : Buffer.concat([this.pending, bytes]);
    this.pending = EMPTY;
    while (rest.length > 0 && this.phase !== 'done') {
      const used = this.step(rest);
      if (used === 0) {
        // A copy: the memory is read into again.
        this.pending = Buffer.from(rest);
        return 0;
      }
      rest = rest.subarray(used);
    }
    return rest.length;
  }

  /** The connection has ended. @returns what is wrong where the answer has not */
  end(): AnswerError | undefined {
    if (this.phase === 'until-close') this.phase = 'done';
    return this.phase === 'done' ? undefined : new AnswerError('the answer ends early');
  }

  /** Reads one part; 0 when it is not whole yet. */
  private step(bytes: Buffer): number {
    switch (this.phase) {
      case 'head':
        return this.takeHead(bytes);
      case 'chunk-size':
        return this.takeLine(bytes, (line) => this.takeChunkSize(line));
      case 'chunk-end':
        return this.takeLine(bytes, (line) => this.expectEmpty(line));
      case 'trailers':
        return this.takeLine(bytes, (line) => this.takeTrailer(line));
      default:
        return this.takeBody(bytes);
    }
  }

  private takeHead(bytes: Buffer): number {
    const end = bytes.indexOf(END_OF_HEAD);
    if (end === -1 ? bytes.length > MAX_HEAD_BYTES : end > MAX_HEAD_BYTES)
      throw new AnswerError('the head is too large');
    if (end === -1) return 0;
    const head = bytes.toString('latin1', 0, end);
    const match = HEAD.exec(head);
    if (match === null) throw new AnswerError('the head is malformed');
    const status = Number(match[2]);
    const fields = readFields(head);
    if (status === 101) throw new AnswerError('it switches protocols');
    if (status < 200) {
      if (++this.interim > MAX_INTERIM) throw new AnswerError('there are too many interim answers');
    } else this.frame(status, match[1] === '1', fields);
    return end + END_OF_HEAD.length;
  }

  /** RFC 9112 §6.3: how long the body is; two statements about it are one too many. */
  private frame(status: number, isCurrent: boolean, fields: readonly string[]): void {
    const framing = readFraming(fields);
    this.status = status;
    // After 400 and after the HTML pages of a broker's HTTP layer the request may still lie unread on the connection,
    // where it would be taken for the next caller's.
    this.keepsAlive = isCurrent && !framing.closes && status !== 400 && !framing.isHtml;
    if (this.isHead || status === 204 || status === 304) {
      this.phase = 'done';
      // A broker that sends a body all the same cannot be found out: it would be the next caller's answer.
      const isSilent = status === 204 && framing.length === undefined && !framing.chunked;
      this.keepsAlive &&= isSilent && !this.isHead;
    } else if (framing.chunked) this.phase = 'chunk-size';
    else if (framing.length === undefined) {
      this.phase = 'until-close';
      this.keepsAlive = false;
    } else {
      this.remaining = framing.length;
      this.phase = framing.length === 0 ? 'done' : 'sized';
    }
    this.handler.onHead(status, fields);
  }

  private takeBody(bytes: Buffer): number {
    const isEndless = this.phase === 'until-close';
    const part = isEndless || bytes.length <= this.remaining ? bytes : bytes.subarray(0, this.remaining);
    if (!isEndless) {
      this.remaining -= part.length;
      if (this.remaining === 0) this.phase = this.phase === 'sized' ? 'done' : 'chunk-end';
    }
    if (!this.handler.onData(part, this.source)) this.source.pause();
    return part.length;
  }

  private takeLine(bytes: Buffer, read: (line: string) => void): number {
    const end = bytes.indexOf(END_OF_LINE);
    if (end === -1 ? bytes.length > MAX_CHUNK_LINE_BYTES : end > MAX_CHUNK_LINE_BYTES) {
      throw new AnswerError('a line between chunks is too long');
    }
    if (end === -1) return 0;
    read(bytes.toString('latin1', 0, end));
    return end + END_OF_LINE.length;
  }

  private takeChunkSize(line: string): void {
    const size = CHUNK_SIZE.exec(line)?.[1];
    if (size === undefined) throw new AnswerError('a chunk has no size');
    this.remaining = Number.parseInt(size, 16);
    this.phase = this.remaining === 0 ? 'trailers' : 'chunk-data';
  }

  private expectEmpty(line: string): void {
    if (line !== '') throw new AnswerError('a chunk is longer than its size');
    this.phase = 'chunk-size';
  }

  /** Trailers are read and dropped: nothing forwarded depends on them. */
  private takeTrailer(line: string): void {
    if (line === '') this.phase = 'done';
    else if (!FIELD.test(line)) throw new AnswerError('a trailer is malformed');
    this.trailerBytes += line.length + END_OF_LINE.length;
    if (this.trailerBytes > MAX_HEAD_BYTES) throw new AnswerError('the trailers are too large');
  }
}

/** Names and values of a head that is well-formed. */
function readFields(head: string): string[] {
  const fields: string[] = [];
  const lines = head.split('\r\n');
  for (let at = 1; at < lines.length; at++) {
    const line = lines[at] as string;
    const colon = line.indexOf(':');
    fields.push(line.slice(0, colon), trimBlanks(line.slice(colon + 1)));
  }
  return fields;
}

function readFraming(fields: readonly string[]) {
  let length: number | undefined;
  let chunked = false;
  let closes = false;
  let isHtml = false;
  for (let at = 0; at < fields.length; at += 2) {
    const value = fields[at + 1] as string;
    switch ((fields[at] as string).toLowerCase()) {
      case 'content-length':
        if (length !== undefined || !LENGTH.test(value))
          throw new AnswerError('the length is not one number');
        length = Number(value);
        break;
      case 'transfer-encoding':
        if (chunked || value.toLowerCase() !== 'chunked')
          throw new AnswerError('the transfer coding is unknown');
        chunked = true;
        break;
      case CONNECTION:
        closes ||= nominatedFields(value).includes('close');
        break;
      case 'content-type':
        isHtml ||= value.toLowerCase().startsWith('text/html');
        break;
    }
  }
  if (chunked && length !== undefined) throw new AnswerError('the length is said twice');
  return { length, chunked, closes, isHtml };
}
