// Who is calling, as other programs are told.
import type { Denial, Principal } from '../decision.ts';
import { denyEncryptedBodies } from '../steps/judge-body.ts';

export interface Identity {
  /** The key file that verified the token, `ops.pub`. */
  readonly issuer: string;
  /** `sub`. */
  readonly subject: string | undefined;
  /** `jti`. */
  readonly tokenId: string | undefined;
  readonly roles: readonly string[];
  /** The action that was judged; null where the token alone was. */
  readonly action: string | null;
}

/** A token for encrypted bodies: the program would take what is encrypted for plain text. */
export const judgePrincipal = (principal: Principal | undefined): Denial | undefined =>
  principal?.bodyEncode === 1 ? denyEncryptedBodies() : undefined;

const NO_ROLES: readonly string[] = Object.freeze([]);

export function toIdentity({ issuer, subject, tokenId }: Principal): Identity {
  return Object.freeze({ issuer, subject, tokenId, roles: NO_ROLES, action: null });
}
