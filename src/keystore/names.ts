// Which names an issuer and a key file may have. Knows no directory and no key.

const ISSUER_NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$/;
const KEY_SUFFIX = /\.(?:pub|pem)$/;

/** Whether a name can stand in `iss`: `[A-Za-z0-9._-]{1,128}`, not beginning with a dot. */
export const isIssuerName = (name: string): boolean => ISSUER_NAME.test(name);

/**
 * Whether a directory entry is a key file. The suffix must END the name: `x.pub.bak` and `x.pub~` are what
 * editors and operators leave behind when they withdraw a key.
 */
export const isKeyFileName = (name: string): boolean => isIssuerName(name) && hasKeySuffix(name);

export const hasKeySuffix = (name: string): boolean => KEY_SUFFIX.test(name);

/** The name without `.pub` or `.pem`; other names as they are. */
export const stemOf = (name: string): string => name.replace(KEY_SUFFIX, '');
