// What NanoMQ itself makes of the file that the guard reads: values it would skip, names it would not know, and what
// leaves its HTTP API closed, or open to everybody. Only warns: the guard goes by its own reading.
import type { Problem } from '../failure.ts';
import { readAsNanomq } from '../hocon/nanomq.ts';
import type { HoconDocument, HoconObject, HoconValue } from '../hocon/value.ts';
import { isSlip } from './nearest.ts';
import { type FindPlace, problemAt } from './problems.ts';
import type { GuardBlock, HttpServerBlock } from './schema.ts';

interface BrokerSetting {
  readonly kind: 'text' | 'number';
  /** What NanoMQ goes on with where it skips the value. */
  readonly kept: string;
}

/** What the guard reads of `http_server`, as NanoMQ wants it written. */
const SETTINGS: ReadonlyMap<string, BrokerSetting> = new Map([
  ['ip_addr', { kind: 'text', kept: 'every interface' }],
  ['port', { kind: 'number', kept: '8081' }],
  ['username', { kind: 'text', kept: 'admin' }],
  ['password', { kind: 'text', kept: 'public' }],
  ['auth_type', { kind: 'text', kept: 'basic' }],
  ['max_body', { kind: 'number', kept: '1048576 bytes' }],
  ['limit_conn', { kind: 'number', kept: '32' }],
  ['parallel', { kind: 'number', kept: '32' }],
  ['jwt.public.keyfile', { kind: 'text', kept: 'no key' }],
]);
/** Names that NanoMQ knows and the guard does not read. */
const OTHERS = ['enable', 'jwt', 'ssl'];
const KNOWN_NAMES = [...[...SETTINGS.keys()].filter((name) => !name.includes('.')), ...OTHERS];

/** Whether the guard reads the setting at `path`, so that two values of it would mean two things. */
export const isReadFromBroker = ([block, ...name]: readonly string[]): boolean =>
  block === 'http_server' && SETTINGS.has(name.join('.'));

export interface View {
  readonly document: HoconDocument;
  readonly guard: GuardBlock;
  readonly httpServer: HttpServerBlock;
  readonly find: FindPlace;
}

export function listBrokerWarnings(view: View): Problem[] {
  const { document, guard } = view;
  const notes = document.notes.filter(({ kind }) => kind !== 'obstacle' || guard.upstream.url === undefined);
  return [
    ...notes.map(({ kind: _, ...problem }) => problem),
    ...listRepeats(view),
    ...listSkippedValues(view),
    ...listUnknownNames(view),
    ...listQuoteMarks(view),
    ...listEmptyCredentials(view),
    ...(guard.upstream.url === undefined ? listOpenDoors(view) : []),
  ];
}

/** Where every line is of both forms, NanoMQ's flag decides which of two values counts. */
function listRepeats({ document, find }: View): Problem[] {
  if (document.form !== 'either') return [];
  return document.conflicts
    .filter(({ path }) => isReadFromBroker(path))
    .map(({ path, first }) => {
      const what = `is set again, after line ${first.line}: the guard takes the last value, as NanoMQ does with --old_conf; with --conf NanoMQ takes the first. Keep one`;
      return problemAt(path, what, find);
    });
}

function listSkippedValues({ document, find }: View): Problem[] {
  if (document.form === 'keyvalue') return [];
  return [...SETTINGS].flatMap(([name, setting]) => {
    const path = ['http_server', ...name.split('.')];
    const source = document.sourceOf(path);
    const text = document.textOf(path);
    const what = source === undefined ? undefined : describeSkipped(name, setting, source, text);
    return what === undefined ? [] : [problemAt(path, what, find)];
  });
}

function describeSkipped(
  name: string,
  { kind, kept }: BrokerSetting,
  source: string,
  text: string | undefined,
): string | undefined {
  const read = readAsNanomq(source);
  if (kind === 'number') {
    if (read.kind === 'number') return undefined;
    const how = name === 'max_body' ? 'a size with a unit or in quotes' : 'a number in quotes';
    return `is ${how}, which NanoMQ skips: the broker stays with ${kept}. Write ${name === 'max_body' ? 'the number of bytes' : 'the number'}, without quotes`;
  }
  if (read.kind !== 'text') {
    const how = read.kind === 'number' ? 'a number' : 'a word of the language';
    return `is ${how} without quotes, which NanoMQ skips: the broker stays with ${kept}. Put it in double quotes`;
  }
  const differs = source.startsWith('"') && read.text !== text;
  return differs
    ? 'holds a backslash, which NanoMQ leaves out: the broker and the guard read it differently. Choose a value without'
    : undefined;
}

