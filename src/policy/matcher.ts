// From a canonical path to the routes that stand at it: path first, then method, a literal segment before a parameter.
// Compiled once; a look-up of a path without parameters is one of a Map.
import { type Route, splitTemplate } from './broker-api.ts';

/** The routes of one path template. */
export interface PathRoutes {
  /** Never empty. HEAD is there where the broker answers it. */
  readonly byMethod: ReadonlyMap<string, Route>;
  /** For the Allow field. */
  readonly methods: readonly string[];
}

export type Matcher = (path: string) => PathRoutes | undefined;

interface Node {
  readonly literals: Map<string, Node>;
  /** One segment. */
  parameter: Node | undefined;
  /** One segment that may hold `%2F`. */
  slashed: Node | undefined;
  /** All segments that are left, and whether they may hold `%2F`. */
  rest: { readonly routes: Group; readonly isSlashed: boolean } | undefined;
  routes: Group | undefined;
}

type Group = PathRoutes & { readonly byMethod: Map<string, Route>; readonly methods: string[] };

const makeNode = (): Node => ({
  literals: new Map(),
  parameter: undefined,
  slashed: undefined,
  rest: undefined,
  routes: undefined,
});
const makeGroup = (): Group => ({ byMethod: new Map(), methods: [] });

/** @param foldsSlash a path with one `/` at its end is the same route */
export function compileMatcher(routes: readonly Route[], foldsSlash: boolean): Matcher {
  const root = makeNode();
  const literal = new Map<string, Group>();
  for (const route of routes) {
    const group = placeTemplate(root, splitTemplate(route.template));
    addMethod(group, route.method, route);
    if (route.answersHead) addMethod(group, 'HEAD', route);
    if (!route.template.includes('{')) literal.set(route.template, group);
  }
  return (path) => {
    const isFolded = foldsSlash && path.length > 1 && path.endsWith('/');
    const folded = isFolded ? path.slice(0, -1) : path;
    return literal.get(folded) ?? find(root, folded, 1);
  };
}

function addMethod({ byMethod, methods }: Group, method: string, route: Route): void {
  // The first row counts.
  if (byMethod.has(method)) return;
  byMethod.set(method, route);
  methods.push(method);
}

function placeTemplate(root: Node, segments: readonly string[]): Group {
  let node = root;
  for (const segment of segments) {
    if (segment.endsWith('...}')) {
      node.rest ??= { routes: makeGroup(), isSlashed: segment.includes('/') };
      return node.rest.routes;
    }
    node = step(node, segment);
  }
  node.routes ??= makeGroup();
  return node.routes;
}

function step(node: Node, segment: string): Node {
  if (segment.startsWith('{')) {
    const kind = segment.endsWith('/}') ? 'slashed' : 'parameter';
    node[kind] ??= makeNode();
    return node[kind];
  }
  const next = node.literals.get(segment) ?? makeNode();
  node.literals.set(segment, next);
  return next;
}

/** @param start where the next segment begins; beyond the end of the path there is none */
function find(node: Node, path: string, start: number): Group | undefined {
  if (start > path.length) return node.routes;
  const slash = path.indexOf('/', start);
  const end = slash === -1 ? path.length : slash;
  const segment = path.slice(start, end);
  const isSlashed = segment.includes('%2F');
  return (
    findIn(node.literals.get(segment), path, end) ??
    (segment === '' ? undefined : findByParameter(node, path, end, isSlashed)) ??
    findRest(node, path, start)
  );
}

const findIn = (node: Node | undefined, path: string, end: number): Group | undefined =>
  node && find(node, path, end + 1);

function findByParameter(node: Node, path: string, end: number, isSlashed: boolean): Group | undefined {
  const plain = isSlashed ? undefined : findIn(node.parameter, path, end);
  return plain ?? findIn(node.slashed, path, end);
}

function findRest({ rest }: Node, path: string, start: number): Group | undefined {
  return rest === undefined || (!rest.isSlashed && path.includes('%2F', start)) ? undefined : rest.routes;
}
