// For tests of what lies beside revocations.
import { RevokedTokens } from '../../src/revocation/revoked.ts';

/** Nobody adds to it. */
export const NOTHING_REVOKED = new RevokedTokens();
