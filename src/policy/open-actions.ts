// Reads that need no token, for callers from named networks: metrics for a scraper that cannot hold one.
import { allow, type Decision } from '../decision.ts';
import { compileNetworks } from '../http/networks.ts';
import type { Route } from './broker-api.ts';
import type { Permit } from './permit.ts';

export interface OpenRule {
  readonly actions: readonly string[];
  readonly sources: readonly string[];
}

export type OpenActions = (route: Route, client: string | undefined) => Decision<Permit> | undefined;

const OPEN = Object.freeze(
  allow<Permit>(Object.freeze({ role: undefined, rule: 'open', hides: undefined, publish: undefined })),
);

/** Only what is a read and hides nothing can be open. */
export const canBeOpen = ({ action, hides, query }: Route): boolean =>
  action.class === 'read' && hides.length === 0 && query === undefined;

export function compileOpenActions(rules: readonly OpenRule[], routes: readonly Route[]): OpenActions {
  if (rules.length === 0) return () => undefined;
  const compiled = rules.map(({ actions, sources }) => ({
    routes: new Set(routes.filter((route) => canBeOpen(route) && actions.includes(route.action.name))),
    isIn: compileNetworks(sources),
  }));
  return (route, client) =>
    compiled.some((rule) => rule.routes.has(route) && rule.isIn(client)) ? OPEN : undefined;
}
