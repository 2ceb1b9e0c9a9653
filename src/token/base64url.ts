// Strict base64url (RFC 7515 §2, RFC 4648 §3.5): one text for one sequence of bytes, so that a token's
// text is a stable identity for caches and deny lists. Knows nothing of what the bytes mean.

const ALPHABET = /^[A-Za-z0-9_-]+$/;
/** Last characters whose unused low bits are zero, by length modulo 4. */
const LAST_OF_TWO = /[AQgw]$/;
const LAST_OF_THREE = /[AEIMQUYcgkosw048]$/;

/** True when `text` is the one canonical encoding of some bytes: no padding, no foreign or stray bits. */
export function isBase64url(text: string): boolean {
  if (!ALPHABET.test(text)) return false;
  switch (text.length % 4) {
    case 1:
      return false;
    case 2:
      return LAST_OF_TWO.test(text);
    case 3:
      return LAST_OF_THREE.test(text);
    default:
      return true;
  }
}

/** The bytes of a canonical text; undefined when it is not canonical. */
export function decodeBase64url(text: string): Buffer | undefined {
  return isBase64url(text) ? Buffer.from(text, 'base64url') : undefined;
}
