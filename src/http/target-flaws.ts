// What makes a target ambiguous, each part by its name, so that the refusal can say which it was; and how a target that
// was refused is shown. Knows no route.

interface Flaw {
  readonly pattern: RegExp;
  readonly describe: (found: string) => string;
}

/** RFC 3986 §3.3 pchar without `;`, and the sign of an escape. */
const FOREIGN_CHARACTER: Flaw = {
  pattern: /[^A-Za-z0-9\-._~!$&'()*+,=:@/%]/,
  describe: (found) =>
    found === '\\' || !/[ -~]/.test(found)
      ? `It holds ${printCharacter(found)}, which has no place in a path.`
      : `Write %${toHex(found)} in the place of ${found}.`,
};
const BAD_ESCAPE: Flaw = {
  pattern: /%(?![0-9A-Fa-f]{2}).{0,2}/,
  describe: (found) => `It holds ${found}, which is no escape: write % and two hexadecimal digits.`,
};
/** `. \ %` and control characters stay dangerous however often they are decoded. */
const NEVER_ESCAPED: Flaw = {
  pattern: /%(?:2e|5c|25|[01][0-9a-f]|7f)/i,
  describe: (found) => `It holds ${found}, which has no place in a path.`,
};
const EMPTY_SEGMENT: Flaw = { pattern: /\/\//, describe: () => 'It holds two slashes in a row.' };
/** A piece between escaped slashes is one too: a reader that decodes first would climb. */
const DOT_SEGMENT: Flaw = {
  pattern: /(?<=\/|%2f)\.{1,2}(?=\/|%2f|$)/i,
  describe: (found) => `It holds the segment ${found}: send the path that it leads to.`,
};
const ESCAPED_SLASH: Flaw = {
  pattern: /%2f/i,
  describe: (found) => `It holds ${found} where no parameter of this API takes a slash.`,
};

const IN_A_PATH = [FOREIGN_CHARACTER, BAD_ESCAPE, NEVER_ESCAPED, EMPTY_SEGMENT, DOT_SEGMENT];

/** Printable ASCII without the fragment sign and the backslash, which some readers take for a slash. */
const IN_A_QUERY: readonly Flaw[] = [
  {
    pattern: /[^!"$-[\]-~]/,
    describe: (found) => `Its query holds ${printCharacter(found)}, which has no place there unescaped.`,
  },
  { ...BAD_ESCAPE, describe: (found) => `Its query holds ${found}, which is no escape.` },
  { pattern: /%00/, describe: () => 'Its query holds %00.' },
];

/**
 * The first part of a path that has more than one reading, in words for the caller.
 * @param canonical the same path with its unreserved escapes decoded
 */
export function findPathFlaw(
  sent: string,
  canonical: string,
  { takesSlash }: { readonly takesSlash: (path: string) => boolean },
): string | undefined {
  return (
    findFirst(sent, takesSlash(canonical) ? IN_A_PATH : [...IN_A_PATH, ESCAPED_SLASH]) ??
    findForeignBytes(sent, 'It')
  );
}

export const findQueryFlaw = (query: string): string | undefined =>
  query === '' ? undefined : (findFirst(query, IN_A_QUERY) ?? findForeignBytes(query, 'Its query'));

/**
 * Escapes that together are no UTF-8 (RFC 3986 §2.5). A lenient reader takes overlong forms, `%C0%AE`, for the dots and
 * slashes that they are not allowed to be.
 */
function findForeignBytes(text: string, subject: string): string | undefined {
  if (!text.includes('%')) return undefined;
  try {
    decodeURIComponent(text);
    return undefined;
  } catch {
    return `${subject} holds escapes that are not UTF-8.`;
  }
}

function findFirst(text: string, flaws: readonly Flaw[]): string | undefined {
  let first: { readonly at: number; readonly said: string } | undefined;
  for (const { pattern, describe } of flaws) {
    const match = pattern.exec(text);
    if (match !== null && !(first && first.at <= match.index))
      first = { at: match.index, said: describe(match[0]) };
  }
  return first?.said;
}

const ABSOLUTE_FORM = /^https?:\/\/([^/?#]+)([\s\S]*)$/i;

/** RFC 9112 §3.2.2: what a client sends that takes the guard for its proxy, where it names this very host. */
export function readOriginForm(raw: string, host: string | undefined): string | undefined {
  const [, authority, rest = ''] = ABSOLUTE_FORM.exec(raw) ?? [];
  if (authority === undefined || authority.toLowerCase() !== host?.toLowerCase()) return undefined;
  return rest.startsWith('/') ? rest : `/${rest}`;
}

const SHOWN_CHARACTERS = 200;

/** A refused target for the record: escaped, cut, without its query and without user and password, which are secrets. */
export function printTarget(raw: string): string {
  const shown = raw.replace(/[?#][\s\S]*$/, '').replace(/^([a-z]+:\/\/)[^/]*@/i, '$1');
  const escaped = [...shown.slice(0, SHOWN_CHARACTERS)].map(printCharacter).join('');
  return shown.length > SHOWN_CHARACTERS ? `${escaped}...` : escaped;
}

const printCharacter = (character: string): string =>
  /^[ -~]$/.test(character) ? character : `\\u${toHex(character).padStart(4, '0')}`;

const toHex = (character: string): string => character.charCodeAt(0).toString(16).toUpperCase();
