// The memory of a request's body, given back as soon as it is sent. V8 collects such memory only once some 32 MB have
// come together, and that costs more than giving back each part.
import { MessageChannel } from 'node:worker_threads';

/** Less is not worth the while. */
const LEAST_BYTES = 16 * 1024;

/** A closed port: what is transferred to it is gone (HTML, "message port post message steps"). */
const { port1: nowhere } = new MessageChannel();
nowhere.close();

/** Frees what a large `part` occupies, where it shares that with nobody. Nothing can be read of it afterwards. */
export function free(part: Buffer): void {
  if (part.length < LEAST_BYTES || part.length !== part.buffer.byteLength) return;
  nowhere.postMessage(null, [part.buffer as ArrayBuffer]);
}
