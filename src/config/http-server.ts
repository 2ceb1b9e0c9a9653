// `http_server` as it stands in the file, ready for its schema: texts as they are written, and in the old form as
// NanoMQ reads them.
import type { HoconDocument, HoconObject, HoconValue, Position } from '../hocon/value.ts';

/** NanoMQ's first name of `limit_conn`. */
const OLD_NAME = 'parallel';

/** Where the value of `http_server` stands, also where it goes by its old name. */
export function placeHttpServer(document: HoconDocument, path: readonly string[]): Position | undefined {
  const isRenamed = path.join('.') === 'http_server.limit_conn';
  return (
    document.positionOf(path) ?? (isRenamed ? document.positionOf(['http_server', OLD_NAME]) : undefined)
  );
}

export function readHttpServer(document: HoconDocument): unknown {
  const block = document.root.http_server ?? {};
  if (typeof block !== 'object' || block === null || Array.isArray(block)) return block;
  // A password that looks like a number (`1e3`, `1.10`) is meant as it is written.
  const written = (name: string) => document.textOf(['http_server', name]) ?? block[name];
  const credentials = { username: written('username'), password: written('password') };
  const members = { ...block, ...credentials, limit_conn: block.limit_conn ?? block[OLD_NAME] };
  return document.form === 'keyvalue' ? readOldForm(members) : members;
}

const NUMBERS: ReadonlySet<string> = new Set(['port', 'max_body', 'limit_conn', 'parallel']);

/** NanoMQ takes no empty value, and of a number the digits it begins with (C's atoi). */
function readOldForm(members: Record<string, HoconValue | undefined>): HoconObject {
  const read: HoconObject = Object.create(null);
  for (const [name, value] of Object.entries(members)) {
    if (value === '' || value === undefined) continue;
    const digits = NUMBERS.has(name) ? /^\d+(?=\D)/.exec(String(value))?.[0] : undefined;
    read[name] = digits ?? value;
  }
  return read;
}
