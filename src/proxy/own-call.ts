// A call to the broker's management API for the guard's own sake, with the guard's credentials: its status and its answer, or
// why there is none. Bounded in size; in time by the pool.
import { AnswerError, classifyFailure, type UpstreamReason } from '../upstream/failures.ts';
import type { Broker } from './broker.ts';
import { buildOwnHead } from './outbound.ts';

export type OwnAnswer =
  | { readonly status: number; readonly body: string }
  | { readonly failed: UpstreamReason };

const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

/** @param target path and query, as they are to be sent */
export function callBroker(broker: Broker, method: string, target: string): Promise<OwnAnswer> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let [status, length] = [0, 0];
    const fail = (error: Error): void => {
      broker.reportFailure(error);
      resolve({ failed: classifyFailure(error) });
    };
    const exchange = broker.upstream.send(
      { method, head: buildOwnHead(target, broker, method), body: null, isPublish: false, caller: '' },
      {
        onHead: (received) => {
          status = received;
        },
        onData(chunk) {
          length += chunk.length;
          if (length > MAX_ANSWER_BYTES) {
            exchange.abort();
            fail(new AnswerError('the answer is too large'));
            return false;
          }
          // Its memory is read into again.
          parts.push(Buffer.from(chunk));
          return true;
        },
        onEnd: () => resolve({ status, body: Buffer.concat(parts).toString('utf8') }),
        onFailure: fail,
      },
    );
  });
}
