// The kinds of values that settings have, each with the sentence about what it must be. Knows no setting's name.
import { z } from 'zod';
import { UNIX_PEERS } from '../http/client-address.ts';
import { readNetwork } from '../http/networks.ts';
import { parseListenAddress } from './address.ts';
import { findGroupId } from './group.ts';
import { parseDurationMs, parseSizeBytes } from './units.ts';

const scalarOr = (complaint: string) => z.union([z.string(), z.number(), z.boolean()], complaint);
export const scalar = scalarOr('must be a single value');

/** A scalar whose text `read` understands; `expected` finishes the sentence "must be ...". */
export function scalarAs<T>(expected: string, read: (text: string) => T | undefined) {
  return scalarOr(`must be ${expected}`).transform((value, ctx): T => {
    const result = read(String(value).trim());
    if (result !== undefined) return result;
    ctx.addIssue({ code: 'custom', message: `must be ${expected}` });
    return z.NEVER;
  });
}

/** A text that is kept as it stands; `complain` finishes the sentence "must be ..." where it is wrong. */
const checkedText = (expected: string, complain: (text: string) => string | undefined) =>
  scalarOr(`must be ${expected}`).transform((value, ctx): string => {
    const result = String(value).trim();
    const wanted = complain(result);
    if (wanted !== undefined) ctx.addIssue({ code: 'custom', message: `must be ${wanted}` });
    return result;
  });

export const oneOf = <const T extends string>(...words: readonly T[]) =>
  scalarAs(`one of ${words.join(', ')}`, (text) => words.find((word) => word === text));

export const wholeNumber = (least: number, most = Number.MAX_SAFE_INTEGER) =>
  scalarAs(
    most === Number.MAX_SAFE_INTEGER
      ? `a whole number, ${least} or more`
      : `a whole number from ${least} to ${most}`,
    (text) => {
      const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
      return number >= least && number <= most ? number : undefined;
    },
  );

const MAX_COUNT = 1_000_000;

export const countOrNone = scalarAs(`none, or a whole number from 1 to ${MAX_COUNT}`, (text) => {
  if (text === 'none') return text;
  const number = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  return number >= 1 && number <= MAX_COUNT ? number : undefined;
}).transform((value) => (value === 'none' ? undefined : value));

export const flag = scalarAs('true or false', (text) =>
  text === 'true' ? true : text === 'false' ? false : undefined,
);
export const text = scalarAs('a text that is not empty', (value) => (value === '' ? undefined : value));
export const secret = scalar.transform(String);

/** Above this a Node timer overflows and fires at once. */
const MAX_DURATION_MS = 24 * 24 * 3_600_000;

/** Something waits so long. */
export const wait = scalarAs('a duration such as 500ms, 10s, 5m or 1h, 24d at most', (value) => {
  const ms = parseDurationMs(value);
  return ms !== undefined && ms <= MAX_DURATION_MS ? ms : undefined;
});
export const timeout = wait.refine((ms) => ms > 0, 'must be longer than 0, such as 2s');
/** Times are compared by it, and nothing waits: it has no upper end. */
export const span = scalarAs('a duration such as 500ms, 10s, 5m or 1h', parseDurationMs);
/** NanoMQ itself reads bytes only. */
export const size = scalarAs('a number of bytes, such as 1048576', parseSizeBytes);

/** Below the least no token fits; what is above the most no proxy in front would pass on either. */
export const tokenSize = scalarAs('a size from 512 to 32KB, such as 8KB', (value) => {
  const bytes = parseSizeBytes(value);
  return bytes !== undefined && bytes >= 512 && bytes <= 32 * 1024 ? bytes : undefined;
});

/** Below the least not even the beginning of a large body would have room. */
export const collectedSize = scalarAs('a size from 256KB on, such as 8MB', (value) => {
  const bytes = parseSizeBytes(value);
  return bytes !== undefined && bytes >= 256 * 1024 ? bytes : undefined;
});

export const network = checkedText('an address or a network such as 10.0.0.0/8', describeNetworkFlaw);

function describeNetworkFlaw(text: string): string | undefined {
  const network = readNetwork(text);
  return typeof network === 'string' ? network : undefined;
}

export const trustedProxy = checkedText(
  `an address, a network such as 10.0.0.0/8, or ${UNIX_PEERS}`,
  (text) => (text === UNIX_PEERS ? undefined : describeNetworkFlaw(text)),
);

const ORIGIN = 'https://console.example.com';

/** As browsers send it (RFC 6454 §6.2). */
export const origin = checkedText(`an origin such as ${ORIGIN}`, (text) => {
  if (text.includes('*'))
    return `each origin itself, such as ${ORIGIN}: a * would let in pages that nobody named`;
  if (text === 'null')
    return `an origin that somebody owns, such as ${ORIGIN}: every sandboxed page and every file is null`;
  const written = URL.canParse(text) && /^https?:\/\/[^@]+$/i.test(text) ? new URL(text).origin : undefined;
  if (written === undefined) return `an origin such as ${ORIGIN}`;
  return written === text ? undefined : `an origin alone, as browsers send it: write ${written}`;
});

/** Reading one holds up everybody else: a megabyte takes some tens of milliseconds. */
export const redactedSize = scalarAs('a size from 64KB to 32MB, such as 4MB', (value) => {
  const bytes = parseSizeBytes(value);
  return bytes !== undefined && bytes >= 64 * 1024 && bytes <= 32 * 1024 * 1024 ? bytes : undefined;
});
export const address = scalarAs(
  'an address such as 127.0.0.1:8090, [::1]:8090 or unix:/run/guard.sock',
  parseListenAddress,
);

/** Octal, as chmod has it. */
export const socketMode = scalarAs('a mode such as 0660', (value) =>
  /^0?[0-7]{3}$/.test(value) ? Number.parseInt(value, 8) : undefined,
);
export const group = scalarAs('a group of this machine, by name or number', findGroupId);

export const spanOrNone = scalarAs('none, or a duration such as 15m, 1h or 7d', (value) => {
  if (value === 'none') return 'none' as const;
  const ms = parseDurationMs(value);
  return ms !== undefined && ms > 0 ? ms : undefined;
}).transform((value) => (value === 'none' ? undefined : value));

const asList = (value: unknown): unknown => (Array.isArray(value) ? value : [value]);

/** A list, or its only entry by itself: the key=value form has no lists. */
export const listOf = <T extends z.ZodType>(entry: T) =>
  z.preprocess(asList, z.array(entry).min(1, 'must name at least one; leave it out for the default'));

/** A list that may be empty, which is what it is unless told. */
export const listOfAny = <T extends z.ZodType>(entry: T) => z.preprocess(asList, z.array(entry)).prefault([]);

export const listOrNone = <T extends z.ZodType>(entry: T) =>
  z.preprocess(
    (value) => (value === 'none' ? undefined : asList(value)),
    z.array(entry).min(1, 'must be none, or name at least one').optional(),
  );
