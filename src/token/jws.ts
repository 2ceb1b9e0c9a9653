// RFC 7515 §3.1, §4 and §7.1: a compact JWS taken apart and its protected header judged. Nothing here is
// trusted yet; every name of what the token says begins with `claimed`.
import { allow, type Decision, type Denial, deny } from '../decision.ts';
import type { Algorithm } from './algorithms.ts';
import { decodeBase64url, isBase64url } from './base64url.ts';
import { type JsonObject, parseJsonObject } from './json.ts';

export interface DecodedToken {
  readonly claimedHeader: JsonObject;
  readonly claimedPayload: JsonObject;
  readonly signature: Buffer;
  /** Header and payload segments with the dot between: the bytes that were signed. */
  readonly signingInput: string;
}

/** Nearly every token has the header of the one before, to the letter. */
let latest: { readonly text: string; readonly claimed: JsonObject | undefined } | undefined;

function parseHeader(text: string): JsonObject | undefined {
  if (latest?.text !== text) latest = { text, claimed: parseJsonObject(Buffer.from(text, 'base64url')) };
  return latest.claimed;
}

/** Size, three parts, strict base64url, strict JSON objects. */
export function decodeToken(token: string, maxBytes: number): Decision<DecodedToken> {
  if (token.length > maxBytes) return deny('token_too_long');
  const headerEnd = token.indexOf('.');
  const signingEnd = token.indexOf('.', headerEnd + 1);
  if (signingEnd === -1) return deny('token_malformed');
  const header = token.slice(0, headerEnd);
  const payload = decodeBase64url(token.slice(headerEnd + 1, signingEnd));
  // A third dot is no base64url.
  const signature = decodeBase64url(token.slice(signingEnd + 1));
  if (!isBase64url(header) || !payload || !signature) return deny('token_malformed');
  const claimedHeader = parseHeader(header);
  if (claimedHeader === undefined) return deny('header_invalid', 'It is not a plain JSON object.');
  const claimedPayload = parseJsonObject(payload);
  if (claimedPayload === undefined) {
    return deny('token_malformed', 'The payload is not a plain JSON object with unique member names.');
  }
  return allow({ claimedHeader, claimedPayload, signature, signingInput: token.slice(0, signingEnd) });
}

/**
 * The signature algorithm, where the header may be followed. `jwk jku x5u x5c kid` are never used: keys come
 * from the key store alone (RFC 8725 §3.10).
 */
export function judgeHeader(
  claimed: JsonObject,
  algorithms: readonly Algorithm[],
  types: readonly string[] = JWT_ALONE,
): Decision<Algorithm> {
  return checkHeaderForm(claimed, types) ?? pickAlgorithm(claimed.alg, algorithms);
}

const JWT_ALONE = ['jwt'];

/** RFC 7515 §4.1.9: a media type, compared without case; `application/` may be left out. */
export const normalizeType = (type: string): string =>
  type.toLowerCase().replace(/^application\/(?=[^/]*$)/, '');

function checkHeaderForm(
  { alg, typ, crit, b64, zip }: JsonObject,
  types: readonly string[],
): Denial | undefined {
  if (typeof alg !== 'string') return deny('header_invalid', 'alg must be a string.');
  if (typ !== undefined && !(typeof typ === 'string' && types.includes(normalizeType(typ)))) {
    return deny('header_invalid', `typ must be ${types.map(printType).join(' or ')}, or absent.`);
  }
  // RFC 7516 §4.1.3 has it for encrypted tokens: readers do not agree on what it means in a signed one.
  if (zip !== undefined) return deny('header_invalid', 'zip has no meaning in a signed token.');
  // RFC 7515 §4.1.11: extensions not understood make the token invalid; none is understood here.
  return crit === undefined && b64 === undefined ? undefined : deny('crit_not_understood');
}

const printType = (type: string): string => (type === 'jwt' ? 'JWT' : type);

function pickAlgorithm(alg: unknown, algorithms: readonly Algorithm[]): Decision<Algorithm> {
  const allowed = algorithms.find((name) => name === alg);
  return allowed === undefined ? deny('alg_not_allowed', `Use ${algorithms.join(', ')}.`) : allow(allowed);
}
