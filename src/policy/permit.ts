// A right that somebody has, and what it asks of the bodies: of most calls nothing.
import type { Grant } from '../decision.ts';
import type { PublishRules } from './publish-rules.ts';
import type { SecretMembers } from './secret-members.ts';

export interface Permit extends Grant {
  /** What has to be left out of the answer; undefined where the answer may be seen as it is. */
  readonly hides: SecretMembers | undefined;
  /** Where the body may publish to; undefined where the route alone decides. */
  readonly publish: PublishRules | undefined;
}
