// Whether requests should be sent to this guard: a usable key, and a broker that answers, however busy it is.

export interface Readiness {
  readonly ready: boolean;
  readonly usable_issuers: number;
  /** `ok`; `busy` where the guard uses every connection it may; or a reason code of the table. */
  readonly upstream: string;
  /** What to do where it is not ready, and what `busy` means. */
  readonly message?: string;
}

export interface ReadinessOptions {
  readonly usableIssuers: () => number;
  /** Asks the broker for an answer: undefined when it gives one, else a reason code. */
  readonly probe: () => Promise<string | undefined>;
  readonly isDraining: () => boolean;
}

/** Reads the state. Calls that overlap share one probe, so that a poller cannot load the broker. */
export function createReadiness(options: ReadinessOptions): () => Promise<Readiness> {
  let probing: Promise<string | undefined> | undefined;
  const probeOnce = () => {
    probing ??= options.probe().finally(() => {
      probing = undefined;
    });
    return probing;
  };
  return async () => {
    const upstream = nameUpstream(await probeOnce());
    const usableIssuers = options.usableIssuers();
    const trouble = explainTrouble(options.isDraining(), usableIssuers, upstream);
    const message = trouble ?? (upstream === 'busy' ? BUSY : undefined);
    return {
      ready: trouble === undefined,
      usable_issuers: usableIssuers,
      upstream,
      ...(message !== undefined && { message }),
    };
  };
}

const BUSY =
  'Every connection to the broker is in use (guard.upstream.connections); calls wait for one to be free.';

/** A guard with much to do is a working guard: taking it out of service would send its load to the next one. */
function nameUpstream(failure: string | undefined): string {
  if (failure === undefined) return 'ok';
  return failure === 'upstream_busy' ? 'busy' : failure;
}

function explainTrouble(draining: boolean, usableIssuers: number, upstream: string): string | undefined {
  if (draining) return 'The guard is shutting down.';
  if (usableIssuers === 0) {
    return 'No usable key: put one into guard.keys_dir (broker-guard keygen NAME makes one).';
  }
  if (upstream === 'ok' || upstream === 'busy') return undefined;
  return upstream === 'guard_failed'
    ? 'No worker process of the guard answers: its log says why.'
    : 'The broker gives no usable answer: see guard.upstream.url and http_server.';
}
