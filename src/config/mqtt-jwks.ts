// The JWKS endpoint of an entry: its address, how often it is asked, and how its TLS is checked.
import { isLoopbackHost } from './address.ts';
import { Fields } from './fields.ts';
import type { JwksKeys, JwksTls } from './mqtt.ts';
import type { EntryMeans } from './mqtt-means.ts';
import { parseDurationMs } from './units.ts';

/** EMQX's, and its floor. */
const REFRESH_MS = 300_000;
const LEAST_REFRESH_MS = 10_000;
const MOST_REFRESH_MS = 24 * 24 * 3_600_000;

/** EMQX's own names that do nothing here: there is one connection, and a set is kept for a time, not for a count. */
const IDLE = ['pool_size', 'max_fail_count'] as const;

export function readJwksKeys(fields: Fields, means: EntryMeans): JwksKeys {
  // EMQX refuses it; a block that says more than it must is no danger.
  if (means.semantics !== 'emqx') fields.oneOf('algorithm', ['hmac-based', 'public-key']);
  for (const name of fields.takeIdle(IDLE))
    means.warn(fields, name, 'has no meaning here, and is passed over');
  const endpoint = fields.requiredText('endpoint');
  const tls = readTls(fields, means);
  const complaint = endpoint === '' ? undefined : judgeEndpoint(endpoint, tls, means.acceptsInsecureJwks);
  if (complaint !== undefined) fields.refuse('endpoint', complaint);
  return {
    kind: 'jwks',
    endpoint,
    headers: readHeaders(fields),
    refreshIntervalMs: readInterval(fields),
    tls,
    acceptRsa256: fields.flag('accept_rsa256', false),
  };
}

function judgeEndpoint(endpoint: string, tls: JwksTls, isAccepted: boolean): string | undefined {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    return 'must be a URL such as https://keys.example/jwks.json';
  if (url.username !== '' || url.password !== '') return 'must not hold credentials: set headers';
  const isSafe = isLoopbackHost(url.hostname) || (url.protocol === 'https:' && tls.isVerified);
  if (isSafe || isAccepted) return undefined;
  return 'is asked without TLS that is checked: whoever is on the way could put keys of their own in. Use https with ssl.verify = verify_peer, or say guard.insecure_jwks_endpoint = true';
}

/** A bare number is seconds, as EMQX has it. */
function readInterval(fields: Fields): number {
  const value = fields.take('refresh_interval') ?? '300s';
  const ms = /^\d{1,9}$/.test(String(value)) ? Number(value) * 1000 : parseDurationMs(String(value));
  if (ms === undefined || ms > MOST_REFRESH_MS) {
    fields.refuse('refresh_interval', 'must be a number of seconds, or a duration such as 5m, 24d at most');
  }
  return Math.max(ms ?? REFRESH_MS, LEAST_REFRESH_MS);
}

const FIELD_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

function readHeaders(fields: Fields): Readonly<Record<string, string>> {
  const value = fields.take('headers') ?? {};
  const entries =
    typeof value === 'object' && !Array.isArray(value) ? Object.entries(value as object) : [['', '']];
  const isGood = entries.every(
    ([name, text]) => FIELD_NAME.test(name) && typeof text === 'string' && !/[^\t\x20-\x7e]/.test(text),
  );
  if (!isGood)
    fields.refuse('headers', 'must be a map of HTTP fields, such as { accept = "application/json" }');
  return { accept: 'application/json', ...(isGood ? Object.fromEntries(entries) : {}) };
}

/** EMQX's names for what Node decides by itself. */
const IDLE_TLS = [
  'versions',
  'ciphers',
  'depth',
  'reuse_sessions',
  'secure_renegotiate',
  'log_level',
  'hibernate_after',
  'user_lookup_fun',
  'middlebox_comp_mode',
  'partial_chain',
  'verify_peer_ext_key_usage',
] as const;

function readTls(fields: Fields, means: EntryMeans): JwksTls {
  const value = fields.take('ssl');
  if (value === undefined) return NO_TLS_SETTINGS;
  const ssl = new Fields(value, [...fields.path, 'ssl'], means.find);
  const file = (name: string): string | undefined => {
    const written = ssl.text(name);
    return written === undefined || written === ''
      ? undefined
      : means.locate([...ssl.path, name].join('.'), written);
  };
  const isOn = ssl.flag('enable', true);
  const isVerified = ssl.oneOf('verify', ['verify_peer', 'verify_none']) !== 'verify_none';
  const files = { caFile: file('cacertfile'), certificateFile: file('certfile'), keyFile: file('keyfile') };
  const serverName = ssl.text('server_name_indication');
  for (const name of ssl.takeIdle(IDLE_TLS)) means.warn(ssl, name, 'has no meaning here, and is passed over');
  ssl.refuseUnknown();
  fields.problems.push(...ssl.problems);
  if (!isOn) return NO_TLS_SETTINGS;
  // EMQX: the word disable leaves the name out.
  return {
    isVerified,
    ...files,
    serverName: serverName === 'disable' || serverName === '' ? undefined : serverName,
  };
}

const NO_TLS_SETTINGS: JwksTls = {
  isVerified: true,
  caFile: undefined,
  certificateFile: undefined,
  keyFile: undefined,
  serverName: undefined,
};
