// RabbitMQ's scopes of OAuth 2: `rabbitmq.tag:monitoring`, `rabbitmq.read:VHOST/NAME`. A tag says which calls there are for the
// token; calls about a queue or an exchange need a permission for that very one as well.
import { nameSegments, type Route } from './broker-api.ts';
import { decodePercent, readSegment } from './path-segment.ts';
import { compilePieces } from './wildcard.ts';

/** Whether the token has a permission for what the path names. */
export type PathRule = (route: Route, path: string) => boolean;

export interface ResourceScopes {
  /** Tags, and words that are no scopes of RabbitMQ's own. */
  readonly words: readonly string[];
  readonly pathRule: PathRule;
}

type Kind = 'read' | 'write' | 'configure';

interface Permission {
  readonly kind: Kind;
  readonly matches: (vhost: string, name: string) => boolean;
}

/** Which permission for which part of the path an action needs. */
const NEEDS: Readonly<Record<string, readonly (readonly [kind: Kind, parameter: string])[]>> = {
  'queues.get': [['read', 'queue']],
  'queues.purge': [['read', 'queue']],
  'queues.write': [['configure', 'queue']],
  'queues.delete': [['configure', 'queue']],
  'exchanges.write': [['configure', 'exchange']],
  'exchanges.delete': [['configure', 'exchange']],
  'mqtt.publish': [['write', 'exchange']],
  'bindings.create': [
    ['read', 'source'],
    ['write', 'destination'],
  ],
};

const SCOPE = /^rabbitmq\.(?:tag:([a-z]+)|(read|write|configure):([^/]+)\/([^/]+)(?:\/(.+))?)$/;

/** Undefined where no word is a scope of RabbitMQ's own. */
export function readResourceScopes(scope: readonly string[]): ResourceScopes | undefined {
  if (!scope.some((word) => word.startsWith('rabbitmq.'))) return undefined;
  const found = scope.map((word) => SCOPE.exec(word) ?? word);
  const words = found.flatMap((one) => (typeof one === 'string' ? one : (one[1] ?? [])));
  const permissions = found.flatMap((one) => (typeof one === 'string' ? [] : readPermission(one)));
  return { words, pathRule: (route, path) => hasPermissions(permissions, route, path) };
}

function readPermission([, , kind, vhost, name, key]: RegExpExecArray): Permission[] {
  // Routing keys stand in the body, which is not looked at: a permission for some of them is none.
  if (kind === undefined || (key !== undefined && key !== '*')) return [];
  const [isVhost, isName] = [vhost, name].map(compileEncoded) as [Match, Match];
  return [{ kind: kind as Kind, matches: (one, other) => isVhost(one) && isName(other) }];
}

type Match = (text: string) => boolean;

/** Percent-encoded, with `*` for any text. */
const compileEncoded = (text: string | undefined): Match =>
  compilePieces((text ?? '').split('*').map(decodePercent));

function hasPermissions(
  permissions: readonly Permission[],
  { action, template }: Route,
  path: string,
): boolean {
  if (!Object.hasOwn(NEEDS, action.name)) return true;
  const read = readParameters(template, path);
  return (NEEDS[action.name] as (typeof NEEDS)[string]).every(([kind, parameter]) =>
    permissions.some((one) => one.kind === kind && one.matches(read('vhost'), read(parameter))),
  );
}

function readParameters(template: string, path: string): (name: string) => string {
  const names = nameSegments(template);
  return (name) => readSegment(path, names.indexOf(name));
}
