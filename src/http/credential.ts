// Credentials in HTTP (RFC 9110 §11.4, RFC 6750 §2.1): read from clients, written for the broker. The one
// module that names the field. Knows no token's inside.
import { allow, type Decision, deny } from '../decision.ts';

export const AUTHORIZATION = 'authorization';

/** Scheme in any case, one or more blanks, then token68 characters and nothing else. */
const BEARER = /^bearer +(\S+)$/i;
const BEARER_ALONE = /^bearer$/i;

/**
 * The token of a Bearer credential.
 * @param values one entry for each Authorization header line, as received
 */
export function readBearerToken(values: readonly string[]): Decision<string> {
  if (values.length > 1) return deny('token_repeated');
  const value = (values[0] ?? '').trim();
  if (value === '' || BEARER_ALONE.test(value)) return deny('token_missing');
  const token = BEARER.exec(value)?.[1];
  if (token !== undefined) return allow(token);
  return /^bearer\s/i.test(value) ? deny('token_malformed') : deny('scheme_unsupported');
}

/** RFC 7617 §2: the value that presents a user name and password. */
export function basicCredential(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
