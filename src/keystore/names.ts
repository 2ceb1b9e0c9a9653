// Which names a key file may have. Knows no directory and no key.

import { isIssuerName } from '../token/issuer-name.ts';

const KEY_SUFFIX = /\.(?:pub|pem)$/;

/**
 * Whether a directory entry is a key file. The suffix must END the name: `x.pub.bak` and `x.pub~` are what
 * editors and operators leave behind when they withdraw a key.
 */
export const isKeyFileName = (name: string): boolean => isIssuerName(name) && hasKeySuffix(name);

export const hasKeySuffix = (name: string): boolean => KEY_SUFFIX.test(name);

/** The name without `.pub` or `.pem`; other names as they are. */
export const stemOf = (name: string): string => name.replace(KEY_SUFFIX, '');

/** The names that a key file with this stem can have. */
export const keyNamesOf = (stem: string): readonly string[] => [`${stem}.pub`, `${stem}.pem`];
