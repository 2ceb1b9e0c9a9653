// RMQTT's API as data: which method and path is which action of which class. Read from its router, 0.10 to 0.23.
import type { BrokerApi } from '../broker-api.ts';

export const RMQTT: BrokerApi = {
  name: 'rmqtt',
  roots: ['/api/v1'],
  rootOnce: false,
  answersHead: false,
  foldsSlash: true,
  probe: '/api/v1/brokers',
  routes: `
GET     /api/v1  endpoints.list  read
GET     /api/v1/brokers  brokers.list  read
GET     /api/v1/brokers/{id}  brokers.read  read  target=path:id
GET     /api/v1/clients  clients.list  read  hides=last_will
GET     /api/v1/clients/offlines  clients.offlines  read  hides=last_will
DELETE  /api/v1/clients/offlines  clients.kick-offlines  control  # every offline session that the query matches
GET     /api/v1/clients/{clientid/}  clients.read  read  hides=last_will target=path:clientid
DELETE  /api/v1/clients/{clientid/}  clients.kick  kick  target=path:clientid  # the session too
GET     /api/v1/clients/{clientid/}/online  clients.online  read  target=path:clientid
GET     /api/v1/features  features.list  read
GET     /api/v1/features/{id}  features.read  read  target=path:id
GET     /api/v1/health/check  health.read  read
GET     /api/v1/health/check/{id}  health.read  read  target=path:id
GET     /api/v1/metrics  metrics.list  read
GET     /api/v1/metrics/history  metrics.history  read
GET     /api/v1/metrics/history/sum  metrics.history-sum  read
GET     /api/v1/metrics/history/{id}  metrics.history-node  read  target=path:id
GET     /api/v1/metrics/prometheus  metrics.prometheus  read  # text
GET     /api/v1/metrics/prometheus/sum  metrics.prometheus-sum  read
GET     /api/v1/metrics/prometheus/{id}  metrics.prometheus-node  read  target=path:id
GET     /api/v1/metrics/sum  metrics.sum  read
GET     /api/v1/metrics/{id}  metrics.read  read  target=path:id
POST    /api/v1/mqtt/publish  mqtt.publish  publish  topics=topic&topics:trimmed target=body:topic
POST    /api/v1/mqtt/subscribe  clients.subscribe  write  topics=topic&topics target=body:clientid  # for another client
POST    /api/v1/mqtt/unsubscribe  clients.unsubscribe  write  topics=topic target=body:clientid
GET     /api/v1/nodes  nodes.list  read
GET     /api/v1/nodes/{id}  nodes.read  read  target=path:id
GET     /api/v1/plugins  plugins.list  read
GET     /api/v1/plugins/{node}  plugins.list-node  read  target=path:node
GET     /api/v1/plugins/{node}/{plugin}  plugins.read  read  target=path:plugin
GET     /api/v1/plugins/{node}/{plugin}/config  plugins.config-read  secrets  hides=*password*,*passwd*,*secret*,*token*,*key*,*url*,*headers* target=path:plugin  # settings of a plugin
PUT     /api/v1/plugins/{node}/{plugin}/config/reload  plugins.config-reload  config  target=path:plugin
PUT     /api/v1/plugins/{node}/{plugin}/load  plugins.load  code  target=path:plugin
PUT     /api/v1/plugins/{node}/{plugin}/unload  plugins.unload  code  target=path:plugin
GET     /api/v1/retains  retained.list  secrets  hides=payload target=query:topic_filter  # message contents
DELETE  /api/v1/retains  retained.delete  write  target=query:topic
GET     /api/v1/routes  routes.list  read
GET     /api/v1/routes/{topic/}  routes.read  read  target=path:topic
GET     /api/v1/stats  stats.list  read
GET     /api/v1/stats/history  stats.history  read
GET     /api/v1/stats/history/sum  stats.history-sum  read
GET     /api/v1/stats/history/{id}  stats.history-node  read  target=path:id
GET     /api/v1/stats/sum  stats.sum  read
GET     /api/v1/stats/sys  stats.sys  read
GET     /api/v1/stats/sys/sum  stats.sys-sum  read
GET     /api/v1/stats/sys/{id}  stats.sys-node  read  target=path:id
GET     /api/v1/stats/{id}  stats.read  read  target=path:id
GET     /api/v1/subscriptions  subscriptions.list  read
GET     /api/v1/subscriptions/{clientid/}  subscriptions.read  read  target=path:clientid
`,
};
