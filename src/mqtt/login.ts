// What a door asks about an MQTT client, and what a login proves: who it is, which rules it brings, when it ends.
// Knows no broker's packet.
import type { Denial, Principal } from '../decision.ts';
import type { TopicRules } from '../policy/topic-rules.ts';

/** As CONNECT says it; undefined where the packet has no such field. */
export interface ConnectQuestion {
  readonly clientId: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** The client's address, where the door knows it. */
  readonly peerHost: string | undefined;
}

export interface Login {
  /** Whoever let the client in: `jwt`, `keys-dir`. */
  readonly authenticator: string;
  readonly principal: Principal | undefined;
  /** Its key is one of the keys directory: where that goes, the login ends. */
  readonly isFiled: boolean;
  /** No rule is asked. */
  readonly isSuperuser: boolean;
  /** Unix seconds: from then on every topic is denied. */
  readonly endsAt: number;
  /** Unix seconds: from then on the connection is to be ended. */
  readonly disconnectAt: number;
  /** Undefined where the token has none. */
  readonly rules: TopicRules | undefined;
}

/** `ignored`: the next authenticator is asked. */
export type LoginOutcome =
  | { readonly kind: 'allowed'; readonly login: Login }
  | { readonly kind: 'denied' | 'ignored'; readonly denial: Denial };

export const allowLogin = (login: Login): LoginOutcome => ({ kind: 'allowed', login });
export const denyLogin = (denial: Denial): LoginOutcome => ({ kind: 'denied', denial });
export const ignoreLogin = (denial: Denial): LoginOutcome => ({ kind: 'ignored', denial });

export interface Authenticator {
  readonly name: string;
  login(question: ConnectQuestion): LoginOutcome | Promise<LoginOutcome>;
  /** Resolves when its first set of keys has come, or has failed to. */
  ready(): Promise<void>;
  close(): void;
}

/** What every authenticator is given. */
export interface AuthenticatorMeans {
  readonly name: string;
  /** Unix time in milliseconds. */
  readonly now: () => number;
  /** Takes one line for the operator. */
  readonly report: (line: string) => void;
}

/** Nothing to wait for, nothing to end. */
export const WITHOUT_UPKEEP = { ready: async () => undefined, close: () => undefined } as const;
