// A right that somebody has, and what it asks of the bodies: of most calls nothing.
import type { Grant } from '../decision.ts';
import type { SecretMembers } from './secret-members.ts';

export interface Permit extends Grant {
  /** What has to be left out of the answer; undefined where the answer may be seen as it is. */
  readonly hides: SecretMembers | undefined;
}
