// What can stand in `iss`. Such a name is also the name of a key file, so it can never lead out of the keys directory.

const ISSUER_NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$/;

/** `[A-Za-z0-9._-]{1,128}`, not beginning with a dot. */
export const isIssuerName = (name: string): boolean => ISSUER_NAME.test(name);
