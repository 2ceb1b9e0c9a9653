// Who is calling, as other programs are told.
import type { Denial, Grant, Principal } from '../decision.ts';
import type { Route } from '../policy/broker-api.ts';
import { denyEncryptedBodies } from '../steps/judge-body.ts';

export interface Identity {
  /** The key file that verified the token, `ops.pub`. */
  readonly issuer: string;
  /** `sub`. */
  readonly subject: string | undefined;
  /** `jti`. */
  readonly tokenId: string | undefined;
  /** Those that allow the action; empty where none was judged. */
  readonly roles: readonly string[];
  /** The action that was judged; null where the token alone was. */
  readonly action: string | null;
}

/** A token for encrypted bodies: the program would take what is encrypted for plain text. */
export const judgePrincipal = (principal: Principal | undefined): Denial | undefined =>
  principal?.bodyEncode === 1 ? denyEncryptedBodies() : undefined;

const NONE: readonly string[] = Object.freeze([]);

/** Who is who: a program cannot make up a caller whom no token has proved. */
export class Callers {
  readonly #principals = new WeakMap<object, Principal>();

  /** @param judged undefined where the token alone was */
  add(principal: Principal, judged?: { readonly route: Route | undefined; readonly grant: Grant }): Identity {
    const { issuer, subject, tokenId } = principal;
    const roles = judged === undefined ? NONE : rolesOf(judged.grant);
    const action = judged?.route?.action.name ?? null;
    const identity = Object.freeze({ issuer, subject, tokenId, roles, action });
    this.#principals.set(identity, principal);
    return identity;
  }

  /** @throws TypeError for anybody else */
  find(identity: Identity): Principal {
    const principal = this.#principals.get(identity);
    if (principal !== undefined) return principal;
    throw new TypeError('the principal must be one that this guard has authenticated');
  }
}

export const rolesOf = ({ role }: Grant): readonly string[] =>
  role === undefined ? NONE : Object.freeze(role.split(', '));
