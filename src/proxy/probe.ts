// Asks the broker whether it answers, the way a forwarded request would: same connections, same credentials.
import { AUTHORIZATION } from '../http/credential.ts';
import type { OutboundOptions } from './outbound.ts';
import { classifyFailure, type Upstream, type UpstreamReason } from './upstream.ts';

/** Undefined when the broker answers and accepts the guard's credentials; else why not. */
export function probeBroker(
  upstream: Upstream,
  target: string,
  options: OutboundOptions,
): Promise<UpstreamReason | undefined> {
  const credential = options.credential === undefined ? [] : [AUTHORIZATION, options.credential];
  const fields = ['host', options.host, ...credential, 'via', '1.1 broker-guard'];
  return new Promise((resolve) => {
    let status = 0;
    upstream.send(
      { method: 'GET', target, fields, body: null },
      {
        onHead: (received) => {
          status = received;
        },
        onData: () => true,
        onEnd: () => {
          resolve(status === 401 || status >= 500 ? 'upstream_broken' : undefined);
          return status < 400;
        },
        onFailure: (error) => resolve(classifyFailure(error)),
      },
    );
  });
}
