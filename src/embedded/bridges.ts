// The routes about bridges, from a small state in memory. Names and answers: nanomq's rest_api.c (get_mqtt_bridge,
// put_mqtt_bridge, put_mqtt_bridge_switch, post_mqtt_bridge_sub, post_mqtt_bridge_unsub). On purpose not NanoMQ's way:
// nothing is bridged, and a change that is refused leaves the bridge as it was.

import type Router from '@koa/router';
import type { Context, Middleware } from 'koa';
import { answerCode, answerData, answerError, CODE } from './answer.ts';
import { takesObject } from './body.ts';
import { isList, isObject, type Json, readMember, readString } from './json.ts';
import { type Bridge, type BridgeTopic, type Configuration, plantTls, type Section } from './planted.ts';
import { updateSection } from './section.ts';
import { lastSegment } from './segment.ts';

/** `GET /bridges`, one by name, its change, its switch, and its subscriptions at the other broker. */
export function addBridgeRoutes(router: Router, { bridge: { nodes } }: Pick<Configuration, 'bridge'>): void {
  const find: Find = (ctx) => nodes.find(({ name }) => name === lastSegment(ctx));
  router.get('/bridges', (ctx) => answerData(ctx, { bridge: { nodes } }));
  router.get('/bridges/:name', (ctx) => {
    const bridge = find(ctx);
    answerData(ctx, { bridge: { nodes: bridge === undefined ? [] : [bridge] } });
  });
  router.put('/bridges/:name', replaceBridge(nodes, find));
  router.post('/bridges/switch/:name', switchBridge(find));
  router.post('/bridges/sub/:name', subscribe(find));
  router.post('/bridges/unsub/:name', unsubscribe(find));
}

type Find = (ctx: Context) => Bridge | undefined;

function replaceBridge(nodes: Bridge[], find: Find): Middleware {
  return takesObject((ctx, body) => {
    const old = find(ctx);
    if (old === undefined) return answerError(ctx, 404, CODE.ILLEGAL_SUBJECT);
    const changed = readBridge(old, readMember(body, old.name));
    if (changed === undefined) return answerError(ctx, 403, CODE.REQ_PARAM_ERROR);
    nodes.splice(nodes.indexOf(old), 1, changed);
    answerCode(ctx, CODE.SUCCEED);
  });
}

function switchBridge(find: Find): Middleware {
  return takesObject((ctx, body) => {
    const bridge = find(ctx);
    const isOn = readMember(readMember(body, 'data'), 'bridge_switch');
    if (bridge === undefined || typeof isOn !== 'boolean') return answerError(ctx, 403, CODE.ILLEGAL_SUBJECT);
    bridge.enable = isOn;
    answerCode(ctx, CODE.SUCCEED);
  });
}

function subscribe(find: Find): Middleware {
  return takesObject((ctx, body) => {
    const data = readMember(body, 'data');
    const wanted = readMember(data, 'subscription');
    if (!isList(wanted)) return answerError(ctx, 400, CODE.REQ_PARAMS_JSON_FORMAT_ILLEGAL);
    const bridge = find(ctx);
    if (bridge === undefined) return answerError(ctx, 404, CODE.REQ_PARAM_ERROR);
    bridge.subscription = [...bridge.subscription, ...readSubscriptions(wanted)];
    setIdentifier(bridge, readMember(data, 'sub_properties'));
    answerCode(ctx, CODE.SUCCEED);
  });
}

/** Only a bridge that is switched on has subscriptions to take back. */
function unsubscribe(find: Find): Middleware {
  return takesObject((ctx, body) => {
    const unwanted = readMember(readMember(body, 'data'), 'unsubscription');
    if (!isList(unwanted)) return answerError(ctx, 400, CODE.REQ_PARAMS_JSON_FORMAT_ILLEGAL);
    const bridge = find(ctx);
    if (bridge?.enable !== true) return answerError(ctx, 404, CODE.REQ_PARAM_ERROR);
    const topics = unwanted.map((item) => readString(item, 'topic'));
    bridge.subscription = bridge.subscription.filter(({ remote_topic }) => !topics.includes(remote_topic));
    answerCode(ctx, CODE.SUCCEED);
  });
}

/** Everything that is not given falls back to its default; how many clients it has never changes. */
function readBridge({ name, parallel }: Bridge, given: Json | undefined): Bridge | undefined {
  const connector = unsetConnector();
  updateSection(connector, given);
  if (connector.server === null) return undefined;
  const tls = plantTls();
  updateSection(tls, readMember(given, 'ssl'));
  const bridge: Bridge = {
    name: readString(given, 'name') ?? name,
    enable: readMember(given, 'enable') === true,
    parallel,
    connector,
    forwards: readTopics(readMember(given, 'forwards')),
    subscription: readSubscriptions(readMember(given, 'subscription')),
    tls,
  };
  setIdentifier(bridge, readMember(given, 'sub_properties'));
  return bridge;
}

function unsetConnector(): Section {
  return {
    server: null,
    proto_ver: 4,
    clientid: null,
    clean_start: true,
    username: null,
    password: null,
    keepalive: 60,
  };
}

/** An item without both topics is passed over. */
function readTopics(list: Json | undefined): readonly BridgeTopic[] {
  return (isList(list) ? list : []).flatMap((item) => {
    const [remote, local] = [readString(item, 'remote_topic'), readString(item, 'local_topic')];
    return remote === undefined || local === undefined ? [] : [{ remote_topic: remote, local_topic: local }];
  });
}

function readSubscriptions(list: Json | undefined): readonly BridgeTopic[] {
  return (isList(list) ? list : []).flatMap((item) => {
    const qos = readMember(item, 'qos');
    return readTopics([item]).map((topic) => ({ ...topic, qos: typeof qos === 'number' ? qos : 0 }));
  });
}

/** MQTT 3.1.1 has none. */
function setIdentifier(bridge: Bridge, properties: Json | undefined): void {
  if (bridge.connector.proto_ver !== 5 || !isObject(properties)) return;
  const identifier = readMember(properties, 'identifier');
  bridge.sub_properties = { identifier: typeof identifier === 'number' ? identifier : 0 };
}
