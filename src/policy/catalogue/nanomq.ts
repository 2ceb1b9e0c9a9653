// NanoMQ's API as data: which method and path is which action of which class. Read from its dispatch code, 0.25.6, and the
// releases from 0.15 on; a route that a release lacks is answered 404 by it.
import type { BrokerApi } from '../broker-api.ts';

export const NANOMQ: BrokerApi = {
  name: 'nanomq',
  roots: ['/api/v4'],
  rootOnce: true,
  answersHead: false,
  foldsSlash: true,
  publishesAtOnce: 2,
  publishing: { foldsNames: true, delays: true },
  probe: '/api/v4',
  routes: `
GET     /api/v4  endpoints.list  read
GET     /api/v4/bridges  bridges.list  secrets  hides=*password*,key,headers
POST    /api/v4/bridges/sub/{name/}  bridges.subscribe  config  topics=data.subscription[].remote_topic target=path:name  # filters at the other broker
POST    /api/v4/bridges/switch/{name/}  bridges.switch  control  target=path:name  # since 0.23.3
POST    /api/v4/bridges/unsub/{name/}  bridges.unsubscribe  config  topics=data.unsubscription[].topic target=path:name
GET     /api/v4/bridges/{name/}  bridges.read  secrets  hides=*password*,key,headers target=path:name
PUT     /api/v4/bridges/{name/}  bridges.update  config  target=path:name
GET     /api/v4/brokers  brokers.list  read
GET     /api/v4/clients  clients.list  read  hides=will_msg
GET     /api/v4/clients/username/{username/}  clients.by-username  read  hides=will_msg target=path:username
GET     /api/v4/clients/{clientid/}  clients.read  read  hides=will_msg target=path:clientid
POST    /api/v4/config_update  configuration.file-write  users  # works from the next start on; since 0.21.2
GET     /api/v4/configuration  configuration.read  secrets  hides=*password*,key,headers
POST    /api/v4/configuration  configuration.write  users  # any part, authentication among them
GET     /api/v4/configuration/auth  configuration.auth-read  secrets  hides=password
POST    /api/v4/configuration/auth  configuration.auth-write  users
GET     /api/v4/configuration/auth_http  configuration.auth-http-read  secrets  hides=headers,key,key_password
POST    /api/v4/configuration/auth_http  configuration.auth-http-write  users  # who decides logins
GET     /api/v4/configuration/aws_bridge  configuration.aws-bridge-read  secrets  hides=*password*,key,headers
POST    /api/v4/configuration/aws_bridge  configuration.aws-bridge-write  config
GET     /api/v4/configuration/basic  configuration.basic-read  read
POST    /api/v4/configuration/basic  configuration.basic-write  users  # anonymous clients are allowed or refused here
GET     /api/v4/configuration/bridge  configuration.bridge-read  secrets  hides=*password*,key,headers
POST    /api/v4/configuration/bridge  configuration.bridge-write  config
GET     /api/v4/configuration/http_server  configuration.http-read  secrets  hides=username,password
POST    /api/v4/configuration/http_server  configuration.http-write  users  # the login of this API
GET     /api/v4/configuration/sqlite  configuration.sqlite-read  read
POST    /api/v4/configuration/sqlite  configuration.sqlite-write  config
GET     /api/v4/configuration/tls  configuration.tls-read  secrets  hides=key,key_password
POST    /api/v4/configuration/tls  configuration.tls-write  config
GET     /api/v4/configuration/webhook  configuration.webhook-read  read
POST    /api/v4/configuration/webhook  configuration.webhook-write  config
GET     /api/v4/configuration/websocket  configuration.websocket-read  read
POST    /api/v4/configuration/websocket  configuration.websocket-write  config
POST    /api/v4/ctrl/restart  broker.restart  control
POST    /api/v4/ctrl/stop  broker.stop  control
GET     /api/v4/get_file  files.read  secrets  hides=* target=query:path  # only in some releases
GET     /api/v4/get_file/{path}  files.read  secrets  hides=* target=path:path  # only in some releases
GET     /api/v4/metrics  metrics.read  read
POST    /api/v4/mqtt/publish  mqtt.publish  publish  topics=topic|topics:list target=body:topic
POST    /api/v4/mqtt/publish_batch  mqtt.publish-many  publish  topics=[].topic|[].topics:list target=body:[].topic  # a list of messages
GET     /api/v4/nodes  nodes.list  read
GET     /api/v4/prometheus  metrics.prometheus  read
GET     /api/v4/reload  reload.read  read
POST    /api/v4/reload  reload.write  config
GET     /api/v4/rules  rules.list  read
POST    /api/v4/rules  rules.create  config  target=body:rawsql  # a rule may publish to any topic
GET     /api/v4/rules/{ruleid}  rules.read  read  target=path:ruleid
PUT     /api/v4/rules/{ruleid}  rules.update  config  target=path:ruleid
DELETE  /api/v4/rules/{ruleid}  rules.delete  config  target=path:ruleid
GET     /api/v4/subscriptions  subscriptions.list  read
GET     /api/v4/subscriptions/{clientid/}  subscriptions.read  read  target=path:clientid
GET     /api/v4/topic-tree  topic-tree.read  read  # topics and client ids
POST    /api/v4/write_file  files.write  code  target=body:data.path  # only in some releases
`,
};
