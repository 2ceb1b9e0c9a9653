// RabbitMQ's management API as data: which method and path is which action of which class. Read from its dispatchers,
// 3.10 to 4.3, plugins included; a route that a release lacks is answered 404 by it.
import type { BrokerApi } from '../broker-api.ts';

export const RABBITMQ: BrokerApi = {
  name: 'rabbitmq',
  roots: ['/api'],
  rootOnce: false,
  answersHead: true,
  foldsSlash: true,
  probe: '/api/whoami',
  routes: `
GET     /api/aliveness-test/{vhost/}  health.aliveness  write  target=path:vhost  # a GET that writes: it publishes and takes a message
GET     /api/all-configuration  definitions.read  secrets  hides=password_hash,*uri*,*password*,*secret*,*token* query=!auth,!token
POST    /api/all-configuration  definitions.import  users  query=!auth,!token  # users and permissions among them
GET     /api/auth  oauth.settings  secrets  hides=oauth_client_secret  # until 4.2.0
GET     /api/auth/attempts/{node}  auth-attempts.list  read  target=path:node
DELETE  /api/auth/attempts/{node}  auth-attempts.clear  write  target=path:node
GET     /api/auth/attempts/{node}/source  auth-attempts.by-source  read  target=path:node
DELETE  /api/auth/attempts/{node}/source  auth-attempts.clear  write  target=path:node
GET     /api/auth/hash_password/{password/}  passwords.hash  secrets  hides=* path=hidden head=no  # the password stands in the path; since 3.10
GET     /api/bindings  bindings.list  read
GET     /api/bindings/{vhost/}  bindings.list  read  target=path:vhost
GET     /api/bindings/{vhost/}/e/{source/}/{dtype}/{destination/}  bindings.list  read  target=path:source,path:destination
POST    /api/bindings/{vhost/}/e/{source/}/{dtype}/{destination/}  bindings.create  write  topics=path:source,routing_key target=path:source,path:destination  # what flows into the destination
GET     /api/bindings/{vhost/}/e/{source/}/{dtype}/{destination/}/{props/}  bindings.read  read  target=path:source,path:destination
DELETE  /api/bindings/{vhost/}/e/{source/}/{dtype}/{destination/}/{props/}  bindings.delete  write  target=path:source,path:destination
GET     /api/channels  channels.list  read
GET     /api/channels/{channel/}  channels.read  read  target=path:channel
GET     /api/cluster-name  cluster.name-read  read
PUT     /api/cluster-name  cluster.name-write  cluster
GET     /api/config/effective  configuration.read  secrets  hides=*  # since 3.10
GET     /api/connections  connections.list  read
GET     /api/connections/username/{username/}  connections.by-user  read  target=path:username
DELETE  /api/connections/username/{username/}  connections.kick-user  kick  target=path:username  # every connection of the user
GET     /api/connections/{connection/}  connections.read  read  target=path:connection
DELETE  /api/connections/{connection/}  connections.kick  kick  target=path:connection
GET     /api/connections/{connection/}/channels  connections.channels  read  target=path:connection
GET     /api/connections/{connection/}/sessions  connections.sessions  read  target=path:connection  # since 4.1
GET     /api/consumers  consumers.list  read
GET     /api/consumers/{vhost/}  consumers.list  read  target=path:vhost
GET     /api/definitions  definitions.read  secrets  hides=password_hash,*uri*,*password*,*secret*,*token* query=!auth,!token
POST    /api/definitions  definitions.import  users  query=!auth,!token  # users and permissions among them
GET     /api/definitions/{vhost/}  definitions.read-vhost  secrets  hides=password_hash,*uri*,*password*,*secret*,*token* target=path:vhost query=!auth,!token
POST    /api/definitions/{vhost/}  definitions.import-vhost  users  target=path:vhost query=!auth,!token  # permissions among them
GET     /api/deprecated-features  deprecated-features.list  read  # since 3.13
GET     /api/deprecated-features/used  deprecated-features.used  read  # since 3.13
GET     /api/exchanges  exchanges.list  read
GET     /api/exchanges/{vhost/}  exchanges.list  read  target=path:vhost
GET     /api/exchanges/{vhost/}/{exchange/}  exchanges.read  read  target=path:exchange
PUT     /api/exchanges/{vhost/}/{exchange/}  exchanges.write  write  target=path:exchange
DELETE  /api/exchanges/{vhost/}/{exchange/}  exchanges.delete  write  target=path:exchange  # its bindings too
GET     /api/exchanges/{vhost/}/{exchange/}/bindings/destination  bindings.list  read  target=path:exchange
GET     /api/exchanges/{vhost/}/{exchange/}/bindings/source  bindings.list  read  target=path:exchange
POST    /api/exchanges/{vhost/}/{exchange/}/publish  mqtt.publish  publish  topics=path:vhost,path:exchange,routing_key&properties.headers.CC[]&properties.headers.BCC[] target=path:exchange  # routing_key is the topic with . for /
GET     /api/extensions  extensions.list  read
GET     /api/feature-flags  feature-flags.list  read
PUT     /api/feature-flags/{name}/enable  feature-flags.enable  control  target=path:name  # cannot be undone
GET     /api/federation-links  federation.list  read  # plugin rabbitmq_federation_management
GET     /api/federation-links/state/down  federation.down  read  # plugin rabbitmq_federation_management
GET     /api/federation-links/vhost/{vhost/}/{id}/{node}/restart  federation.list  read  target=path:id  # plugin rabbitmq_federation_management
DELETE  /api/federation-links/vhost/{vhost/}/{id}/{node}/restart  federation.restart  control  target=path:id  # a DELETE that restarts; plugin rabbitmq_federation_management
GET     /api/federation-links/{vhost/}  federation.list  read  target=path:vhost  # plugin rabbitmq_federation_management
GET     /api/federation-links/{vhost/}/state/down  federation.down  read  target=path:vhost  # plugin rabbitmq_federation_management
GET     /api/global-parameters  global-parameters.list  secrets  hides=*uri*,*password*,*secret*,*token*
GET     /api/global-parameters/{name/}  global-parameters.read  secrets  hides=*uri*,*password*,*secret*,*token* target=path:name
PUT     /api/global-parameters/{name/}  global-parameters.write  config  target=path:name
DELETE  /api/global-parameters/{name/}  global-parameters.delete  config  target=path:name
GET     /api/health/checks/alarms  health.check  read
GET     /api/health/checks/below-node-connection-limit  health.check  read  # since 4.1
GET     /api/health/checks/certificate-expiration/{within}/{unit}  health.check  read
GET     /api/health/checks/is-in-service  health.check  read  # since 4.1
GET     /api/health/checks/local-alarms  health.check  read
GET     /api/health/checks/metadata-store/initialized  health.check  read  # since 4.0
GET     /api/health/checks/metadata-store/initialized/with-data  health.check  read  # since 4.0
GET     /api/health/checks/node-is-mirror-sync-critical  health.check  read  # until 3.13
GET     /api/health/checks/node-is-quorum-critical  health.check  read
GET     /api/health/checks/port-listener/{port}  health.check  read
GET     /api/health/checks/protocol-listener/{protocols}  health.check  read
GET     /api/health/checks/quorum-queues-without-elected-leaders/all-vhosts  health.check  read  # since 4.1
GET     /api/health/checks/quorum-queues-without-elected-leaders/all-vhosts/pattern/{pattern/}  health.check  read  target=path:pattern  # since 4.1
GET     /api/health/checks/quorum-queues-without-elected-leaders/vhost/{vhost/}  health.check  read  target=path:vhost  # since 4.1
GET     /api/health/checks/quorum-queues-without-elected-leaders/vhost/{vhost/}/pattern/{pattern/}  health.check  read  target=path:vhost,path:pattern  # since 4.1
GET     /api/health/checks/reached-target-cluster-size  health.check  read  # since 4.2
GET     /api/health/checks/ready-to-serve-clients  health.check  read  # since 4.1
GET     /api/health/checks/virtual-hosts  health.check  read
GET     /api/healthchecks/node  health.node  read
GET     /api/healthchecks/node/{node}  health.node  read  target=path:node
POST    /api/login  login.create  users  hides=token target=body:username
DELETE  /api/login  login.delete  users  # since 4.3
GET     /api/nodes  nodes.list  read
GET     /api/nodes/{node}  nodes.read  read  target=path:node
GET     /api/nodes/{node}/memory  nodes.memory  read  target=path:node
GET     /api/nodes/{node}/memory/ets  nodes.memory-ets  read  target=path:node
GET     /api/nodes/{node}/memory/ets/relative  nodes.memory-ets  read  target=path:node
GET     /api/nodes/{node}/memory/ets/{filter}  nodes.memory-ets  read  target=path:node
GET     /api/nodes/{node}/memory/ets/{filter}/relative  nodes.memory-ets  read  target=path:node
GET     /api/nodes/{node}/memory/relative  nodes.memory  read  target=path:node
GET     /api/operator-policies  operator-policies.list  read
GET     /api/operator-policies/{vhost/}  operator-policies.list  read  target=path:vhost
GET     /api/operator-policies/{vhost/}/{name/}  operator-policies.read  read  target=path:name
PUT     /api/operator-policies/{vhost/}/{name/}  operator-policies.write  config  target=path:name
DELETE  /api/operator-policies/{vhost/}/{name/}  operator-policies.delete  config  target=path:name
GET     /api/overview  overview.read  read
GET     /api/parameters  parameters.list  secrets  hides=*uri*,*password*,*secret*,*token*
GET     /api/parameters/{component}  parameters.list  secrets  hides=*uri*,*password*,*secret*,*token* target=path:component
GET     /api/parameters/{component}/{vhost/}  parameters.list  secrets  hides=*uri*,*password*,*secret*,*token* target=path:component,path:vhost
GET     /api/parameters/{component}/{vhost/}/{name/}  parameters.read  secrets  hides=*uri*,*password*,*secret*,*token* target=path:component,path:name
PUT     /api/parameters/{component}/{vhost/}/{name/}  parameters.write  config  target=path:component,path:name
DELETE  /api/parameters/{component}/{vhost/}/{name/}  parameters.delete  config  target=path:component,path:name
GET     /api/permissions  permissions.list  read
GET     /api/permissions/{vhost/}/{user/}  permissions.read  read  target=path:user
PUT     /api/permissions/{vhost/}/{user/}  permissions.write  users  target=path:user
DELETE  /api/permissions/{vhost/}/{user/}  permissions.delete  users  target=path:user
GET     /api/policies  policies.list  read
GET     /api/policies/{vhost/}  policies.list  read  target=path:vhost
GET     /api/policies/{vhost/}/{name/}  policies.read  read  target=path:name
PUT     /api/policies/{vhost/}/{name/}  policies.write  config  target=path:name
DELETE  /api/policies/{vhost/}/{name/}  policies.delete  config  target=path:name
GET     /api/process/{pid}  top.process  read  target=path:pid  # plugin rabbitmq_top
GET     /api/queues  queues.list  read
GET     /api/queues/detailed  queues.list-detailed  read  # since 3.13
POST    /api/queues/quorum/replicas/on/{node}/grow  quorum.grow  cluster  target=path:node  # since 3.11
DELETE  /api/queues/quorum/replicas/on/{node}/shrink  quorum.shrink  cluster  target=path:node  # since 3.11
POST    /api/queues/quorum/{vhost/}/{queue/}/replicas/add  quorum.replica-add  cluster  target=path:queue  # since 3.11
DELETE  /api/queues/quorum/{vhost/}/{queue/}/replicas/delete  quorum.replica-delete  cluster  target=path:queue  # since 3.11
GET     /api/queues/quorum/{vhost/}/{queue/}/status  quorum.status  read  target=path:queue head=no  # since 3.13
GET     /api/queues/{vhost/}  queues.list  read  target=path:vhost
GET     /api/queues/{vhost/}/{destination/}/bindings  bindings.list  read  target=path:destination
GET     /api/queues/{vhost/}/{queue/}  queues.read  read  target=path:queue
PUT     /api/queues/{vhost/}/{queue/}  queues.write  write  target=path:queue
DELETE  /api/queues/{vhost/}/{queue/}  queues.delete  write  target=path:queue  # with its messages
POST    /api/queues/{vhost/}/{queue/}/actions  queues.action  control  target=path:queue
DELETE  /api/queues/{vhost/}/{queue/}/contents  queues.purge  write  target=path:queue  # everything in it
POST    /api/queues/{vhost/}/{queue/}/get  queues.get  write  hides=payload target=path:queue  # takes messages out
POST    /api/rebalance/queues  queues.rebalance  cluster
DELETE  /api/reset  stats.reset  write
DELETE  /api/reset/{node}  stats.reset  write  target=path:node
GET     /api/shovels  shovels.list  read  # plugin rabbitmq_shovel_management
GET     /api/shovels/vhost/{vhost/}/{name/}  shovels.read  read  target=path:name  # plugin rabbitmq_shovel_management
DELETE  /api/shovels/vhost/{vhost/}/{name/}  shovels.delete  config  target=path:name  # plugin rabbitmq_shovel_management
GET     /api/shovels/vhost/{vhost/}/{name/}/restart  shovels.read  read  target=path:name  # plugin rabbitmq_shovel_management
DELETE  /api/shovels/vhost/{vhost/}/{name/}/restart  shovels.restart  control  target=path:name  # a DELETE that restarts; plugin rabbitmq_shovel_management
GET     /api/shovels/{vhost/}  shovels.list  read  target=path:vhost  # plugin rabbitmq_shovel_management
GET     /api/stream/connections  stream-connections.list  read  # plugin rabbitmq_stream_management
GET     /api/stream/connections/{vhost/}  stream-connections.list  read  target=path:vhost  # plugin rabbitmq_stream_management
GET     /api/stream/connections/{vhost/}/{connection/}  stream-connections.read  read  target=path:connection  # plugin rabbitmq_stream_management
DELETE  /api/stream/connections/{vhost/}/{connection/}  stream-connections.kick  kick  target=path:connection  # plugin rabbitmq_stream_management
GET     /api/stream/connections/{vhost/}/{connection/}/consumers  stream-connections.consumers  read  target=path:connection  # plugin rabbitmq_stream_management
GET     /api/stream/connections/{vhost/}/{connection/}/publishers  stream-connections.publishers  read  target=path:connection  # plugin rabbitmq_stream_management
GET     /api/stream/consumers  stream-consumers.list  read  # plugin rabbitmq_stream_management
GET     /api/stream/consumers/{vhost/}  stream-consumers.list  read  target=path:vhost  # plugin rabbitmq_stream_management
GET     /api/stream/publishers  stream-publishers.list  read  # plugin rabbitmq_stream_management
GET     /api/stream/publishers/{vhost/}  stream-publishers.list  read  target=path:vhost  # plugin rabbitmq_stream_management
GET     /api/stream/publishers/{vhost/}/{queue/}  stream-publishers.list  read  target=path:queue  # plugin rabbitmq_stream_management
PUT     /api/stream/super-streams/{vhost/}/{name/}  super-streams.create  write  target=path:name  # since 4.1; plugin rabbitmq_stream_management
GET     /api/stream/{vhost/}/{queue/}/tracking  streams.tracking  read  target=path:queue  # since 3.13; plugin rabbitmq_stream_management
GET     /api/top/ets/{node}  top.ets  read  target=path:node  # plugin rabbitmq_top
GET     /api/top/{node}  top.processes  read  target=path:node  # plugin rabbitmq_top
GET     /api/topic-permissions  topic-permissions.list  read
GET     /api/topic-permissions/{vhost/}/{user/}  topic-permissions.read  read  target=path:user
PUT     /api/topic-permissions/{vhost/}/{user/}  topic-permissions.write  users  target=path:user
DELETE  /api/topic-permissions/{vhost/}/{user/}  topic-permissions.delete  users  target=path:user
GET     /api/topic-permissions/{vhost/}/{user/}/{exchange/}  topic-permissions.read  read  target=path:user
PUT     /api/topic-permissions/{vhost/}/{user/}/{exchange/}  topic-permissions.write  users  target=path:user
DELETE  /api/topic-permissions/{vhost/}/{user/}/{exchange/}  topic-permissions.delete  users  target=path:user
GET     /api/trace-files  trace-files.list  read  # plugin rabbitmq_tracing
GET     /api/trace-files/node/{node}  trace-files.list  read  target=path:node  # plugin rabbitmq_tracing
GET     /api/trace-files/node/{node}/{name}  trace-files.read  secrets  hides=* target=path:name  # plugin rabbitmq_tracing
DELETE  /api/trace-files/node/{node}/{name}  trace-files.delete  write  target=path:name  # plugin rabbitmq_tracing
GET     /api/trace-files/{name}  trace-files.read  secrets  hides=* target=path:name  # plugin rabbitmq_tracing
DELETE  /api/trace-files/{name}  trace-files.delete  write  target=path:name  # plugin rabbitmq_tracing
GET     /api/traces  traces.list  read  # plugin rabbitmq_tracing
GET     /api/traces/node/{node}  traces.list  read  target=path:node  # plugin rabbitmq_tracing
GET     /api/traces/node/{node}/{vhost/}  traces.list  read  target=path:vhost  # plugin rabbitmq_tracing
GET     /api/traces/node/{node}/{vhost/}/{name/}  traces.read  read  target=path:name  # plugin rabbitmq_tracing
PUT     /api/traces/node/{node}/{vhost/}/{name/}  traces.start  control  target=path:name  # plugin rabbitmq_tracing
DELETE  /api/traces/node/{node}/{vhost/}/{name/}  traces.stop  control  target=path:name  # plugin rabbitmq_tracing
GET     /api/traces/{vhost/}  traces.list  read  target=path:vhost  # plugin rabbitmq_tracing
GET     /api/traces/{vhost/}/{name/}  traces.read  read  target=path:name  # plugin rabbitmq_tracing
PUT     /api/traces/{vhost/}/{name/}  traces.start  control  target=path:name  # plugin rabbitmq_tracing
DELETE  /api/traces/{vhost/}/{name/}  traces.stop  control  target=path:name  # plugin rabbitmq_tracing
GET     /api/user-limits  user-limits.list  read  head=no
GET     /api/user-limits/{user/}  user-limits.list  read  target=path:user head=no
PUT     /api/user-limits/{user/}/{name/}  user-limits.write  users  target=path:user
DELETE  /api/user-limits/{user/}/{name/}  user-limits.delete  users  target=path:user
GET     /api/users  users.list  secrets  hides=password_hash
POST    /api/users/bulk-delete  users.delete-many  users  target=body:users
GET     /api/users/without-permissions  users.without-permissions  secrets  hides=password_hash
GET     /api/users/{user/}  users.read  secrets  hides=password_hash target=path:user
PUT     /api/users/{user/}  users.write  users  target=path:user  # tags make an administrator
DELETE  /api/users/{user/}  users.delete  users  target=path:user
GET     /api/users/{user/}/permissions  permissions.by-user  read  target=path:user
GET     /api/users/{user/}/queues  queues.by-user  read  target=path:user  # since 4.3
GET     /api/users/{user/}/topic-permissions  topic-permissions.by-user  read  target=path:user
GET     /api/version  version.read  read  # since 4.0
GET     /api/vhost-limits  vhost-limits.list  read  head=no
GET     /api/vhost-limits/{vhost/}  vhost-limits.list  read  target=path:vhost head=no
PUT     /api/vhost-limits/{vhost/}/{name/}  vhost-limits.write  config  target=path:vhost
DELETE  /api/vhost-limits/{vhost/}/{name/}  vhost-limits.delete  config  target=path:vhost
GET     /api/vhosts  vhosts.list  read
GET     /api/vhosts/{vhost/}  vhosts.read  read  target=path:vhost
PUT     /api/vhosts/{vhost/}  vhosts.write  config  target=path:vhost
DELETE  /api/vhosts/{vhost/}  vhosts.delete  control  target=path:vhost
GET     /api/vhosts/{vhost/}/channels  channels.by-vhost  read  target=path:vhost
GET     /api/vhosts/{vhost/}/connections  connections.by-vhost  read  target=path:vhost
GET     /api/vhosts/{vhost/}/deletion/protection  vhosts.protection-read  read  target=path:vhost head=no  # since 4.0
POST    /api/vhosts/{vhost/}/deletion/protection  vhosts.protection-on  config  target=path:vhost  # since 4.0
DELETE  /api/vhosts/{vhost/}/deletion/protection  vhosts.protection-off  control  target=path:vhost  # since 4.0
GET     /api/vhosts/{vhost/}/permissions  permissions.by-vhost  read  target=path:vhost
POST    /api/vhosts/{vhost/}/start/{node}  vhosts.start  control  target=path:vhost,path:node
GET     /api/vhosts/{vhost/}/topic-permissions  topic-permissions.by-vhost  read  target=path:vhost
GET     /api/whoami  whoami.read  read  # the login that the guard uses
`,
};
