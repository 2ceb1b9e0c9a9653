// The topic-tree route: every subscribed filter as a tree, one array a level (nanomq's get_tree,
// dbtree_get_tree). The root is the empty topic; a node nobody subscribed to has no `clientid`.

import type Router from '@koa/router';
import { answerData } from './answer.ts';
import type { Census, Session } from './census.ts';

interface TreeNode {
  readonly topic: string;
  readonly clientIds: string[];
  /** By topic level; a Map, for levels are names a client chose. */
  readonly children: Map<string, TreeNode>;
}

/** `GET /topic-tree`. */
export function addTopicTreeRoute(router: Router, census: Census): void {
  router.get('/topic-tree', (ctx) => answerData(ctx, describeLevels(growTree(census.sessions))));
}

const sprout = (topic: string): TreeNode => ({ topic, clientIds: [], children: new Map() });

function growTree(sessions: readonly Session[]): TreeNode {
  const root = sprout('');
  for (const { clientId, subscriptions } of sessions) {
    for (const filter of subscriptions.keys()) descend(root, filter).clientIds.push(clientId);
  }
  return root;
}

/** The node of a filter, grown where it is missing. */
function descend(root: TreeNode, filter: string): TreeNode {
  let node = root;
  for (const level of filter.split('/')) {
    const child = node.children.get(level) ?? sprout(level);
    node.children.set(level, child);
    node = child;
  }
  return node;
}

function describeLevels(root: TreeNode): readonly object[][] {
  const levels: object[][] = [];
  let nodes = [root];
  while (nodes.length > 0) {
    levels.push(nodes.map(describeNode));
    nodes = nodes.flatMap(({ children }) => [...children.values()]);
  }
  return levels;
}

function describeNode({ topic, children, clientIds }: TreeNode): object {
  return { topic, cld_cnt: children.size, ...(clientIds.length > 0 && { clientid: clientIds }) };
}
