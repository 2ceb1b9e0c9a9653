// Credentials in HTTP (RFC 9110 §11.4, RFC 6750 §2.1): read from clients, written for the broker. The one
// module that names the field. Knows no token's inside.
import { allow, type Decision, deny } from '../decision.ts';

export const AUTHORIZATION = 'authorization';

/**
 * The token of a Bearer credential, as it stands: whether it is one is for the verification to say.
 * @param values one entry for each Authorization header line, as received
 */
export function readBearerToken(values: readonly string[]): Decision<string> {
  if (values.length > 1) return deny('token_repeated');
  const value = (values[0] ?? '').trim();
  if (value === '') return deny('token_missing');
  const scheme = value.slice(0, 7).toLowerCase();
  if (scheme === 'bearer ') return readToken(value);
  // Nothing behind the scheme, or something else than a blank.
  if (scheme === 'bearer') return deny('token_missing');
  return scheme === 'bearer\t'
    ? deny('token_malformed', ONE_BLANK)
    : deny('scheme_unsupported', describeMistake(value));
}

const ONE_BLANK = 'Send one blank between Bearer and the token.';
const UNQUOTED = 'Send it without quotes.';

/** The usual slips of the pen, told by what to write. */
function describeMistake(value: string): string | undefined {
  if (/^["']/.test(value)) return UNQUOTED;
  if (/^bearer(?:[:=,]|eyJ)/i.test(value)) return ONE_BLANK;
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(value) ? 'Write Bearer and a blank before the token.' : undefined;
}

/** The scheme with the blanks behind it: more of them would stay in memory with each remembered token. */
const MAX_SCHEME_LENGTH = 32;

function readToken(value: string): Decision<string> {
  const token = value.slice(7).trimStart();
  if (value.length - token.length > MAX_SCHEME_LENGTH) return deny('token_malformed', ONE_BLANK);
  if (/^["']/.test(token)) return deny('token_malformed', UNQUOTED);
  return /^bearer\b/i.test(token) ? deny('token_malformed', 'Write Bearer once.') : allow(token);
}

/** RFC 7617 §2: the value that presents a user name and password. */
export function basicCredential(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
