// The request target (RFC 9112 §3.2) in its one canonical form. What cannot be read in only one way is
// refused: the path that is judged is the path that is sent. Knows no route and no policy.
import { allow, type Decision, deny } from '../decision.ts';

export interface TargetRules {
  /** `/api/v4`: a path is this, or continues it with `/`. The empty text admits every path. */
  readonly basePath: string;
  /** A broker may look for its base path anywhere in the text: then it may stand there once only. */
  readonly basePathOnce: boolean;
  /** `%2f` inside a segment, as RabbitMQ's virtual hosts need it. */
  readonly encodedSlashAllowed: boolean;
}

export interface Target {
  /** Canonical path, without the query. */
  readonly path: string;
  /** Path and query as they are sent on. */
  readonly text: string;
}

/** RFC 3986 §3.3 pchar without `;`: segments and single slashes, nothing encoded, no dot segments. */
const PLAIN_PATH = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9\-._~!$&'()*+,=:@]+)+\/?$/;
const PATH_CHARACTERS = /^\/[A-Za-z0-9\-._~!$&'()*+,=:@/%]*$/;
/** Printable ASCII without the fragment sign and the backslash, which some readers take for a slash. */
const QUERY_CHARACTERS = /^[!"$-[\]-~]*$/;
const ESCAPE = /%([0-9A-Fa-f]{2})/g;
/** `. \ %` and control characters, which stay dangerous however often they are decoded. */
const NEVER_ESCAPED = /%(?:2e|5c|25|[01][0-9a-f]|7f)/i;
const ESCAPED_SLASH = /%2f/i;
const AMBIGUOUS_PATH = /\/\/|\/\.{1,2}(?:\/|$)/;
const UNRESERVED = /[A-Za-z0-9\-._~]/;

/** Judges the target of a request line and rebuilds it. */
export function canonicalizeTarget(raw: string, rules: TargetRules): Decision<Target> {
  const mark = raw.indexOf('?');
  const query = mark === -1 ? '' : raw.slice(mark);
  const path = canonicalizePath(mark === -1 ? raw : raw.slice(0, mark), rules);
  if (path === undefined || !isPlainQuery(query)) return deny('target_ambiguous');
  if (!isBelow(path, rules.basePath)) return deny('target_unknown');
  if (rules.basePathOnce && path.lastIndexOf(rules.basePath) > 0) return deny('target_ambiguous');
  return allow({ path, text: path + query });
}

function canonicalizePath(raw: string, rules: TargetRules): string | undefined {
  if (PLAIN_PATH.test(raw)) return raw;
  if (!PATH_CHARACTERS.test(raw) || NEVER_ESCAPED.test(raw) || !isUtf8(raw)) return undefined;
  if (!rules.encodedSlashAllowed && ESCAPED_SLASH.test(raw)) return undefined;
  const path = raw.replace(ESCAPE, decodeUnreserved);
  return AMBIGUOUS_PATH.test(path) ? undefined : path;
}

/** RFC 3986 §6.2.2: unreserved characters are decoded, once; other escapes get upper-case digits. */
function decodeUnreserved(escaped: string, digits: string): string {
  const character = String.fromCharCode(Number.parseInt(digits, 16));
  return UNRESERVED.test(character) ? character : escaped.toUpperCase();
}

function isPlainQuery(query: string): boolean {
  return query === '' || (QUERY_CHARACTERS.test(query) && !/%00/.test(query) && isUtf8(query));
}

/**
 * Whether every escape is whole, and all of them together are UTF-8 (RFC 3986 §2.5). A lenient reader takes overlong
 * forms, `%C0%AE`, for the dots and slashes that they are not allowed to be.
 */
function isUtf8(text: string): boolean {
  if (!text.includes('%')) return true;
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function isBelow(path: string, basePath: string): boolean {
  if (!path.startsWith(basePath)) return false;
  return basePath === '' || path.length === basePath.length || path[basePath.length] === '/';
}
