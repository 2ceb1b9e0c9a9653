// The broker as the settings describe it: how it is addressed, what it is shown as a credential, the connections to it.
import { isDeepStrictEqual } from 'node:util';
import type { UpstreamSettings } from '../config/settings.ts';
import { basicCredential } from '../http/credential.ts';
import { createFailureReport } from './failure-report.ts';
import type { OutboundOptions } from './outbound.ts';
import { probeBroker } from './probe.ts';
import type { RelayOptions } from './relay.ts';
import { createUpstream, type Upstream, type UpstreamReason } from './upstream.ts';

export interface Broker extends OutboundOptions, RelayOptions {
  readonly settings: UpstreamSettings;
  readonly upstream: Upstream;
  readonly maxBodyBytes: number;
  /** Asks for an answer to `target`: undefined when there is one, else the reason why not. */
  probe(target: string): Promise<UpstreamReason | undefined>;
  /**
   * Ends the connections: when their calls are over, or at once with `force`. Those that a successor goes on using
   * stay.
   */
  close(force: boolean, successor?: Broker): void;
}

/**
 * @param tick monotonic milliseconds
 * @param report takes one line for the operator
 * @param predecessor whose connections are taken over where the settings leave them as they are: otherwise a reload
 *   would for a while open twice as many as the broker allows
 */
export function openBroker(
  settings: UpstreamSettings,
  tick: () => number,
  report: (line: string) => void,
  predecessor?: Broker,
): Broker {
  const { origin, credentials, maxBodyBytes } = settings;
  const isSame = predecessor !== undefined && isDeepStrictEqual(predecessor.settings, settings);
  const upstream = isSame ? predecessor.upstream : createUpstream(settings, tick);
  const credential = credentials && basicCredential(credentials.username, credentials.password);
  const reportFailure = createFailureReport(report, tick);
  const outbound = { host: new URL(origin).host, credential };
  return {
    ...outbound,
    settings,
    upstream,
    maxBodyBytes,
    tick,
    report,
    reportFailure,
    probe: (target) => probeBroker(upstream, target, { ...outbound, reportFailure }),
    close(force, successor) {
      if (successor?.upstream !== upstream) upstream.close(force);
    },
  };
}
