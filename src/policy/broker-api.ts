// How a broker's API is written down (catalogue/, one file a broker), and what a row of it means. Knows no broker, no role
// and no request.
import type { Action, ActionClass } from '../decision.ts';
import { type PublishForm, type PublishHabits, readPublishForm } from './publish-form.ts';
import { SecretMembers } from './secret-members.ts';

export interface BrokerApi {
  readonly name: string;
  /** Every path is one of these, or continues one with `/`. The empty text admits every path. */
  readonly roots: readonly string[];
  /** The broker may look for its root anywhere in the text: it may stand there once only. */
  readonly rootOnce: boolean;
  /** HEAD is answered as GET is; else it is no method of the API. */
  readonly answersHead: boolean;
  /** A path with one `/` at its end is the same route. */
  readonly foldsSlash: boolean;
  /** What the guard itself asks for, to see whether the broker answers and takes its credentials. */
  readonly probe: string;
  /** Publishes that the broker does well to have in hand at a time. */
  readonly publishesAtOnce?: number;
  readonly publishing?: PublishHabits;
  /** Names for long lists of members: `hides=@NAME`. */
  readonly memberSets?: Readonly<Record<string, string>>;
  /**
   * A row a line: `METHOD TEMPLATE ACTION CLASS [name=value ...] [# note]`. A template's `{x}` is one segment, `{x/}` one
   * that may hold `%2F`, `{x...}` one or more segments at the end. Names of values:
   * - `hides`: members of the answer that hold secrets, at any depth, `*` as wildcard; a lone `*`: all of it
   * - `topics`: where the body names topics: `a|b` one of them, `a&b` both, `[].a` in each item of a list, `a[]` a list of
   *   texts, `a:list` several between commas, `a:trimmed` the same with blanks; `path:x,a` below a segment of the path;
   *   `query:x` and `header:x` are looked at by the broker as well
   * - `target`: what the call is about, for the audit record: `path:x`, `query:x`, `body:x`
   * - `query`: the names that a query may hold, or `none`; `!x` is one it may not hold; `x:plain` has a value without
   *   quotes and blanks. Any names where nothing is said
   * - `scope`: the broker's own scope of the route
   * - `head=no`: HEAD is not answered here
   * - `path=hidden`: a secret stands in the path, which no record may show
   */
  readonly routes: string;
}

/** One method of one path template. */
export interface Route {
  /** Its place in the catalogue: what is known of all routes is kept in arrays by this number. */
  readonly index: number;
  readonly method: string;
  readonly template: string;
  readonly action: Action;
  readonly hides: readonly string[];
  /** The same, ready to be asked; undefined where the answer is no JSON to leave them out of. */
  readonly secrets: SecretMembers | undefined;
  /** Where a publish names its topics; undefined where the call is none. */
  readonly publish: PublishForm | undefined;
  readonly targets: readonly RouteTarget[];
  readonly query: QueryRule | undefined;
  readonly scope: string | undefined;
  readonly answersHead: boolean;
  readonly hasSecretPath: boolean;
  readonly note: string | undefined;
}

export interface RouteTarget {
  readonly from: 'path' | 'query' | 'body';
  readonly name: string;
  /** Which segment of the path it is. */
  readonly segment: number;
}

export interface QueryRule {
  /** Undefined where any name but those of `barred` may stand. */
  readonly allowed: ReadonlySet<string> | undefined;
  readonly barred: ReadonlySet<string>;
  readonly plain: ReadonlySet<string>;
}

export function readRoutes(api: BrokerApi): Route[] {
  const lines = api.routes.trim().split('\n');
  return lines.map((line, index) => readRow(line, index, api));
}

function readRow(line: string, index: number, api: BrokerApi): Route {
  const [row = '', note] = line.split(/ +# /);
  const [method = '', template = '', name = '', actionClass, ...pairs] = row.trim().split(/ +/);
  const values = new Map(pairs.map((pair) => pair.split(/=(.*)/, 2) as [string, string]));
  const query = values.get('query');
  const hides = readMembers(values.get('hides'), api);
  const topics = actionClass === 'publish' ? values.get('topics') : undefined;
  return {
    index,
    method,
    template,
    action: Object.freeze({ name, class: actionClass as ActionClass }),
    hides,
    secrets: isRedactable(method, actionClass, hides) ? new SecretMembers(hides) : undefined,
    publish:
      topics === undefined
        ? undefined
        : readPublishForm(topics, nameSegments(template), api.publishing ?? {}),
    targets: splitList(values.get('target')).map((text) => readTarget(text, template)),
    query: query === undefined ? undefined : readQueryRule(query),
    scope: values.get('scope'),
    answersHead: api.answersHead && method === 'GET' && values.get('head') !== 'no',
    hasSecretPath: values.get('path') === 'hidden',
    note,
  };
}

/** A lone `*` hides all of the answer. */
const isRedactable = (method: string, actionClass: string | undefined, hides: readonly string[]): boolean =>
  method === 'GET' &&
  (actionClass === 'read' || actionClass === 'secrets') &&
  hides.length > 0 &&
  hides[0] !== '*';

const splitList = (text: string | undefined): string[] => (text === undefined ? [] : text.split(','));

function readMembers(text: string | undefined, { memberSets }: BrokerApi): string[] {
  return splitList(text?.startsWith('@') ? memberSets?.[text.slice(1)] : text);
}

function readTarget(text: string, template: string): RouteTarget {
  const [from = '', name = ''] = text.split(':');
  const isNamed = (segment: string) => segment.replace(/[{}/.]/g, '') === name && segment.startsWith('{');
  const segment = splitTemplate(template).findIndex(isNamed);
  return { from: from as RouteTarget['from'], name, segment };
}

/** The segments of a template: `/a/{x/}/b` has three. */
export const splitTemplate = (template: string): string[] => template.match(/\{[^}]*\}|[^/]+/g) ?? [];

/** The names of the parameters, each at its segment; of a literal segment its text. */
export const nameSegments = (template: string): string[] =>
  splitTemplate(template).map((segment) => segment.replace(/[{}/]/g, ''));

function readQueryRule(text: string): QueryRule {
  const names = text === 'none' ? [] : text.split(',');
  const barred = names.filter((name) => name.startsWith('!')).map((name) => name.slice(1));
  const listed = names.filter((name) => !name.startsWith('!')).map((name) => name.split(':'));
  return {
    allowed: barred.length > 0 ? undefined : new Set(listed.map(([name = '']) => name)),
    barred: new Set(barred),
    plain: new Set(listed.filter(([, form]) => form === 'plain').map(([name = '']) => name)),
  };
}
