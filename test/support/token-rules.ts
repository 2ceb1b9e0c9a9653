// What a token must be where the settings say nothing of it.
import type { TokenRules } from '../../src/token/verify.ts';

export const TOKEN_RULES: TokenRules = {
  algorithms: ['RS256'],
  maxTokenBytes: 8192,
  expToleranceSeconds: 0,
  iatToleranceSeconds: 30,
  maxLifetimeSeconds: undefined,
  audience: undefined,
  bodyEncodeRequired: true,
};
