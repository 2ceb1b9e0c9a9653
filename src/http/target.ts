// The request target (RFC 9112 §3.2) in its one canonical form. What cannot be read in only one way is
// refused: the path that is judged is the path that is sent. Knows no route and no policy.
import { allow, type Decision, deny } from '../decision.ts';
import { findPathFlaw, findQueryFlaw, readOriginForm } from './target-flaws.ts';

export interface TargetRules {
  /** `/api/v4`: a path is one of these, or continues it with `/`. The empty text admits every path. */
  readonly roots: readonly string[];
  /** A broker may look for its root anywhere in the text: then it may stand there once only. */
  readonly rootOnce: boolean;
  /** Whether every `%2F` of a canonical path is data inside a parameter. */
  readonly takesSlash: (path: string) => boolean;
}

export interface Target {
  /** Canonical path, without the query. */
  readonly path: string;
  /** Path and query as they are sent on. */
  readonly text: string;
}

/** RFC 3986 §3.3 pchar without `;`: segments and single slashes, nothing encoded, no dot segments. */
const PLAIN_PATH = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9\-._~!$&'()*+,=:@]+)+\/?$/;
const ESCAPE = /%([0-9A-Fa-f]{2})/g;
const UNRESERVED = /[A-Za-z0-9\-._~]/;

/**
 * Judges the target of a request line and rebuilds it.
 * @param host what the Host header says: an absolute-form target may name it, and nothing else
 */
export function canonicalizeTarget(raw: string, rules: TargetRules, host?: string): Decision<Target> {
  const target = raw.startsWith('/') ? raw : readOriginForm(raw, host);
  if (target === undefined) return deny('target_ambiguous', NO_PATH);
  const mark = target.indexOf('?');
  const query = mark === -1 ? '' : target.slice(mark);
  const sent = mark === -1 ? target : target.slice(0, mark);
  const isPlain = PLAIN_PATH.test(sent);
  const path = isPlain ? sent : sent.replace(ESCAPE, decodeUnreserved);
  const flaw = (isPlain ? undefined : findPathFlaw(sent, path, rules)) ?? findQueryFlaw(query);
  if (flaw !== undefined) return deny('target_ambiguous', flaw);
  const root = findRoot(path, rules.roots);
  if (root === undefined) return deny('target_unknown', `Begin it with ${rules.roots.join(' or ')}.`);
  if (rules.rootOnce && path.replaceAll('%2F', '/').lastIndexOf(root) > 0)
    return deny('target_ambiguous', `It holds ${root} twice.`);
  return allow({ path, text: path + query });
}

const NO_PATH = 'Begin it with a slash, or with http:// and the very name in the Host header.';

/** RFC 3986 §6.2.2: unreserved characters are decoded, once; other escapes get upper-case digits. */
function decodeUnreserved(escaped: string, digits: string): string {
  const character = String.fromCharCode(Number.parseInt(digits, 16));
  return UNRESERVED.test(character) ? character : escaped.toUpperCase();
}

function findRoot(path: string, roots: readonly string[]): string | undefined {
  for (const root of roots) if (isBelow(path, root)) return root;
  return undefined;
}

function isBelow(path: string, root: string): boolean {
  if (!path.startsWith(root)) return false;
  return root === '' || path.length === root.length || path[root.length] === '/';
}
