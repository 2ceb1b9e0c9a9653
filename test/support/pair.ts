// A guard with a recording broker behind it, both gone when the test is over, and the requests tests send.
import { onTestFinished } from 'vitest';
import type { AuditRecord } from '../../src/observe/audit/record.ts';
import { startTestGuard, type TestGuard, until } from './guard.ts';
import { makeIssuer, mintToken } from './issuers.ts';
import { openRaw, type RawAnswer, type RawConnection, sendRaw } from './raw.ts';
import { type RecordingUpstream, type Responder, startUpstream } from './upstream.ts';

export const BROKERS = '/api/v4/brokers';
export const PUBLISH = '/api/v4/mqtt/publish';

/** The issuer `ops.pub` of every pair. */
export const OPS = makeIssuer();

/** NanoMQ takes no HEAD: a guard in front of a broker that does. */
export const ANY_METHOD = 'upstream.profile = generic';

export interface PairOptions {
  readonly respond?: Responder;
  /** Answers when only the head of a request with a body is there. */
  readonly respondEarly?: Responder;
  readonly guard?: string;
  readonly httpServer?: string;
  readonly upstreamUrl?: string;
  readonly keys?: Readonly<Record<string, string>>;
}

export class Pair {
  readonly guard: TestGuard;
  readonly upstream: RecordingUpstream;
  readonly token = mintToken(OPS);

  constructor(guard: TestGuard, upstream: RecordingUpstream) {
    this.guard = guard;
    this.upstream = upstream;
  }

  get authorization(): string {
    return `Authorization: Bearer ${this.token}`;
  }

  /** The head of a request with a good token and further lines. */
  head(method: string, target: string, lines: readonly string[] = []): string {
    return buildHead(method, target, [this.authorization, ...lines]);
  }

  /** @param from the address of this machine that it comes from */
  send(bytes: string | Buffer, from?: string): Promise<RawAnswer> {
    return sendRaw(this.guard.port, bytes, undefined, from);
  }

  /** One request with a good token, on a connection of its own. */
  ask(method = 'GET', target = BROKERS, lines: readonly string[] = [], body = ''): Promise<RawAnswer> {
    return this.send(this.head(method, target, lines) + body);
  }

  post(body: string, lines: readonly string[] = []): Promise<RawAnswer> {
    return this.ask('POST', PUBLISH, [`Content-Length: ${Buffer.byteLength(body)}`, ...lines], body);
  }

  /** A connection that is closed when the test is over. */
  async open(): Promise<RawConnection> {
    const connection = await openRaw(this.guard.port);
    onTestFinished(() => connection.destroy());
    return connection;
  }

  /** What the guard told its operator about requests that failed inside it. */
  get failures(): string[] {
    return this.guard.lines.filter((line) => line.includes('failed inside'));
  }

  /** Exactly `count` records, once they are written. */
  async records(count: number): Promise<AuditRecord[]> {
    const { records } = this.guard;
    await until(
      () => records.length >= count,
      () => `${count} audit records, not ${JSON.stringify(records)}`,
    );
    await new Promise((resolve) => setImmediate(resolve));
    if (records.length !== count) throw new Error(`${records.length} records: ${JSON.stringify(records)}`);
    return records;
  }

  async soleRecord(): Promise<AuditRecord> {
    return (await this.records(1))[0] as AuditRecord;
  }
}

export const buildHead = (method: string, target: string, lines: readonly string[] = []): string =>
  [`${method} ${target} HTTP/1.1`, 'Host: guard.example', ...lines, '', ''].join('\r\n');

/** To be called inside a test: it ends with the test. */
export async function startPair(options: PairOptions = {}): Promise<Pair> {
  const upstream = await startUpstream(options.respond, options.respondEarly);
  const guard = await startTestGuard({
    upstreamUrl: options.upstreamUrl ?? upstream.url,
    keys: options.keys ?? { 'ops.pub': OPS.publicPem },
    guard: `drain = 1s\n ${options.guard ?? ''}`,
    httpServer: options.httpServer ?? '',
  });
  onTestFinished(async () => {
    await guard.stop();
    await upstream.close();
  });
  return new Pair(guard, upstream);
}
