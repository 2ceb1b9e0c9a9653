// The 41 endpoints that NanoMQ 0.25.6 lists, in its order and its words. The list is no truth about either broker:
// five of them (subscribing over HTTP, deleting a bridge) have no route in NanoMQ, and none here.

/** Method, path, name, description. */
type Row = readonly [method: string, path: string, name: string, descr: string];

const configuration = (part: string, verb = 'show'): Row => [
  'GET',
  `/configuration/${part}`,
  `get_${part}_configuration`,
  `${verb} broker ${part} configuration`,
];

const ROWS: readonly Row[] = [
  ['GET', '/brokers/', 'list_brokers', 'A list of brokers in the cluster'],
  ['GET', '/nodes/', 'list_nodes', 'A list of nodes in the cluster'],
  ['GET', '/clients/', 'list_clients', 'A list of clients on current node'],
  ['GET', '/clients/:clientid', 'lookup_client', 'Lookup a client in the cluster'],
  [
    'GET',
    '/clients/username/:username',
    'lookup_client_via_username',
    'Lookup a client via username in the cluster',
  ],
  ['GET', '/subscriptions/', 'list_subscriptions', 'A list of subscriptions in the cluster'],
  ['GET', '/subscriptions/:clientid', 'lookup_client_subscriptions', 'A list of subscriptions of a client'],
  ['GET', '/rules/', 'list_rules', 'Get rule list'],
  ['GET', '/rules/:ruleid', 'get_rule_details', 'Get the details of a rule'],
  ['POST', '/rules/', 'create_rule', 'Create a rule and return the rule ID'],
  ['PUT', '/rules/:ruleid', 'update_rule', 'Update the rule and return the rule ID'],
  ['DELETE', '/rules/:ruleid', 'delete_rule', 'Delete the rule'],
  ['POST', '/mqtt/subscribe', 'mqtt_subscribe', 'Subscribe a topic'],
  ['GET', '/bridges/:bridge_name', 'get_mqtt_bridges', 'Get the details of bridge'],
  ['PUT', '/bridges/:bridge_name', 'put_mqtt_bridge', 'Edit a bridge client'],
  ['POST', '/bridges/switch/:bridge_name', 'put_mqtt_bridge_switch', 'trun on or off a bridge channel'],
  ['DELETE', '/bridges/:bridge_name', 'delete_mqtt_bridge', 'DELETE a bridge client'],
  ['POST', '/mqtt/publish', 'mqtt_publish', 'Publish a MQTT message'],
  ['POST', '/mqtt/unsubscribe', 'mqtt_unsubscribe', 'Unsubscribe a topic'],
  ['POST', '/mqtt/subscribe_batch', 'mqtt_subscribe_batch', 'Batch subscribes topics'],
  ['POST', '/mqtt/publish_batch', 'mqtt_publish_batch', 'Batch publish MQTT messages'],
  ['POST', '/mqtt/unsubscribe_batch', 'mqtt_unsubscribe_batch', 'Batch unsubscribes topics'],
  ['GET', '/topic-tree/', 'list_topic-tree', 'A list of topic-tree in the cluster'],
  ['GET', '/reload/', 'get_hot_updatable_configuration', 'show the configuration that can be hot updated'],
  ['POST', '/reload/', 'set_hot_updatable_configuration', 'set the configuration that can be hot updated'],
  ['GET', '/configuration/', 'get_broker_configuration', 'show all configuration of broker'],
  configuration('basic', 'set'),
  configuration('tls'),
  configuration('http_server'),
  configuration('websocket'),
  configuration('webhook'),
  ['GET', '/configuration/auth', 'get_auth_configuration', 'show broker authorization configuration'],
  [
    'GET',
    '/configuration/auth_http',
    'get_auth_http_configuration',
    'show broker authorization by http configuration',
  ],
  configuration('sqlite'),
  configuration('bridge'),
  configuration('aws_bridge'),
  ['POST', '/configuration/', 'set_broker_configuration', 'set broker configuration'],
  ['POST', '/config_update', 'update_configuration_file', 'update configuration file'],
  ['POST', '/ctrl/:action', 'ctrl_broker', 'Control broker stop or restart'],
  ['GET', '/metrics', 'metrics', 'Returns all statistical metrics'],
  ['GET', '/prometheus', 'prometheus', 'Returns all prometheus data'],
];

export const ENDPOINTS: readonly object[] = ROWS.map(([method, path, name, descr]) => ({
  path,
  name,
  method,
  descr,
}));
