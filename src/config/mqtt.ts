// `guard.mqtt { }` as the rest of the program sees it. Knows no rule about what goes together with what.
import type { Algorithm } from '../token/algorithms.ts';

export interface MqttSettings {
  /** Whose answers are given: the guard's own, or those of a broker it stands in for. */
  readonly semantics: 'strict' | 'emqx' | 'amqtt';
  /** EMQX's own two moods; it goes with `emqx` only. */
  readonly securityProfile: 'hardened' | 'legacy';
  readonly allowAnonymous: boolean;
  /** Where the rules of a token leave a question open, or it has none. */
  readonly noMatch: 'allow' | 'deny';
  readonly authentication: readonly AuthenticatorSettings[];
}

export type AuthenticatorSettings = JwtSettings | AmqttSettings | KeysDirSettings;

interface CommonSettings {
  readonly enable: boolean;
  /** EMQX's variform expression; undefined where every client is asked about. */
  readonly precondition: string | undefined;
}

interface TokenPlace {
  readonly from: 'password' | 'username';
  /** Undefined: what the semantics say. */
  readonly onMissingJwt: 'deny' | 'ignore' | undefined;
}

/** EMQX's JWT authenticator. */
export interface JwtSettings extends CommonSettings, TokenPlace {
  readonly mechanism: 'jwt';
  readonly keys: SecretKeys | PemKeys | JwksKeys;
  readonly verifyClaims: readonly { readonly name: string; readonly value: string }[];
  readonly aclClaimName: string;
  readonly disconnectAfterExpire: boolean;
  readonly requireExp: boolean;
}

export interface SecretKeys {
  readonly kind: 'secret';
  /** Base64 of the key's bytes: settings are frozen, and bytes cannot be. */
  readonly base64: string;
}

export interface PemKeys {
  readonly kind: 'pem';
  readonly text: string;
}

export interface JwksKeys {
  readonly kind: 'jwks';
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly refreshIntervalMs: number;
  readonly tls: JwksTls;
  /** A published guide spells RS256 so. */
  readonly acceptRsa256: boolean;
}

export interface JwksTls {
  readonly isVerified: boolean;
  readonly caFile: string | undefined;
  readonly certificateFile: string | undefined;
  readonly keyFile: string | undefined;
  readonly serverName: string | undefined;
}

/** amqtt's two JWT plugins in one. */
export interface AmqttSettings extends CommonSettings {
  readonly mechanism: 'amqtt-jwt';
  readonly secretKey: string;
  /** amqtt itself knows HS256 alone, whatever its settings say. */
  readonly algorithm: Algorithm;
  readonly userClaim: string;
  readonly publishClaim: string;
  readonly subscribeClaim: string;
  readonly receiveClaim: string;
  readonly requireExp: boolean;
}

/** The issuers of the keys directory. */
export interface KeysDirSettings extends CommonSettings, TokenPlace {
  readonly mechanism: 'keys-dir';
}

/** Without a list: this project's own issuers. */
export const KEYS_DIR_ALONE: KeysDirSettings = {
  mechanism: 'keys-dir',
  enable: true,
  precondition: undefined,
  from: 'password',
  onMissingJwt: undefined,
};
