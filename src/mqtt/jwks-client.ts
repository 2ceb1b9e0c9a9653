// Follows a JWKS endpoint: fetched at the start and at intervals, and once more when a token names a key the set
// does not hold. An endpoint that is down, slow, huge, redirecting or lying changes nothing: the last good set is
// kept for a stated time, and without one no token is accepted.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type { JwksKeys } from '../config/mqtt.ts';
import type { KeySetReader, SetKey } from './key-set.ts';

const TIMEOUT_MS = 5_000;
const MAX_BYTES = 1024 * 1024;
/** After a failure the next try comes sooner than the interval. */
const RETRY_MS = 30_000;
/** Tokens with names of no key must not become a flood of requests. */
const COOLDOWN_MS = 10_000;
/** How many intervals the last good set outlives its endpoint: an hour, unless the settings say otherwise. */
const KEPT_INTERVALS = 12;

export interface JwksClient {
  /** Undefined where none has come yet, or the last one is too old. */
  current(): readonly SetKey[] | undefined;
  /** Fetches again, where nobody has just asked for that; resolves after `waitMs` at the latest. */
  refresh(waitMs: number): Promise<void>;
  /** Resolves when the first fetch has ended, well or not. */
  ready(): Promise<void>;
  close(): void;
}

export interface JwksClientOptions {
  readonly keys: JwksKeys;
  readonly read: KeySetReader;
  /** A broker may take the set of an answer that says it failed. */
  readonly anyStatus: boolean;
  readonly report: (line: string) => void;
}

export function followJwks({ keys: settings, read, anyStatus, report }: JwksClientOptions): JwksClient {
  const { endpoint, refreshIntervalMs } = settings;
  let known: { readonly keys: readonly SetKey[]; readonly fetchedAt: number } | undefined;
  let fetching: Promise<void> | undefined;
  let lastAsked = Number.NEGATIVE_INFINITY;
  let lastLine = '';
  let timer: NodeJS.Timeout | undefined;
  const ending = new AbortController();

  const tell = (line: string): void => {
    if (line !== lastLine && line !== '') report(line);
    lastLine = line;
  };
  const take = (text: string): void => {
    const set = read(text);
    if ('flaw' in set) throw new Error(set.flaw);
    known = { keys: keepKnown(set.keys, known?.keys ?? []), fetchedAt: performance.now() };
    tell(set.notes.map((note) => `warning: ${endpoint}: ${note}`).join('\n'));
  };
  const fetchOnce = async (): Promise<void> => {
    let isGood = false;
    try {
      take(await download(settings, anyStatus, ending.signal));
      isGood = true;
    } catch (error) {
      if (!ending.signal.aborted) tell(describeTrouble(endpoint, error as Error, known !== undefined));
    }
    fetching = undefined;
    if (ending.signal.aborted) return;
    clearTimeout(timer);
    const nextMs = isGood ? refreshIntervalMs : Math.min(refreshIntervalMs, RETRY_MS);
    timer = setTimeout(() => void fetchNow(), nextMs).unref();
  };
  const fetchNow = (): Promise<void> => {
    fetching ??= fetchOnce();
    return fetching;
  };
  const first = fetchNow();

  return {
    current() {
      const isKept =
        known !== undefined && performance.now() - known.fetchedAt <= KEPT_INTERVALS * refreshIntervalMs;
      return isKept ? known?.keys : undefined;
    },
    async refresh(waitMs) {
      if (fetching === undefined) {
        if (performance.now() - lastAsked < COOLDOWN_MS) return;
        lastAsked = performance.now();
      }
      await Promise.race([fetchNow(), waitFor(waitMs)]);
    },
    ready: () => first,
    close() {
      ending.abort();
      clearTimeout(timer);
    },
  };
}

const waitFor = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref());

function describeTrouble(endpoint: string, { message }: Error, hasKeys: boolean): string {
  const effect = hasKeys ? 'the keys of before count on' : 'no token is accepted until it answers';
  return `warning: the JWKS endpoint ${endpoint} gives no usable answer (${message}): ${effect}`;
}

/** A key that stays keeps its object: whoever remembers verified tokens compares key objects. */
function keepKnown(keys: readonly SetKey[], before: readonly SetKey[]): SetKey[] {
  return keys.map(
    (key) =>
      before.find(
        ({ thumbprint, kid, alg }) => thumbprint === key.thumbprint && kid === key.kid && alg === key.alg,
      ) ?? key,
  );
}

/** The body of the answer; rejects for whatever is not a whole one of 200 in time. Redirects are not followed. */
function download(settings: JwksKeys, anyStatus: boolean, ending: AbortSignal): Promise<string> {
  const signal = AbortSignal.any([ending, AbortSignal.timeout(TIMEOUT_MS)]);
  const { request } = settings.endpoint.startsWith('https:') ? https : http;
  return new Promise((resolve, reject) => {
    const options = { headers: settings.headers, agent: false, signal, ...readTls(settings) };
    const outgoing = request(settings.endpoint, options, (answer) => {
      const { statusCode = 0 } = answer;
      if (statusCode !== 200 && !anyStatus) {
        answer.destroy();
        return reject(new Error(`status ${statusCode}`));
      }
      const chunks: Buffer[] = [];
      let length = 0;
      answer.on('data', (chunk: Buffer) => {
        length += chunk.length;
        chunks.push(chunk);
        if (length > MAX_BYTES) answer.destroy(new Error('more than 1 MB'));
      });
      answer.once('error', reject);
      answer.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    });
    outgoing.once('error', (error) => reject(signal.aborted ? new Error('no answer within 5 s') : error));
    outgoing.end();
  });
}

/** The files are read at each fetch: a renewed certificate counts without a restart. */
function readTls({ endpoint, tls }: JwksKeys): https.RequestOptions {
  if (!endpoint.startsWith('https:')) return {};
  const { caFile, certificateFile, keyFile, serverName } = tls;
  return {
    rejectUnauthorized: tls.isVerified,
    ...(caFile !== undefined && { ca: readFileSync(caFile) }),
    ...(certificateFile !== undefined && { cert: readFileSync(certificateFile) }),
    ...(keyFile !== undefined && { key: readFileSync(keyFile) }),
    ...(serverName !== undefined && { servername: serverName }),
  };
}
