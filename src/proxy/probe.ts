// Asks the broker whether it answers, the way a forwarded request would: same connections, same credentials. Stands back
// for every caller.
import { classifyFailure, type UpstreamReason } from '../upstream/failures.ts';
import type { UpstreamPool } from '../upstream/pool.ts';
import { buildOwnHead, type OutboundOptions } from './outbound.ts';

/** Undefined when the broker answers and accepts the guard's credentials; else why not. */
export function probeBroker(
  upstream: UpstreamPool,
  target: string,
  options: OutboundOptions & { readonly reportFailure: (error: Error) => void },
): Promise<UpstreamReason | undefined> {
  return new Promise((resolve) => {
    let status = 0;
    upstream.probe(
      { method: 'GET', head: buildOwnHead(target, options), body: null, isPublish: false, caller: '' },
      {
        onHead: (received) => {
          status = received;
        },
        onData: () => true,
        onEnd: () => resolve(status === 401 || status >= 500 ? 'upstream_broken' : undefined),
        onFailure: (error) => {
          const reason = classifyFailure(error);
          // That callers keep the broker busy is no news.
          if (reason !== 'upstream_busy') options.reportFailure(error);
          resolve(reason);
        },
      },
    );
  });
}
