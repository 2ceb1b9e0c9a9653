// Whether the guard could let a request through right now: a usable key, and a broker that answers.

export interface Readiness {
  readonly ready: boolean;
  readonly usable_issuers: number;
  /** `ok`, or a reason code of the table. */
  readonly upstream: string;
  /** What to do where it is not ready. */
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
    const failure = await probeOnce();
    const usableIssuers = options.usableIssuers();
    const message = explain(options.isDraining(), usableIssuers, failure);
    return {
      ready: message === undefined,
      usable_issuers: usableIssuers,
      upstream: failure ?? 'ok',
      ...(message !== undefined && { message }),
    };
  };
}

function explain(draining: boolean, usableIssuers: number, failure: string | undefined): string | undefined {
  if (draining) return 'The guard is shutting down.';
  if (usableIssuers === 0) {
    return 'No usable key: put one into guard.keys_dir (broker-guard keygen NAME makes one).';
  }
  return failure === undefined
    ? undefined
    : 'The broker gives no usable answer: see guard.upstream.url and http_server.';
}