/** The broker's own names pass without a word, and so would a slip of the pen. */
function listUnknownNames({ document, find }: View): Problem[] {
  const block = document.root.http_server;
  if (typeof block !== 'object' || block === null || Array.isArray(block)) return [];
  return Object.keys(block).flatMap((name) => {
    const meant = KNOWN_NAMES.includes(name) ? undefined : KNOWN_NAMES.find((known) => isSlip(known, name));
    if (meant === undefined) return [];
    return [problemAt(['http_server', name], `is unknown, and passed over; did you mean ${meant}?`, find)];
  });
}

const QUOTE_MARK = /^['‘’‚‛“”„‟«»`´]|['‘’‚‛“”„‟«»`´]$/;

function listQuoteMarks({ document, find }: View): Problem[] {
  return ['guard', 'http_server'].flatMap((block) =>
    [...listTexts(document.root[block] ?? null, [block])]
      .filter(([, text]) => QUOTE_MARK.test(text))
      .map(([path]) => {
        const isBare = !(document.sourceOf(path) ?? '"').startsWith('"');
        const also = block === 'http_server' && isBare ? '; NanoMQ leaves it out' : '';
        const what = `begins or ends with a quote mark that is part of the value${also}. Only double quotes (") surround a value: write those`;
        return problemAt(path, what, find);
      }),
  );
}

function* listTexts(value: HoconValue, path: readonly string[]): Iterable<[readonly string[], string]> {
  if (typeof value === 'string') yield [path, value];
  if (typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(value as HoconObject))
    yield* listTexts(member, [...path, name]);
}

function listEmptyCredentials({ document, find }: View): Problem[] {
  return ['username', 'password'].flatMap((name) => {
    const path = ['http_server', name];
    if (document.textOf(path) !== '') return [];
    const what =
      document.form === 'keyvalue'
        ? `has no value: NanoMQ stays with ${SETTINGS.get(name)?.kept}, and so does the guard. Write it behind =`
        : 'is empty: where it comes from the environment, set the variable; else write what the broker has';
    return [problemAt(path, what, find)];
  });
}

/** What leaves the HTTP API closed, or open to those who go past the guard. */
function listOpenDoors({ document, httpServer, find }: View): Problem[] {
  const closed = describeClosed(document);
  if (closed !== undefined) return [problemAt(closed.path, closed.what, find)];
  const doors: Problem[] = [];
  const { ip_addr: address, auth_type: authType } = httpServer;
  if (address === undefined || /^(?:0\.0\.0\.0|\[?::\]?)$/.test(address)) {
    const how = address === undefined ? 'is not set' : 'is every address';
    const what = `${how}: NanoMQ listens on every interface, and whoever reaches this machine passes the guard by. Set http_server.ip_addr = "127.0.0.1", here and in the broker`;
    doors.push(problemAt(['http_server', 'ip_addr'], what, find));
  }
  const open = describeAuthType(authType, document.form);
  if (open !== undefined) doors.push(problemAt(['http_server', 'auth_type'], open, find));
  return doors;
}

function describeClosed({ root, form }: HoconDocument): { path: string[]; what: string } | undefined {
  const block = root.http_server;
  const members = typeof block === 'object' && block !== null ? (block as HoconObject) : undefined;
  const enable = members?.enable;
  if (form === 'keyvalue') {
    if (/^(?:yes|true)$/i.test(String(enable))) return undefined;
    return {
      path: ['http_server', 'enable'],
      what: 'is not true: NanoMQ does not start its HTTP API. Write http_server.enable=true',
    };
  }
  if (members !== undefined && enable !== false) return undefined;
  const what =
    members === undefined
      ? 'is not set: NanoMQ starts its HTTP API only where it is. Write http_server.port = 8081, or say where the broker is with guard.upstream.url'
      : 'is switched off by enable = false: without its HTTP API there is no broker to guard. Write http_server.enable = true';
  return { path: ['http_server'], what };
}

function describeAuthType(authType: string, form: HoconDocument['form']): string | undefined {
  const advice = 'Set http_server.auth_type = basic, here and in the broker';
  const open = `the broker asks nobody who they are, and whoever reaches it passes the guard by. ${advice}`;
  if (authType === 'no_auth') return `is no_auth: ${open}`;
  if (authType === 'basic' || authType === 'jwt') return undefined;
  return form === 'keyvalue'
    ? `is none that NanoMQ knows, which then means no_auth: ${open}`
    : `is none that NanoMQ knows (basic, jwt, no_auth): the broker stays with basic. ${advice}`;
}
