// What a request is about, for the audit record: the client id, the topic or the queue that its path or query names.
import type { Route, RouteTarget } from './broker-api.ts';
import { readSegment } from './path-segment.ts';

/** @param text path and query; undefined where the route names nothing that stands in them */
export function describeTargets({ targets }: Route, text: string): string | undefined {
  if (targets.length === 0) return undefined;
  const found = targets.flatMap((target) => readTarget(target, text) ?? []);
  return found.length === 0 ? undefined : found.join(', ');
}

function readTarget({ from, name, segment }: RouteTarget, text: string): string | undefined {
  const [path = '', query = ''] = text.split(/\?(.*)/s);
  if (from === 'query') return new URLSearchParams(query).get(name) ?? undefined;
  return from === 'path' ? readSegment(path, segment) || undefined : undefined;
}
