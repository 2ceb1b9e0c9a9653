// The shape of the settings: every name, type and default in one place. Knows no file and no combination.
import { z } from 'zod';
import { PROFILE_NAMES } from '../policy/profile.ts';
import { DEFAULT_ALGORITHM, FILE_ALGORITHMS } from '../token/algorithms.ts';
import { mqttSchema } from './mqtt-schema.ts';
import {
  address,
  collectedSize,
  countOrNone,
  flag,
  group,
  listOf,
  listOfAny,
  listOrNone,
  oneOf,
  origin,
  redactedSize,
  scalar,
  scalarAs,
  secret,
  size,
  socketMode,
  span,
  spanOrNone,
  text,
  timeout,
  tokenSize,
  trustedProxy,
  wait,
  wholeNumber,
} from './values.ts';

const hostName = scalarAs('a host name without a port, such as guard.internal', (value) =>
  /^[\w.-]{1,253}$/.test(value) ? value.toLowerCase() : undefined,
);

const MAX_WORKERS = 256;

const workers = scalarAs(`auto, or a whole number from 1 to ${MAX_WORKERS}`, (value) => {
  if (value === 'auto') return value;
  const number = /^\d{1,3}$/.test(value) ? Number(value) : 0;
  return number >= 1 && number <= MAX_WORKERS ? number : undefined;
});

const algorithm = oneOf(...FILE_ALGORITHMS);
/** RFC 6838 §4.2; it is printed where a token has another one. */
const mediaType = scalarAs('a type such as JWT or "at+jwt"', (value) =>
  /^[A-Za-z0-9!#$&^_.+/-]{1,127}$/.test(value) ? value : undefined,
);

const tls = z.strictObject({ certificate: text, key: text, client_ca: text.optional() }).optional();

/** `guard { }`: nothing but these names may stand in it. */
export const guardSchema = z.strictObject({
  listen: address.prefault('127.0.0.1:8090'),
  listen_mode: socketMode.optional(),
  listen_group: group.optional(),
  keys_dir: text.prefault('keys'),
  trusted_proxies: listOfAny(trustedProxy),
  proxy_protocol: oneOf('v1', 'v2', 'any').optional(),
  cors: z.strictObject({ origins: listOfAny(origin) }).prefault({}),
  drain: wait.prefault('10s'),
  workers: workers.prefault(1),
  upstream: z
    .strictObject({
      url: text.optional(),
      ca_file: text.optional(),
      profile: oneOf(...PROFILE_NAMES).prefault('nanomq'),
      credentials: oneOf('basic', 'none').prefault('basic'),
      connections: wholeNumber(1, 10_000).prefault(32),
      timeouts: z
        .strictObject({
          connect: timeout.prefault('2s'),
          headers: timeout.prefault('10s'),
          body: timeout.prefault('30s'),
        })
        .prefault({}),
    })
    .prefault({}),
  limits: z
    .strictObject({
      upload: timeout.prefault('60s'),
      collected: collectedSize.prefault('32MB'),
      collected_per_issuer: collectedSize.prefault('8MB'),
      redacted: redactedSize.prefault('4MB'),
      refused_per_connection: wholeNumber(1, 1_000_000).prefault(3),
      failures: countOrNone.prefault(60),
      requests: countOrNone.prefault('none'),
      concurrency: countOrNone.prefault('none'),
    })
    .prefault({}),
  token: z
    .strictObject({
      algorithms: listOf(algorithm).prefault([DEFAULT_ALGORITHM]),
      exp_tolerance: span.prefault('0s'),
      iat_tolerance: span.prefault('30s'),
      max_lifetime: spanOrNone.prefault('none'),
      audience: listOrNone(text).prefault('none'),
      max_bytes: tokenSize.prefault('8KB'),
      issuer_suffix: oneOf('required', 'optional').prefault('required'),
      types: listOf(mediaType).prefault(['JWT']),
      iat: oneOf('required', 'optional').prefault('required'),
      body_encode: oneOf('required', 'optional', 'plain').prefault('required'),
    })
    .prefault({}),
  service: z
    .strictObject({
      listen: address.prefault('127.0.0.1:8091'),
      hosts: listOrNone(hostName).prefault('none'),
      connections: wholeNumber(1, 1_000_000).prefault(1024),
      listen_mode: socketMode.optional(),
      listen_group: group.optional(),
      tls,
    })
    .prefault({}),
  revocations: z.strictObject({ file: text.prefault('revocations.jsonl') }).prefault({}),
  policy: z
    .strictObject({
      default_role: text.prefault('admin'),
      observe: flag.prefault(false),
      // What stands in these has names of the operator's own: policy-block.ts reads it.
      roles: z.unknown().optional(),
      issuers: z.unknown().optional(),
      open: z.unknown().optional(),
    })
    .prefault({}),
  audit: z.strictObject({ file: text.optional(), required: flag.prefault(false) }).prefault({}),
  log: z.strictObject({ format: oneOf('text', 'json').prefault('text') }).prefault({}),
  tls,
  mqtt: mqttSchema,
  insecure_jwks_endpoint: flag.prefault(false),
  insecure_listen_without_tls: flag.prefault(false),
  insecure_service_without_tls: flag.prefault(false),
  insecure_clear_text_upstream: flag.prefault(false),
  insecure_default_credentials: flag.prefault(false),
});

/** What the guard reads of the broker's own `http_server { }`, with NanoMQ's defaults; other names pass. */
export const httpServerSchema = z.object({
  ip_addr: text.optional(),
  port: wholeNumber(1, 65_535).prefault(8081),
  username: secret.prefault('admin'),
  password: secret.prefault('public'),
  auth_type: scalar.transform((value) => String(value).toLowerCase()).prefault('basic'),
  max_body: size.prefault(1_048_576),
  /** NanoMQ's number of HTTP workers. */
  limit_conn: wholeNumber(1).prefault(32),
  jwt: z.object({ public: z.object({ keyfile: text.optional() }).prefault({}) }).prefault({}),
});

export type GuardBlock = z.output<typeof guardSchema>;
export type HttpServerBlock = z.output<typeof httpServerSchema>;
