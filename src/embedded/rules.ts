// The routes about rules, from a small list in memory. Names and answers: nanomq's rest_api.c (get_rules, post_rules,
// put_rules, delete_rules). On purpose not NanoMQ's way: no rule ever runs, and until the first one is made the answers
// are those of a NanoMQ that was built without its rule engine (code 111).

import type Router from '@koa/router';
import type { Context, Middleware, Next } from 'koa';
import { answerCode, answerData, answerError, answerJson, CODE, type Code } from './answer.ts';
import { takesObject } from './body.ts';
import { isList, type Json, readMember, readString } from './json.ts';
import { lastSegment } from './segment.ts';

interface Rule {
  readonly name: string;
  readonly rawsql: string;
  readonly id: number;
  readonly enabled: boolean;
}

const DATABASE = ['table', 'username', 'password', 'host'];

/** What an action must say, by its name. */
const ACTIONS = new Map<string, readonly string[]>([
  ['repub', ['topic', 'address']],
  ['sqlite', ['table']],
  ['mysql', DATABASE],
  ['postgresql', DATABASE],
  ['timescaledb', DATABASE],
]);

/** `/rules`, and one rule as `/rules/rule:ID`. */
export function addRuleRoutes(router: Router): void {
  const list: RuleList = { rules: [], lastId: 0 };
  const needEngine = (ctx: Context, next: Next): unknown =>
    list.lastId === 0 ? answerCode(ctx, CODE.PLUGIN_IS_CLOSED) : next();

  router.get('/rules', needEngine, (ctx) => answerData(ctx, list.rules));
  router.get('/rules/:ruleid', needEngine, (ctx) => {
    const rule = list.rules[findIndex(list, ctx)];
    if (rule === undefined) answerError(ctx, 400, CODE.MISSING_KEY_REQUEST_PARAMES);
    else answerData(ctx, rule);
  });
  router.post('/rules', createRule(list));
  router.put('/rules/:ruleid', updateRule(list));
  router.delete('/rules/:ruleid', needEngine, (ctx) => {
    const index = findIndex(list, ctx);
    if (index === -1) return answerError(ctx, 400, CODE.MISSING_KEY_REQUEST_PARAMES);
    list.rules.splice(index, 1);
    answerCode(ctx, CODE.SUCCEED);
  });
}

/** Every rule there is, and how many there have been. */
interface RuleList {
  readonly rules: Rule[];
  lastId: number;
}

const findIndex = ({ rules }: RuleList, ctx: Context): number =>
  rules.findIndex(({ id }) => `rule:${id}` === lastSegment(ctx));

function createRule(list: RuleList): Middleware {
  return takesObject((ctx, body) => {
    const rule = readRule(body, list.lastId + 1);
    if (typeof rule === 'number') return answerError(ctx, 400, rule);
    list.lastId = rule.id;
    list.rules.push(rule);
    answerRule(ctx, rule);
  });
}

function updateRule(list: RuleList): Middleware {
  return takesObject((ctx, body) => {
    if (list.lastId === 0) return answerCode(ctx, CODE.PLUGIN_IS_CLOSED);
    const index = findIndex(list, ctx);
    const changed = changeRule(list.rules[index], body);
    if (changed === undefined) return answerError(ctx, 400, CODE.REQ_PARAM_ERROR);
    list.rules[index] = changed;
    answerRule(ctx, changed);
  });
}

/** What an action is told stays out of the answer, as it stays out of every reading. */
function answerRule(ctx: Context, { rawsql, id, enabled }: Rule): void {
  answerJson(ctx, 200, { data: { rawsql, id, enabled }, actions: [], code: CODE.SUCCEED });
}

/** The code says why there is no rule in it. */
function readRule(body: Json, id: number): Rule | Code {
  const rawsql = readString(body, 'rawsql');
  const [action] = readActions(body);
  if (rawsql === undefined || action === undefined) return CODE.MISSING_KEY_REQUEST_PARAMES;
  const name = readString(action, 'name')?.toLowerCase() ?? '';
  const needed = ACTIONS.get(name);
  if (needed === undefined) return CODE.PLUGIN_IS_CLOSED;
  const params = readMember(action, 'params');
  if (needed.some((member) => readString(params, member) === undefined))
    return CODE.MISSING_KEY_REQUEST_PARAMES;
  return { name, rawsql, id, enabled: true };
}

/** A rule keeps its kind of action; new SQL switches it on again. */
function changeRule(rule: Rule | undefined, body: Json): Rule | undefined {
  if (rule === undefined) return undefined;
  const isOfItsKind = (action: Json) => readString(action, 'name')?.toLowerCase() === rule.name;
  if (!readActions(body).every(isOfItsKind)) return undefined;
  const rawsql = readString(body, 'rawsql');
  const enabled = readMember(body, 'enabled') ?? (rawsql === undefined ? rule.enabled : true);
  return { ...rule, rawsql: rawsql ?? rule.rawsql, enabled: enabled === true };
}

function readActions(body: Json): readonly Json[] {
  const actions = readMember(body, 'actions');
  return isList(actions) ? actions : [];
}
