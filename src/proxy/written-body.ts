// A body that the guard has written in the place of the one that it has read. It is all there, and counts for its caller until
// it is sent, as that one did.
import type { BodySink } from '../upstream/exchange.ts';
import type { Body, RequestBody } from './body.ts';
import type { Collected } from './collected.ts';

export class WrittenBody implements Body {
  readonly isStreamed = false;
  readonly received: number;
  readonly length: number;
  readonly contentType: string;
  private readonly collected: Collected;

  /** @param source the body that was read, whole */
  constructor({ received, collected }: RequestBody, text: string, contentType: string) {
    const bytes = Buffer.from(text);
    collected.replace(bytes);
    this.received = received;
    this.length = bytes.length;
    this.contentType = contentType;
    this.collected = collected;
  }

  flow(sink: BodySink): void {
    sink.end(this.collected.bytes(), this.collected.free);
  }

  resume(): void {}

  stop(): void {
    this.collected.forget();
  }
}
