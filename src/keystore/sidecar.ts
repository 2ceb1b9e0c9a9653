// Sidecars, which lie beside key files and hold the rules of their issuer: their names, and what one is once it is read. Knows
// not what the rules mean.
import type { Parsed } from '../files/kind.ts';
import { isIssuerName } from '../token/issuer-name.ts';
import type { IssuerRules } from './issuer-rules.ts';

export interface FiledRules {
  readonly rules: IssuerRules;
}

export type SidecarFile = Parsed<FiledRules>;

export type SidecarReader = (bytes: Buffer) => SidecarFile;

const SUFFIX = '.policy.conf';

export const isSidecarName = (name: string): boolean =>
  name.endsWith(SUFFIX) && isIssuerName(issuerStemOf(name));

/** `ops` for `ops.policy.conf`: it is for `ops.pub` or `ops.pem`. */
export const issuerStemOf = (name: string): string => name.slice(0, -SUFFIX.length);

export const sidecarNameOf = (stem: string): string => stem + SUFFIX;
