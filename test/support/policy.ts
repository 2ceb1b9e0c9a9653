// Policies for tests of what lies beside them.
import { incomplete } from '../../src/files/bad-file.ts';
import { Policy, type PolicySettings } from '../../src/policy/policy.ts';
import type { ProfileName } from '../../src/policy/profile.ts';

export const makePolicy = (settings: Partial<PolicySettings> = {}, profile: ProfileName = 'nanomq'): Policy =>
  new Policy(profile, {
    defaultRole: 'admin',
    observe: false,
    roles: {},
    issuers: {},
    open: [],
    ...settings,
  });

/** For stores without sidecars. */
export const noSidecars = () => incomplete('a sidecar that no test has asked for');
