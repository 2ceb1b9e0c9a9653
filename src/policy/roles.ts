// The roles that every profile has. Words are classes, actions and patterns of actions, as in the settings.

export interface RoleRules {
  readonly words: readonly string[];
  /** Patterns of actions that are not in it all the same, but for those of `kept`. */
  readonly except: readonly string[];
  readonly kept: readonly string[];
}

export const BUILT_IN_ROLES: Readonly<Record<string, RoleRules>> = {
  viewer: { words: ['read'], except: ['audit.*', 'top.*'], kept: [] },
  publisher: { words: ['publish'], except: [], kept: [] },
  operator: {
    words: ['read', 'publish', 'write', 'kick', 'banned.create', 'banned.delete'],
    except: [
      'queues.get',
      'queues.delete',
      'queues.purge',
      'exchanges.delete',
      // Another client would receive what it has not asked for.
      '*.subscribe*',
      'traces.*',
      'monitor.clear',
      'auth-attempts.clear',
    ],
    kept: ['traces.list'],
  },
  admin: {
    words: ['code', 'users', 'secrets', 'cluster', 'control', 'config', 'kick', 'write', 'publish', 'read'],
    except: [],
    kept: [],
  },
};

/** In nobody's role or class: only whoever is given them by name has them. */
export const ONLY_BY_NAME = ['login.*', 'passwords.hash', 'webui.forward', 'files.*', 'plugins.call'];
