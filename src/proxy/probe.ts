// Asks the broker whether it answers, the way a forwarded request would: same connections, same credentials.
import { buildOwnHead, type OutboundOptions } from './outbound.ts';
import { classifyFailure, type Upstream, type UpstreamReason } from './upstream.ts';

/** Undefined when the broker answers and accepts the guard's credentials; else why not. */
export function probeBroker(
  upstream: Upstream,
  target: string,
  options: OutboundOptions & { readonly reportFailure: (error: Error) => void },
): Promise<UpstreamReason | undefined> {
  return new Promise((resolve) => {
    let status = 0;
    upstream.send(
      { method: 'GET', head: buildOwnHead(target, options), body: null },
      {
        onHead: (received) => {
          status = received;
        },
        onData: () => true,
        onEnd: () => {
          resolve(status === 401 || status >= 500 ? 'upstream_broken' : undefined);
          return status < 400;
        },
        onFailure: (error) => {
          options.reportFailure(error);
          resolve(classifyFailure(error));
        },
      },
    );
  });
}
