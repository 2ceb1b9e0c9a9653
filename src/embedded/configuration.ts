// The routes about configuration, from a small state in memory. Names and answers: nanomq's rest_api.c (get_config,
// post_config, show_reload_config, post_reload_config, update_config, post_ctrl). On purpose not NanoMQ's way: what is
// posted is read back and has no other effect. The API keeps its own login, and there is no file to write or process to end.

import type Router from '@koa/router';
import { answerCode, answerData, answerJson, CODE } from './answer.ts';
import { takesObject } from './body.ts';
import { isList, type Json, readMember, readString } from './json.ts';
import type { Configuration, Login, Section } from './planted.ts';
import { updateSection } from './section.ts';
import { lastSegment } from './segment.ts';

/** What `GET /reload` shows of the basic settings. */
const RELOADABLE = [
  'property_size',
  'max_packet_size',
  'client_max_packet_size',
  'msq_len',
  'qos_duration',
  'keepalive_backoff',
  'allow_anonymous',
] as const;

/** `/configuration` and its parts, `/reload`, `/config_update`, `/ctrl`. */
export function addConfigurationRoutes(router: Router, state: Configuration): void {
  const { streams, ...parts } = state;
  addReadingRoutes(router, parts);
  addWritingRoutes(router, settersOf(state));
  addReloadRoutes(router, state.basic, streams);
  router.post('/config_update', (ctx) => answerCode(ctx, CODE.WRITE_CONFIG_FAILED));
  // To NanoMQ every action but two is one it does not know; here there are none.
  router.post('/ctrl/:action', (ctx) => answerJson(ctx, 404, { code: CODE.RPC_ERROR }));
}

function addReadingRoutes(router: Router, parts: object): void {
  const byName = new Map<string, object>(Object.entries(parts));
  router.get('/configuration', (ctx) => answerData(ctx, parts));
  router.get('/configuration/:part', (ctx) => {
    const name = lastSegment(ctx);
    const part = byName.get(name);
    if (part === undefined) answerJson(ctx, 404, { code: CODE.RPC_ERROR, data: {} });
    else answerData(ctx, { [name]: part });
  });
}

function addWritingRoutes(router: Router, setters: ReadonlyMap<string, Setter>): void {
  const all = takesObject((ctx, body) => {
    const data = readMember(body, 'data');
    for (const [name, set] of setters) if (name !== 'auth_http') set(readMember(data, name));
    answerCode(ctx, CODE.SUCCEED);
  });
  // A part nobody knows is answered as if it had been set.
  const one = takesObject((ctx, body) => {
    const name = lastSegment(ctx);
    setters.get(name)?.(readMember(readMember(body, 'data'), name));
    answerCode(ctx, CODE.SUCCEED);
  });
  router.post('/configuration', all);
  router.post('/configuration/:part', one);
}

function addReloadRoutes(router: Router, basic: Section, streams: Section): void {
  const change = takesObject((ctx, body) => {
    const [changed, data] = [pickReloadable(basic), readMember(body, 'data')];
    updateSection(changed, data);
    Object.assign(basic, changed);
    updateSection(streams, data);
    answerCode(ctx, CODE.SUCCEED);
  });
  router.get('/reload', (ctx) => answerData(ctx, { ...pickReloadable(basic), ...streams }));
  router.post('/reload', change);
}

function pickReloadable(basic: Section): Section {
  return Object.fromEntries(RELOADABLE.map((name) => [name, basic[name] ?? null]));
}

type Setter = (given: Json | undefined) => void;

/** The parts that can be set. NanoMQ passes over `bridge`, and over `auth_http` where all parts are set at once. */
function settersOf(state: Configuration): ReadonlyMap<string, Setter> {
  const section =
    (part: Section): Setter =>
    (given) =>
      updateSection(part, given);
  return new Map([
    ['basic', section(state.basic)],
    ['tls', (given) => updateTls(state.tls, given)],
    ['auth', (given) => updateLogins(state.auth, given)],
    ['auth_http', section(state.auth_http)],
    ['websocket', section(state.websocket)],
    ['http_server', section(state.http_server)],
    ['sqlite', section(state.sqlite)],
  ]);
}

/** The password of the key is set by another name than it is read by. */
function updateTls(tls: Section, given: Json | undefined): void {
  const { key_password, ...rest } = tls;
  updateSection(rest, given);
  Object.assign(tls, rest, { key_password: readString(given, 'keypass') ?? key_password });
}

/** The first replaces the first and so on; none is ever taken away. */
function updateLogins(logins: Login[], given: Json | undefined): void {
  if (!isList(given)) return;
  for (const [index, item] of given.entries()) {
    const [login, password] = [readString(item, 'login'), readString(item, 'password')];
    if (login === undefined || password === undefined) continue;
    logins.splice(index, 1, { login, password });
  }
}
