// The shape of the settings: every name, type and default in one place. Knows no file and no combination.
import { z } from 'zod';
import { DEFAULT_ALGORITHM, RSA_ALGORITHMS } from '../token/algorithms.ts';
import { parseListenAddress } from './address.ts';
import { findGroupId } from './group.ts';
import { mqttSchema } from './mqtt-schema.ts';
import { parseDurationMs, parseSizeBytes } from './units.ts';

const scalarOr = (complaint: string) => z.union([z.string(), z.number(), z.boolean()], complaint);
const scalar = scalarOr('must be a single value');

/** A scalar whose text `read` understands; `expected` finishes the sentence "must be ...". */
function scalarAs<T>(expected: string, read: (text: string) => T | undefined) {
  return scalarOr(`must be ${expected}`).transform((value, ctx): T => {
    const result = read(String(value).trim());
    if (result !== undefined) return result;
    ctx.addIssue({ code: 'custom', message: `must be ${expected}` });
    return z.NEVER;
  });
}

const oneOf = <const T extends string>(...words: readonly T[]) =>
  scalarAs(`one of ${words.join(', ')}`, (text) => words.find((word) => word === text));

const wholeNumber = (least: number, most = Number.MAX_SAFE_INTEGER) =>
  scalarAs(
    most === Number.MAX_SAFE_INTEGER
      ? `a whole number, ${least} or more`
      : `a whole number from ${least} to ${most}`,
    (text) => {
      const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
      return number >= least && number <= most ? number : undefined;
    },
  );

const flag = scalarAs('true or false', (text) =>
  text === 'true' ? true : text === 'false' ? false : undefined,
);
const text = scalarAs('a text that is not empty', (value) => (value === '' ? undefined : value));
const secret = scalar.transform(String);

/** Above this a Node timer overflows and fires at once. */
const MAX_DURATION_MS = 24 * 24 * 3_600_000;

/** Something waits so long. */
const wait = scalarAs('a duration such as 500ms, 10s, 5m or 1h, 24d at most', (value) => {
  const ms = parseDurationMs(value);
  return ms !== undefined && ms <= MAX_DURATION_MS ? ms : undefined;
});
const timeout = wait.refine((ms) => ms > 0, 'must be longer than 0, such as 2s');
/** Times are compared by it, and nothing waits: it has no upper end. */
const span = scalarAs('a duration such as 500ms, 10s, 5m or 1h', parseDurationMs);
/** NanoMQ itself reads bytes only. */
const size = scalarAs('a number of bytes, such as 1048576', parseSizeBytes);

/** Below the least no token fits; what is above the most no proxy in front would pass on either. */
const tokenSize = scalarAs('a size from 512 to 32KB, such as 8KB', (value) => {
  const bytes = parseSizeBytes(value);
  return bytes !== undefined && bytes >= 512 && bytes <= 32 * 1024 ? bytes : undefined;
});

/** Below the least not even the beginning of a large body would have room. */
const collectedSize = scalarAs('a size from 256KB on, such as 8MB', (value) => {
  const bytes = parseSizeBytes(value);
  return bytes !== undefined && bytes >= 256 * 1024 ? bytes : undefined;
});
const address = scalarAs(
  'an address such as 127.0.0.1:8090, [::1]:8090 or unix:/run/guard.sock',
  parseListenAddress,
);

/** Octal, as chmod has it. */
const socketMode = scalarAs('a mode such as 0660', (value) =>
  /^0?[0-7]{3}$/.test(value) ? Number.parseInt(value, 8) : undefined,
);
const group = scalarAs('a group of this machine, by name or number', findGroupId);

const spanOrNone = scalarAs('none, or a duration such as 15m, 1h or 7d', (value) => {
  if (value === 'none') return 'none' as const;
  const ms = parseDurationMs(value);
  return ms !== undefined && ms > 0 ? ms : undefined;
}).transform((value) => (value === 'none' ? undefined : value));

const hostName = scalarAs('a host name without a port, such as guard.internal', (value) =>
  /^[\w.-]{1,253}$/.test(value) ? value.toLowerCase() : undefined,
);

const MAX_WORKERS = 256;

const workers = scalarAs(`auto, or a whole number from 1 to ${MAX_WORKERS}`, (value) => {
  if (value === 'auto') return value;
  const number = /^\d{1,3}$/.test(value) ? Number(value) : 0;
  return number >= 1 && number <= MAX_WORKERS ? number : undefined;
});

const asList = (value: unknown): unknown => (Array.isArray(value) ? value : [value]);

/** A list, or its only entry by itself: the key=value form has no lists. */
const listOf = <T extends z.ZodType>(entry: T) =>
  z.preprocess(asList, z.array(entry).min(1, 'must name at least one; leave it out for the default'));

const listOrNone = <T extends z.ZodType>(entry: T) =>
  z.preprocess(
    (value) => (value === 'none' ? undefined : asList(value)),
    z.array(entry).min(1, 'must be none, or name at least one').optional(),
  );

const algorithm = oneOf(...RSA_ALGORITHMS);
/** RFC 6838 §4.2; it is printed where a token has another one. */
const mediaType = scalarAs('a type such as JWT or "at+jwt"', (value) =>
  /^[A-Za-z0-9!#$&^_.+/-]{1,127}$/.test(value) ? value : undefined,
);

/** `guard { }`: nothing but these names may stand in it. */
export const guardSchema = z.strictObject({
  listen: address.prefault('127.0.0.1:8090'),
  listen_mode: socketMode.optional(),
  listen_group: group.optional(),
  keys_dir: text.prefault('keys'),
  drain: wait.prefault('10s'),
  workers: workers.prefault(1),
  upstream: z
    .strictObject({
      url: text.optional(),
      profile: oneOf('nanomq', 'rabbitmq', 'generic').prefault('nanomq'),
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
      refused_per_connection: wholeNumber(1, 1_000_000).prefault(3),
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
    })
    .prefault({}),
  tls: z.strictObject({ certificate: text, key: text }).optional(),
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
