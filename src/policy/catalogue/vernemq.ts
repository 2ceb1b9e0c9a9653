// VerneMQ's HTTP interfaces as data. Its API is commands, and a GET may change anything: what an action is follows from the
// command, and a query may hold only names listed here. Read from its registered commands, 1.9 to 2.2.
import type { BrokerApi } from '../broker-api.ts';

export const VERNEMQ: BrokerApi = {
  name: 'vernemq',
  roots: [
    '/api/v1',
    '/api/v2',
    '/metrics',
    '/health',
    '/status',
    '/status.json',
    '/restmqtt',
    '/webui',
    '/webuiapi',
    '/assets',
  ],
  rootOnce: false,
  answersHead: true,
  foldsSlash: true,
  probe: '/api/v1/cluster/show',
  routes: `
GET   /api/v1/api-key/add  api-keys.add  users  target=query:scope  # a GET that changes
GET   /api/v1/api-key/create  api-keys.create  users  hides=* target=query:scope scope=it  # a GET that changes
GET   /api/v1/api-key/delete  api-keys.delete  users  target=query:scope  # a GET that changes
GET   /api/v1/api-key/show  api-keys.list  secrets  hides=Key target=query:scope query=scope
GET   /api/v1/bridge/show  bridges.list  read  query=none
GET   /api/v1/bridge/start  bridges.start  config  # a GET that changes
GET   /api/v1/cluster  cluster.read  read  query=none
GET   /api/v1/cluster/join  cluster.join  cluster  target=query:discovery-node  # a GET that changes
GET   /api/v1/cluster/leave  cluster.leave  cluster  target=query:node  # a GET that changes
GET   /api/v1/cluster/show  cluster.read  read  query=none
GET   /api/v1/config/reset  configuration.reset  users  target=query:app,query:key  # a GET that changes
GET   /api/v1/config/show  configuration.read  secrets  hides=* target=query:app
GET   /api/v1/describe/{key}  configuration.describe  read  target=path:key query=none
GET   /api/v1/listener/delete  listeners.delete  config  target=query:address,query:port  # a GET that changes
GET   /api/v1/listener/restart  listeners.restart  control  target=query:address,query:port  # a GET that changes
GET   /api/v1/listener/show  listeners.list  read  query=none
GET   /api/v1/listener/start  listeners.start  config  target=query:address,query:port  # a GET that changes
GET   /api/v1/listener/stop  listeners.stop  control  target=query:address,query:port  # a GET that changes
GET   /api/v1/listeners  listeners.list  read  query=none
GET   /api/v1/listeners/delete  listeners.delete  config  target=query:address,query:port
GET   /api/v1/listeners/restart  listeners.restart  control  target=query:address,query:port
GET   /api/v1/listeners/show  listeners.list  read  query=none
GET   /api/v1/listeners/start  listeners.start  config  target=query:address,query:port
GET   /api/v1/listeners/stop  listeners.stop  control  target=query:address,query:port
GET   /api/v1/log/level  log.level  config  target=query:logger,query:level  # a GET that changes; since 2.0
GET   /api/v1/log/show/config  log.read  read  query=none  # since 2.0
GET   /api/v1/metrics/reset  metrics.reset  write  # a GET that changes
GET   /api/v1/metrics/show  metrics.show  read  query=--with-descriptions
GET   /api/v1/node/flag_as_init_synced  nodes.flag-synced  cluster  # a GET that changes; since 2.1
GET   /api/v1/node/history  nodes.history  read  query=none  # since 2.0
GET   /api/v1/node/start  nodes.start  control  # a GET that changes
GET   /api/v1/node/status  nodes.status  read  query=none  # since 2.0
GET   /api/v1/node/stop  nodes.stop  control  # a GET that changes
GET   /api/v1/node/swc_sync_status  nodes.sync-status  read  query=none  # since 2.1
GET   /api/v1/node/upgrade  nodes.upgrade  code
GET   /api/v1/plugin/disable  plugins.disable  code  target=query:--name  # a GET that changes
GET   /api/v1/plugin/enable  plugins.enable  code  target=query:--name,query:--path  # a GET that changes
GET   /api/v1/plugin/show  plugins.list  read  query=--plugin,--hook,--internal
GET   /api/v1/plugins  plugins.list  read  query=--plugin,--hook,--internal
GET   /api/v1/plugins/disable  plugins.disable  code  target=query:--name
GET   /api/v1/plugins/enable  plugins.enable  code  target=query:--name,query:--path
GET   /api/v1/plugins/show  plugins.list  read  query=--plugin,--hook,--internal
GET   /api/v1/pulse/info  pulse.info  read  query=none  # until 2.0.1
GET   /api/v1/pulse/start  pulse.start  config  # a GET that changes; until 2.0.1
GET   /api/v1/pulse/stop  pulse.stop  config  # a GET that changes; until 2.0.1
GET   /api/v1/retain/delete  retained.delete  write  target=query:--topic  # a GET that changes; since 1.13
GET   /api/v1/retain/delete-expired  retained.delete-expired  write  # a GET that changes; since 2.1
GET   /api/v1/retain/show  retained.list  secrets  hides=payload target=query:--topic
GET   /api/v1/script/load  scripts.load  code  target=query:path  # a GET that changes
GET   /api/v1/script/reload  scripts.reload  code  target=query:path  # a GET that changes
GET   /api/v1/script/show  scripts.list  read  query=none
GET   /api/v1/script/unload  scripts.unload  code  target=query:path  # a GET that changes
GET   /api/v1/session/disconnect  clients.kick  kick  target=query:client-id query=client-id:plain,--mountpoint:plain,-m:plain,--cleanup,-c  # a GET that changes
GET   /api/v1/session/disconnect/batch  clients.kick-batch  control  target=query:count  # a GET that changes; since 2.0
GET   /api/v1/session/disconnect/clients  clients.kick-many  kick  target=query:client-ids query=client-ids:plain,--mountpoint:plain,-m:plain,--cleanup,-c  # a GET that changes; since 2.0
GET   /api/v1/session/reauthorize  clients.reauthorize  write  target=query:client-id  # a GET that changes
GET   /api/v1/session/show  clients.list  read  target=query:--client_id query=!--payload
GET   /api/v1/session/unsubscribe  clients.unsubscribe  write  target=query:client-id,query:topic  # a GET that changes; since 2.1
GET   /api/v1/sessions  clients.list  read  query=!--payload
GET   /api/v1/sessions/disconnect  clients.kick  kick  target=query:client-id query=client-id:plain,--mountpoint:plain,-m:plain,--cleanup,-c
GET   /api/v1/sessions/disconnect/batch  clients.kick-batch  control  target=query:count
GET   /api/v1/sessions/disconnect/clients  clients.kick-many  kick  target=query:client-ids query=client-ids:plain,--mountpoint:plain,-m:plain,--cleanup,-c
GET   /api/v1/sessions/reauthorize  clients.reauthorize  write  target=query:client-id
GET   /api/v1/sessions/show  clients.list  read  query=!--payload
GET   /api/v1/sessions/unsubscribe  clients.unsubscribe  write  target=query:client-id,query:topic
GET   /api/v1/set  configuration.write  users  target=query:*  # a GET that changes
GET   /api/v1/show/{key}  configuration.show  secrets  hides=* target=path:key
GET   /api/v1/tls/check  tls.check  read  query=none  # since 2.0
GET   /api/v1/tls/clear-pem-cache  tls.clear-cache  control  # a GET that changes; since 2.0
GET   /api/v1/tls/show  tls.list  read  query=none  # since 2.0
GET   /api/v1/trace/client  traces.client  control  target=query:client-id
GET   /api/v1/trace/stop_all  traces.stop  control  # a GET that changes; since 1.13
GET   /api/v1/webhooks/cache/clear  webhooks.cache-clear  write  # a GET that changes; since 2.0
GET   /api/v1/webhooks/cache/show  webhooks.cache  secrets  hides=endpoint query=none
GET   /api/v1/webhooks/deregister  webhooks.deregister  code  target=query:hook,query:endpoint  # a GET that changes
GET   /api/v1/webhooks/register  webhooks.register  code  target=query:hook,query:endpoint  # a GET that changes
GET   /api/v1/webhooks/show  webhooks.list  secrets  hides=endpoint query=none
GET   /api/v1/webui/install  webui.install  code  target=query:--repo,query:--version  # a GET that changes; since 2.0
GET   /api/v1/webui/show  webui.read  read  query=none  # since 2.0
GET   /api/v2/client  clients.status  read  target=query:client_id query=client_id
GET   /api/v2/disconnect  clients.kick  kick  target=query:client_id  # a GET that changes
GET   /assets/{rest...}  webui.page  read  # since 2.0
GET   /health  health.read  read  query=none
GET   /health/listeners  health.listeners  read  query=none  # since 2.0
GET   /health/listeners_full_cluster  health.cluster  read  query=none  # since 2.0
GET   /health/ping  health.ping  read  query=none  # since 2.0
GET   /metrics  metrics.prometheus  read  query=none
POST  /restmqtt/api/v1/publish  mqtt.publish  publish  topics=topic|header:topic|query:topic target=body:topic
PUT   /restmqtt/api/v1/publish  mqtt.publish  publish  topics=topic|header:topic|query:topic target=body:topic
GET   /status  status.page  read  query=none
GET   /status/{rest...}  status.page  read
GET   /status.json  status.read  read  query=none
GET   /webui  webui.page  read  query=none  # since 2.0
GET   /webui/{rest...}  webui.page  read  # since 2.0
GET   /webuiapi/login  login.create  users  hides=*
POST  /webuiapi/login  login.create  users  hides=*  # since 2.0
PUT   /webuiapi/login  login.create  users  hides=*
GET   /webuiapi/logout  login.delete  users
POST  /webuiapi/logout  login.delete  users  # since 2.0
PUT   /webuiapi/logout  login.delete  users
GET   /webuiapi/v1/options  webui.options  read  query=none  # since 2.0
POST  /webuiapi/v1/options  webui.options  read
PUT   /webuiapi/v1/options  webui.options  read
GET   /webuiapi/v1/read  files.read  secrets  hides=* target=query:file  # since 2.0
POST  /webuiapi/v1/read  files.read  secrets  hides=* target=query:file
PUT   /webuiapi/v1/read  files.read  secrets  hides=* target=query:file
GET   /webuiapi/v1/write  files.write  users  target=query:file
POST  /webuiapi/v1/write  files.write  users  target=query:file  # since 2.0
PUT   /webuiapi/v1/write  files.write  users  target=query:file
GET   /webuiapi/v1/{rest...}  webui.forward  code  # since 2.0
POST  /webuiapi/v1/{rest...}  webui.forward  code
PUT   /webuiapi/v1/{rest...}  webui.forward  code
`,
};
