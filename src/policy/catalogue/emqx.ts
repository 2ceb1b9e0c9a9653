// EMQX's API v5 as data: which method and path is which action of which class. Read from its API modules, 5.8 to 6.3; a
// route that a release or an edition lacks is answered 404 by it.
import type { BrokerApi } from '../broker-api.ts';

export const EMQX: BrokerApi = {
  name: 'emqx',
  roots: ['/api/v5'],
  rootOnce: false,
  answersHead: false,
  foldsSlash: true,
  publishing: { delays: true },
  memberSets: {
    credentials:
      '*password*,*passwd*,*secret*,*token*,*private_key*,ssl.key,ssl_options.key,account_key,access_key_id,api_key,jwt,jwk,client_jwks,service_account_json,headers',
  },
  probe: '/api/v5/nodes',
  routes: `
GET     /api/v5/a2a/cards/card/{org_id}/{unit_id}/{agent_id}  a2a-cards.read  read  target=path:agent_id scope=connections  # since 6.2.0; 6.x only
POST    /api/v5/a2a/cards/card/{org_id}/{unit_id}/{agent_id}  a2a-cards.create  write  target=path:agent_id scope=connections  # since 6.2.0; 6.x only
DELETE  /api/v5/a2a/cards/card/{org_id}/{unit_id}/{agent_id}  a2a-cards.delete  write  target=path:agent_id scope=connections  # since 6.2.0; 6.x only
GET     /api/v5/a2a/cards/list  a2a-cards.list  read  scope=connections  # since 6.2.0; 6.x only
GET     /api/v5/action_types  actions.types  read  scope=data_integration
GET     /api/v5/actions  actions.list  secrets  hides=@credentials scope=data_integration
POST    /api/v5/actions  actions.create  config  target=body:name scope=data_integration
GET     /api/v5/actions/{id}  actions.read  secrets  hides=@credentials target=path:id scope=data_integration
PUT     /api/v5/actions/{id}  actions.update  config  target=path:id scope=data_integration
DELETE  /api/v5/actions/{id}  actions.delete  config  target=path:id scope=data_integration  # its rules too, where the query says so
PUT     /api/v5/actions/{id}/enable/{enable}  actions.enable  config  target=path:id scope=data_integration
GET     /api/v5/actions/{id}/metrics  actions.metrics  read  target=path:id scope=data_integration
PUT     /api/v5/actions/{id}/metrics/reset  actions.metrics-reset  write  target=path:id scope=data_integration
POST    /api/v5/actions/{id}/{operation}  actions.operate  config  target=path:id scope=data_integration  # start, stop, restart
POST    /api/v5/actions_probe  actions.probe  config  scope=data_integration  # the broker connects to an address of the body
GET     /api/v5/actions_summary  actions.summary  read  scope=data_integration  # since 5.8.6
GET     /api/v5/ai/completion_profiles  ai-profiles.list  read  scope=data_integration  # since 5.10.0; not in the open edition of 5.8
POST    /api/v5/ai/completion_profiles  ai-profiles.create  config  target=body:name scope=data_integration  # since 5.10.0; not in the open edition of 5.8
GET     /api/v5/ai/completion_profiles/{name}  ai-profiles.read  read  target=path:name scope=data_integration  # since 5.10.0; not in the open edition of 5.8
PUT     /api/v5/ai/completion_profiles/{name}  ai-profiles.update  config  target=path:name scope=data_integration  # since 5.10.0; not in the open edition of 5.8
DELETE  /api/v5/ai/completion_profiles/{name}  ai-profiles.delete  config  target=path:name scope=data_integration  # since 5.10.0; not in the open edition of 5.8
POST    /api/v5/ai/models  ai-models.list  config  scope=data_integration  # the broker asks the provider; since 6.0.0; 6.x only
GET     /api/v5/ai/providers  ai-providers.list  secrets  hides=@credentials scope=data_integration  # since 5.10.0; not in the open edition of 5.8
POST    /api/v5/ai/providers  ai-providers.create  config  target=body:name scope=data_integration  # since 5.10.0; not in the open edition of 5.8
GET     /api/v5/ai/providers/{name}  ai-providers.read  secrets  hides=@credentials target=path:name scope=data_integration  # since 5.10.0; not in the open edition of 5.8
PUT     /api/v5/ai/providers/{name}  ai-providers.update  config  target=path:name scope=data_integration  # since 5.10.0; not in the open edition of 5.8
DELETE  /api/v5/ai/providers/{name}  ai-providers.delete  config  target=path:name scope=data_integration  # since 5.10.0; not in the open edition of 5.8
GET     /api/v5/ai/providers/{name}/models  ai-providers.models  read  target=path:name scope=data_integration  # the broker asks the provider; since 6.0.0; 6.x only
GET     /api/v5/alarms  alarms.list  read  scope=monitoring
DELETE  /api/v5/alarms  alarms.clear  write  scope=monitoring  # the history
POST    /api/v5/alarms/force_deactivate  alarms.deactivate  write  target=body:name scope=monitoring  # since 5.8.9
GET     /api/v5/api_key  api-keys.list  secrets  hides=api_key scope=api_key_management
POST    /api/v5/api_key  api-keys.create  users  hides=api_key,api_secret target=body:name scope=api_key_management  # the answer shows a new key
GET     /api/v5/api_key/{name/}  api-keys.read  secrets  hides=api_key target=path:name scope=api_key_management
PUT     /api/v5/api_key/{name/}  api-keys.update  users  hides=api_key target=path:name scope=api_key_management
DELETE  /api/v5/api_key/{name/}  api-keys.delete  users  target=path:name scope=api_key_management
GET     /api/v5/api_key_scopes  api-keys.scopes  read  # since 5.10.4; not in the open edition of 5.8
GET     /api/v5/audit  audit.list  secrets  hides=http_request.body,http_request.headers,args scope=audit  # who did what; not in the open edition of 5.8
GET     /api/v5/authentication  authentication.list  secrets  hides=@credentials scope=access_control
POST    /api/v5/authentication  authentication.create  users  scope=access_control  # who may connect
POST    /api/v5/authentication/node_cache/reset  authentication.cache-reset  write  scope=access_control  # since 5.9.0; not in the open edition of 5.8
GET     /api/v5/authentication/node_cache/status  authentication.cache-status  read  scope=access_control  # since 5.9.0; not in the open edition of 5.8
PUT     /api/v5/authentication/order  authentication.order  users  scope=access_control
GET     /api/v5/authentication/settings  authentication.settings  read  scope=access_control  # since 5.9.0; not in the open edition of 5.8
PUT     /api/v5/authentication/settings  authentication.settings-write  users  scope=access_control  # since 5.9.0; not in the open edition of 5.8
GET     /api/v5/authentication/{id}  authentication.read  secrets  hides=@credentials target=path:id scope=access_control
PUT     /api/v5/authentication/{id}  authentication.update  users  target=path:id scope=access_control
DELETE  /api/v5/authentication/{id}  authentication.delete  users  target=path:id scope=access_control  # who may connect
POST    /api/v5/authentication/{id}/import_users  mqtt-users.import  users  target=path:id scope=access_control  # a file of users
POST    /api/v5/authentication/{id}/metrics/reset  authentication.metrics-reset  write  target=path:id scope=access_control  # since 6.2.0; 6.x only
PUT     /api/v5/authentication/{id}/position/{position}  authentication.move  users  target=path:id scope=access_control
GET     /api/v5/authentication/{id}/status  authentication.status  read  target=path:id scope=access_control
GET     /api/v5/authentication/{id}/users  mqtt-users.list  read  target=path:id scope=access_control
POST    /api/v5/authentication/{id}/users  mqtt-users.create  users  target=body:user_id scope=access_control
GET     /api/v5/authentication/{id}/users/{user_id/}  mqtt-users.read  read  target=path:user_id scope=access_control
PUT     /api/v5/authentication/{id}/users/{user_id/}  mqtt-users.update  users  target=path:user_id scope=access_control
DELETE  /api/v5/authentication/{id}/users/{user_id/}  mqtt-users.delete  users  target=path:user_id scope=access_control
DELETE  /api/v5/authorization/cache  authorization.cache-clear  write  scope=access_control
GET     /api/v5/authorization/node_cache  authorization.cache-settings  read  scope=access_control  # since 5.9.0; not in the open edition of 5.8
PUT     /api/v5/authorization/node_cache  authorization.cache-settings-write  users  scope=access_control  # since 5.9.0; not in the open edition of 5.8
POST    /api/v5/authorization/node_cache/reset  authorization.cache-reset  write  scope=access_control  # since 5.9.0; not in the open edition of 5.8
GET     /api/v5/authorization/node_cache/status  authorization.cache-status  read  scope=access_control  # since 5.9.0; not in the open edition of 5.8
GET     /api/v5/authorization/settings  authorization.settings  read  scope=access_control
PUT     /api/v5/authorization/settings  authorization.settings-write  users  scope=access_control  # what counts where no rule matches
GET     /api/v5/authorization/sources  authorization.list  secrets  hides=@credentials scope=access_control
POST    /api/v5/authorization/sources  authorization.create  users  scope=access_control
DELETE  /api/v5/authorization/sources/built_in_database/rules  acl-rules.purge  users  scope=access_control  # every rule at once
GET     /api/v5/authorization/sources/built_in_database/rules/all  acl-rules.all  read  scope=access_control
POST    /api/v5/authorization/sources/built_in_database/rules/all  acl-rules.all-set  users  scope=access_control
DELETE  /api/v5/authorization/sources/built_in_database/rules/all  acl-rules.all-delete  users  scope=access_control
GET     /api/v5/authorization/sources/built_in_database/rules/clients  acl-rules.clients-list  read  scope=access_control
POST    /api/v5/authorization/sources/built_in_database/rules/clients  acl-rules.clients-create  users  target=body:[].clientid scope=access_control
GET     /api/v5/authorization/sources/built_in_database/rules/clients/{clientid/}  acl-rules.clients-read  read  target=path:clientid scope=access_control
PUT     /api/v5/authorization/sources/built_in_database/rules/clients/{clientid/}  acl-rules.clients-update  users  target=path:clientid scope=access_control
DELETE  /api/v5/authorization/sources/built_in_database/rules/clients/{clientid/}  acl-rules.clients-delete  users  target=path:clientid scope=access_control
GET     /api/v5/authorization/sources/built_in_database/rules/users  acl-rules.users-list  read  scope=access_control
POST    /api/v5/authorization/sources/built_in_database/rules/users  acl-rules.users-create  users  target=body:[].username scope=access_control
GET     /api/v5/authorization/sources/built_in_database/rules/users/{username/}  acl-rules.users-read  read  target=path:username scope=access_control
PUT     /api/v5/authorization/sources/built_in_database/rules/users/{username/}  acl-rules.users-update  users  target=path:username scope=access_control
DELETE  /api/v5/authorization/sources/built_in_database/rules/users/{username/}  acl-rules.users-delete  users  target=path:username scope=access_control
PUT     /api/v5/authorization/sources/order  authorization.order  users  scope=access_control
GET     /api/v5/authorization/sources/{type}  authorization.read  secrets  hides=@credentials target=path:type scope=access_control
PUT     /api/v5/authorization/sources/{type}  authorization.update  users  target=path:type scope=access_control
DELETE  /api/v5/authorization/sources/{type}  authorization.delete  users  target=path:type scope=access_control
POST    /api/v5/authorization/sources/{type}/metrics/reset  authorization.metrics-reset  write  target=path:type scope=access_control  # since 6.2.0; 6.x only
POST    /api/v5/authorization/sources/{type}/move  authorization.move  users  target=path:type scope=access_control
GET     /api/v5/authorization/sources/{type}/status  authorization.status  read  target=path:type scope=access_control
GET     /api/v5/banned  banned.list  read  scope=connections
POST    /api/v5/banned  banned.create  users  target=body:who scope=connections  # keeps clients out
DELETE  /api/v5/banned  banned.clear  users  scope=connections  # everyone banned at once
DELETE  /api/v5/banned/{as}/{who/}  banned.delete  users  target=path:who scope=connections
GET     /api/v5/bridges  bridges.list  secrets  hides=@credentials  # until 5.10.4
POST    /api/v5/bridges  bridges.create  config  target=body:name  # until 5.10.4
GET     /api/v5/bridges/{id}  bridges.read  secrets  hides=@credentials target=path:id  # until 5.10.4
PUT     /api/v5/bridges/{id}  bridges.update  config  target=path:id  # until 5.10.4
DELETE  /api/v5/bridges/{id}  bridges.delete  config  target=path:id  # until 5.10.4
PUT     /api/v5/bridges/{id}/enable/{enable}  bridges.enable  config  target=path:id  # until 5.10.4
GET     /api/v5/bridges/{id}/metrics  bridges.metrics  read  target=path:id  # until 5.10.4
PUT     /api/v5/bridges/{id}/metrics/reset  bridges.metrics-reset  write  target=path:id  # until 5.10.4
POST    /api/v5/bridges/{id}/{operation}  bridges.operate  config  target=path:id  # until 5.10.4
POST    /api/v5/bridges_probe  bridges.probe  config  # the broker connects to an address of the body; until 5.10.4
GET     /api/v5/certs/global/list  certs.list  read  scope=system  # since 6.1.0; 6.x only
GET     /api/v5/certs/global/name/{name/}  certs.read  read  target=path:name scope=system  # since 6.1.0; 6.x only
POST    /api/v5/certs/global/name/{name/}  certs.upload  config  target=path:name scope=system  # since 6.1.0; 6.x only
DELETE  /api/v5/certs/global/name/{name/}  certs.delete  config  target=path:name scope=system  # since 6.1.0; 6.x only
GET     /api/v5/certs/ns/{namespace/}/list  certs.ns-list  read  target=path:namespace scope=system  # since 6.1.0; 6.x only
GET     /api/v5/certs/ns/{namespace}/name/{name/}  certs.ns-read  read  target=path:name scope=system  # since 6.1.0; 6.x only
POST    /api/v5/certs/ns/{namespace}/name/{name/}  certs.ns-upload  config  target=path:name scope=system  # since 6.1.0; 6.x only
DELETE  /api/v5/certs/ns/{namespace}/name/{name/}  certs.ns-delete  config  target=path:name scope=system  # since 6.1.0; 6.x only
GET     /api/v5/clients  clients.list  read  scope=connections
POST    /api/v5/clients/kickout/bulk  clients.kick-many  kick  target=body:[] scope=connections  # a list of client ids
GET     /api/v5/clients/{clientid/}  clients.read  read  target=path:clientid scope=connections
DELETE  /api/v5/clients/{clientid/}  clients.kick  kick  target=path:clientid scope=connections  # ends the session
GET     /api/v5/clients/{clientid/}/authorization/cache  clients.acl-cache  read  target=path:clientid scope=connections
DELETE  /api/v5/clients/{clientid/}/authorization/cache  clients.acl-cache-clear  write  target=path:clientid scope=connections
GET     /api/v5/clients/{clientid/}/inflight_messages  clients.inflight-messages  secrets  hides=payload target=path:clientid scope=connections  # message contents
PUT     /api/v5/clients/{clientid/}/keepalive  clients.keepalive  write  target=path:clientid scope=connections
GET     /api/v5/clients/{clientid/}/mqueue_messages  clients.queued-messages  secrets  hides=payload target=path:clientid scope=connections  # message contents
POST    /api/v5/clients/{clientid/}/subscribe  clients.subscribe  write  topics=topic target=path:clientid scope=connections  # for another client
POST    /api/v5/clients/{clientid/}/subscribe/bulk  clients.subscribe-many  write  topics=[].topic target=path:clientid scope=connections  # for another client
GET     /api/v5/clients/{clientid/}/subscriptions  clients.subscriptions  read  target=path:clientid scope=connections
POST    /api/v5/clients/{clientid/}/unsubscribe  clients.unsubscribe  write  topics=topic target=path:clientid scope=connections
POST    /api/v5/clients/{clientid/}/unsubscribe/bulk  clients.unsubscribe-many  write  topics=[].topic target=path:clientid scope=connections
GET     /api/v5/clients_v2  clients.list-v2  read  scope=connections
GET     /api/v5/cluster  cluster.read  read  scope=cluster_operations
PUT     /api/v5/cluster  cluster.update  cluster  scope=cluster_operations  # since 6.0.0; 6.x only
GET     /api/v5/cluster/invitation  cluster.invitations  read  scope=cluster_operations
GET     /api/v5/cluster/links  cluster-links.list  secrets  hides=@credentials scope=cluster_operations  # not in the open edition of 5.8
POST    /api/v5/cluster/links  cluster-links.create  config  target=body:name scope=cluster_operations  # copies topics between clusters; not in the open edition of 5.8
GET     /api/v5/cluster/links/link/{name}  cluster-links.read  secrets  hides=@credentials target=path:name scope=cluster_operations  # not in the open edition of 5.8
PUT     /api/v5/cluster/links/link/{name}  cluster-links.update  config  target=path:name scope=cluster_operations  # not in the open edition of 5.8
DELETE  /api/v5/cluster/links/link/{name}  cluster-links.delete  config  target=path:name scope=cluster_operations  # not in the open edition of 5.8
GET     /api/v5/cluster/links/link/{name}/metrics  cluster-links.metrics  read  target=path:name scope=cluster_operations  # not in the open edition of 5.8
PUT     /api/v5/cluster/links/link/{name}/metrics/reset  cluster-links.metrics-reset  write  target=path:name scope=cluster_operations  # since 5.8.3; not in the open edition of 5.8
GET     /api/v5/cluster/topology  cluster.topology  read  scope=cluster_operations
DELETE  /api/v5/cluster/{node}/force_leave  cluster.leave  cluster  target=path:node scope=cluster_operations
PUT     /api/v5/cluster/{node}/invite  cluster.invite  cluster  target=path:node scope=cluster_operations  # the other node takes the data of this one
PUT     /api/v5/cluster/{node}/invite_async  cluster.invite  cluster  target=path:node scope=cluster_operations  # the other node takes the data of this one
GET     /api/v5/configs  configuration.read  secrets  hides=* scope=system  # the whole configuration, as text
PUT     /api/v5/configs  configuration.write  users  scope=system  # any part, authentication among them
GET     /api/v5/configs/a2a_registry  configuration.part-read  secrets  hides=@credentials scope=system  # since 6.2.0; 6.x only
PUT     /api/v5/configs/a2a_registry  configuration.part-write  config  scope=system  # since 6.2.0; 6.x only
GET     /api/v5/configs/alarm  configuration.part-read  secrets  hides=@credentials scope=system
PUT     /api/v5/configs/alarm  configuration.part-write  config  scope=system
GET     /api/v5/configs/broker  configuration.part-read  secrets  hides=@credentials scope=system
PUT     /api/v5/configs/broker  configuration.part-write  config  scope=system
GET     /api/v5/configs/dashboard  configuration.part-read  secrets  hides=@credentials scope=system
PUT     /api/v5/configs/dashboard  configuration.dashboard-write  users  scope=system  # the listeners of this API
GET     /api/v5/configs/file_transfer  configuration.part-read  secrets  hides=@credentials scope=system  # not in the open edition of 5.8
PUT     /api/v5/configs/file_transfer  configuration.part-write  config  scope=system  # not in the open edition of 5.8
GET     /api/v5/configs/global_zone  configuration.zone-read  read  scope=system
PUT     /api/v5/configs/global_zone  configuration.zone-write  config  scope=system
GET     /api/v5/configs/limiter  configuration.limiter-read  read  scope=system  # until 5.8.9
PUT     /api/v5/configs/limiter  configuration.limiter-write  config  scope=system  # until 5.8.9
GET     /api/v5/configs/log  configuration.part-read  secrets  hides=@credentials scope=system
PUT     /api/v5/configs/log  configuration.part-write  config  scope=system
GET     /api/v5/configs/sys_topics  configuration.part-read  secrets  hides=@credentials scope=system
PUT     /api/v5/configs/sys_topics  configuration.part-write  config  scope=system
GET     /api/v5/configs/sysmon  configuration.part-read  secrets  hides=@credentials scope=system
PUT     /api/v5/configs/sysmon  configuration.part-write  config  scope=system
POST    /api/v5/configs_reset/{rootname}  configuration.reset  config  target=path:rootname scope=system
GET     /api/v5/connectors  connectors.list  secrets  hides=@credentials scope=data_integration
POST    /api/v5/connectors  connectors.create  config  target=body:name scope=data_integration
GET     /api/v5/connectors/{id}  connectors.read  secrets  hides=@credentials target=path:id scope=data_integration
PUT     /api/v5/connectors/{id}  connectors.update  config  target=path:id scope=data_integration
DELETE  /api/v5/connectors/{id}  connectors.delete  config  target=path:id scope=data_integration
PUT     /api/v5/connectors/{id}/enable/{enable}  connectors.enable  config  target=path:id scope=data_integration
POST    /api/v5/connectors/{id}/{operation}  connectors.operate  config  target=path:id scope=data_integration
POST    /api/v5/connectors_probe  connectors.probe  config  scope=data_integration  # the broker connects to an address of the body
POST    /api/v5/data/export  data.export  secrets  scope=system  # makes an archive of accounts and keys
GET     /api/v5/data/files  data.files-list  read  scope=system
POST    /api/v5/data/files  data.files-upload  users  scope=system
GET     /api/v5/data/files/{filename}  data.files-read  secrets  hides=* target=path:filename scope=system  # the archive itself
DELETE  /api/v5/data/files/{filename}  data.files-delete  config  target=path:filename scope=system
POST    /api/v5/data/import  data.import  users  target=body:filename scope=system  # accounts, keys and configuration
GET     /api/v5/ds/sites  ds.sites  read  scope=system
GET     /api/v5/ds/sites/{site}  ds.site  read  target=path:site scope=system
PUT     /api/v5/ds/sites/{site}/forget  ds.forget  cluster  target=path:site scope=system  # since 6.0.0; 6.x only
GET     /api/v5/ds/storages  ds.storages  read  scope=system
GET     /api/v5/ds/storages/{ds}  ds.storage  read  target=path:ds scope=system
GET     /api/v5/ds/storages/{ds}/replicas  ds.replicas  read  target=path:ds scope=system
PUT     /api/v5/ds/storages/{ds}/replicas  ds.replicas-set  cluster  target=path:ds scope=system
PUT     /api/v5/ds/storages/{ds}/replicas/{site}  ds.replica-add  cluster  target=path:site scope=system
DELETE  /api/v5/ds/storages/{ds}/replicas/{site}  ds.replica-remove  cluster  target=path:site scope=system
GET     /api/v5/durable_queues  durable-queues.list  read  # until 5.10.4; not in the open edition of 5.8
POST    /api/v5/durable_queues  durable-queues.create  write  topics=topic target=body:group  # since 5.8.3; until 5.10.4; not in the open edition of 5.8
GET     /api/v5/durable_queues/{id/}  durable-queues.read  read  target=path:id  # until 5.10.4; not in the open edition of 5.8
PUT     /api/v5/durable_queues/{id/}  durable-queues.update  write  target=path:id  # until 5.8.0; not in the open edition of 5.8
DELETE  /api/v5/durable_queues/{id/}  durable-queues.delete  write  target=path:id  # until 5.10.4; not in the open edition of 5.8
GET     /api/v5/error_codes  error-codes.list  read  scope=monitoring
GET     /api/v5/error_codes/{code}  error-codes.read  read  target=path:code scope=monitoring
GET     /api/v5/exhooks  exhooks.list  secrets  hides=@credentials scope=data_integration
POST    /api/v5/exhooks  exhooks.create  code  target=body:name scope=data_integration  # another server decides logins
GET     /api/v5/exhooks/{name}  exhooks.read  secrets  hides=@credentials target=path:name scope=data_integration
PUT     /api/v5/exhooks/{name}  exhooks.update  code  target=path:name scope=data_integration
DELETE  /api/v5/exhooks/{name}  exhooks.delete  code  target=path:name scope=data_integration
GET     /api/v5/exhooks/{name}/hooks  exhooks.hooks  read  target=path:name scope=data_integration
POST    /api/v5/exhooks/{name}/move  exhooks.move  code  target=path:name scope=data_integration
GET     /api/v5/features  features.list  read  scope=system  # since 6.3; 6.x only
GET     /api/v5/file_transfer  file-transfer.settings  secrets  hides=@credentials scope=connections  # not in the open edition of 5.8
PUT     /api/v5/file_transfer  file-transfer.settings-write  config  scope=connections  # not in the open edition of 5.8
GET     /api/v5/file_transfer/file  file-transfer.download  secrets  hides=* target=query:fileref,query:node scope=connections  # files that clients sent; not in the open edition of 5.8
GET     /api/v5/file_transfer/files  file-transfer.list  read  scope=connections  # not in the open edition of 5.8
GET     /api/v5/file_transfer/files/{clientid/}/{fileid/}  file-transfer.list-one  read  target=path:clientid,path:fileid scope=connections  # not in the open edition of 5.8
GET     /api/v5/gateways  gateways.list  read  scope=gateways
POST    /api/v5/gateways/coap/clients/{clientid/}/request  coap.request  write  target=path:clientid scope=gateways
GET     /api/v5/gateways/lwm2m/clients/{clientid/}/lookup  lwm2m.lookup  read  target=path:clientid scope=gateways
POST    /api/v5/gateways/lwm2m/clients/{clientid/}/observe  lwm2m.observe  write  target=path:clientid scope=gateways
POST    /api/v5/gateways/lwm2m/clients/{clientid/}/read  lwm2m.read  write  target=path:clientid scope=gateways
POST    /api/v5/gateways/lwm2m/clients/{clientid/}/write  lwm2m.write  write  target=path:clientid scope=gateways
GET     /api/v5/gateways/{name}  gateways.read  secrets  hides=@credentials target=path:name scope=gateways
PUT     /api/v5/gateways/{name}  gateways.update  config  target=path:name scope=gateways
GET     /api/v5/gateways/{name}/authentication  gateway-auth.read  secrets  hides=@credentials target=path:name scope=gateways
POST    /api/v5/gateways/{name}/authentication  gateway-auth.create  users  target=path:name scope=gateways
PUT     /api/v5/gateways/{name}/authentication  gateway-auth.update  users  target=path:name scope=gateways
DELETE  /api/v5/gateways/{name}/authentication  gateway-auth.delete  users  target=path:name scope=gateways
POST    /api/v5/gateways/{name}/authentication/import_users  gateway-users.import  users  target=path:name scope=gateways
GET     /api/v5/gateways/{name}/authentication/users  gateway-users.list  read  target=path:name scope=gateways
POST    /api/v5/gateways/{name}/authentication/users  gateway-users.create  users  target=body:user_id scope=gateways
GET     /api/v5/gateways/{name}/authentication/users/{uid/}  gateway-users.read  read  target=path:uid scope=gateways
PUT     /api/v5/gateways/{name}/authentication/users/{uid/}  gateway-users.update  users  target=path:uid scope=gateways
DELETE  /api/v5/gateways/{name}/authentication/users/{uid/}  gateway-users.delete  users  target=path:uid scope=gateways
GET     /api/v5/gateways/{name}/clients  gateway-clients.list  read  target=path:name scope=gateways
GET     /api/v5/gateways/{name}/clients/{clientid/}  gateway-clients.read  read  target=path:clientid scope=gateways
DELETE  /api/v5/gateways/{name}/clients/{clientid/}  gateway-clients.kick  kick  target=path:clientid scope=gateways
GET     /api/v5/gateways/{name}/clients/{clientid/}/subscriptions  gateway-clients.subscriptions  read  target=path:clientid scope=gateways
POST    /api/v5/gateways/{name}/clients/{clientid/}/subscriptions  gateway-clients.subscribe  write  topics=topic target=path:clientid scope=gateways
DELETE  /api/v5/gateways/{name}/clients/{clientid/}/subscriptions/{topic/}  gateway-clients.unsubscribe  write  target=path:clientid,path:topic scope=gateways
PUT     /api/v5/gateways/{name}/enable/{enable}  gateways.enable  config  target=path:name scope=gateways
GET     /api/v5/gateways/{name}/listeners  gateway-listeners.list  secrets  hides=@credentials target=path:name scope=gateways
POST    /api/v5/gateways/{name}/listeners  gateway-listeners.create  config  target=path:name scope=gateways
GET     /api/v5/gateways/{name}/listeners/{id}  gateway-listeners.read  secrets  hides=@credentials target=path:id scope=gateways
PUT     /api/v5/gateways/{name}/listeners/{id}  gateway-listeners.update  config  target=path:id scope=gateways
DELETE  /api/v5/gateways/{name}/listeners/{id}  gateway-listeners.delete  config  target=path:id scope=gateways
GET     /api/v5/gateways/{name}/listeners/{id}/authentication  gateway-listeners.auth-read  secrets  hides=@credentials target=path:id scope=gateways
POST    /api/v5/gateways/{name}/listeners/{id}/authentication  gateway-listeners.auth-create  users  target=path:id scope=gateways
PUT     /api/v5/gateways/{name}/listeners/{id}/authentication  gateway-listeners.auth-update  users  target=path:id scope=gateways
DELETE  /api/v5/gateways/{name}/listeners/{id}/authentication  gateway-listeners.auth-delete  users  target=path:id scope=gateways
POST    /api/v5/gateways/{name}/listeners/{id}/authentication/import_users  gateway-listeners.users-import  users  target=path:id scope=gateways
GET     /api/v5/gateways/{name}/listeners/{id}/authentication/users  gateway-listeners.users-list  read  target=path:id scope=gateways
POST    /api/v5/gateways/{name}/listeners/{id}/authentication/users  gateway-listeners.users-create  users  target=body:user_id scope=gateways
GET     /api/v5/gateways/{name}/listeners/{id}/authentication/users/{uid/}  gateway-listeners.users-read  read  target=path:uid scope=gateways
PUT     /api/v5/gateways/{name}/listeners/{id}/authentication/users/{uid/}  gateway-listeners.users-update  users  target=path:uid scope=gateways
DELETE  /api/v5/gateways/{name}/listeners/{id}/authentication/users/{uid/}  gateway-listeners.users-delete  users  target=path:uid scope=gateways
GET     /api/v5/gcp_devices  gcp-devices.list  read  scope=gateways  # not in the open edition of 5.8
POST    /api/v5/gcp_devices  gcp-devices.import  users  scope=gateways  # not in the open edition of 5.8
GET     /api/v5/gcp_devices/{deviceid/}  gcp-devices.read  read  target=path:deviceid scope=gateways  # not in the open edition of 5.8
PUT     /api/v5/gcp_devices/{deviceid/}  gcp-devices.update  users  target=path:deviceid scope=gateways  # not in the open edition of 5.8
DELETE  /api/v5/gcp_devices/{deviceid/}  gcp-devices.delete  users  target=path:deviceid scope=gateways  # not in the open edition of 5.8
GET     /api/v5/license  license.read  read  scope=license  # not in the open edition of 5.8
POST    /api/v5/license  license.write  config  scope=license  # not in the open edition of 5.8
GET     /api/v5/license/session_hwm_history  license.history  read  scope=license  # since 6.0.3; 6.x only
GET     /api/v5/license/setting  license.settings  read  scope=license  # not in the open edition of 5.8
PUT     /api/v5/license/setting  license.settings-write  config  scope=license  # not in the open edition of 5.8
GET     /api/v5/listeners  listeners.list  secrets  hides=@credentials scope=system
POST    /api/v5/listeners  listeners.create  config  target=body:name scope=system  # a new way into the broker
GET     /api/v5/listeners/{id}  listeners.read  secrets  hides=@credentials target=path:id scope=system
POST    /api/v5/listeners/{id}  listeners.create  config  target=path:id scope=system  # a new way into the broker
PUT     /api/v5/listeners/{id}  listeners.update  config  target=path:id scope=system
DELETE  /api/v5/listeners/{id}  listeners.delete  config  target=path:id scope=system
POST    /api/v5/listeners/{id}/restart  listeners.restart  control  target=path:id scope=system  # cuts off its clients
POST    /api/v5/listeners/{id}/start  listeners.start  control  target=path:id scope=system
POST    /api/v5/listeners/{id}/stop  listeners.stop  control  target=path:id scope=system  # cuts off its clients
GET     /api/v5/listeners_status  listeners.status  read  scope=system
GET     /api/v5/load_rebalance/availability_check  rebalance.availability  read  scope=cluster_operations
GET     /api/v5/load_rebalance/global_status  rebalance.global-status  read  scope=cluster_operations
GET     /api/v5/load_rebalance/status  rebalance.status  read  scope=cluster_operations
POST    /api/v5/load_rebalance/{node}/evacuation/start  rebalance.evacuate  cluster  target=path:node scope=cluster_operations  # moves every client of the node away
POST    /api/v5/load_rebalance/{node}/evacuation/stop  rebalance.evacuate-stop  cluster  target=path:node scope=cluster_operations
POST    /api/v5/load_rebalance/{node}/start  rebalance.start  cluster  target=path:node scope=cluster_operations  # moves clients away
POST    /api/v5/load_rebalance/{node}/stop  rebalance.stop  cluster  target=path:node scope=cluster_operations
POST    /api/v5/login  login.create  users  hides=token target=body:username  # a token of the broker itself
POST    /api/v5/logout  login.delete  users  target=body:username
GET     /api/v5/message_queues/config  queues.settings  read  scope=connections  # since 6.0.0; 6.x only
PUT     /api/v5/message_queues/config  queues.settings-write  config  scope=connections  # since 6.0.0; 6.x only
GET     /api/v5/message_queues/queues  queues.list  read  scope=connections  # since 6.0.0; 6.x only
POST    /api/v5/message_queues/queues  queues.create  write  topics=topic_filter target=body:name scope=connections  # since 6.0.0; 6.x only
GET     /api/v5/message_queues/queues/{name/}  queues.read  read  target=path:name scope=connections  # since 6.0.0; 6.x only
PUT     /api/v5/message_queues/queues/{name/}  queues.update  write  target=path:name scope=connections  # since 6.0.0; 6.x only
DELETE  /api/v5/message_queues/queues/{name/}  queues.delete  write  target=path:name scope=connections  # with its messages; since 6.0.0; 6.x only
GET     /api/v5/message_streams/config  streams.settings  read  scope=connections  # since 6.1.0; 6.x only
PUT     /api/v5/message_streams/config  streams.settings-write  config  scope=connections  # since 6.1.0; 6.x only
GET     /api/v5/message_streams/streams  streams.list  read  scope=connections  # since 6.1.0; 6.x only
POST    /api/v5/message_streams/streams  streams.create  write  topics=topic_filter target=body:name scope=connections  # since 6.1.0; 6.x only
GET     /api/v5/message_streams/streams/{name/}  streams.read  read  target=path:name scope=connections  # since 6.1.0; 6.x only
PUT     /api/v5/message_streams/streams/{name/}  streams.update  write  target=path:name scope=connections  # since 6.1.0; 6.x only
DELETE  /api/v5/message_streams/streams/{name/}  streams.delete  write  target=path:name scope=connections  # with its messages; since 6.1.0; 6.x only
GET     /api/v5/message_transformations  transformations.list  read  scope=data_integration  # not in the open edition of 5.8
POST    /api/v5/message_transformations  transformations.create  config  target=body:name scope=data_integration  # rewrites messages of others; not in the open edition of 5.8
PUT     /api/v5/message_transformations  transformations.update  config  target=body:name scope=data_integration  # not in the open edition of 5.8
POST    /api/v5/message_transformations/dryrun  transformations.dryrun  config  scope=data_integration  # not in the open edition of 5.8
POST    /api/v5/message_transformations/reorder  transformations.order  config  scope=data_integration  # not in the open edition of 5.8
GET     /api/v5/message_transformations/transformation/{name}  transformations.read  read  target=path:name scope=data_integration  # not in the open edition of 5.8
DELETE  /api/v5/message_transformations/transformation/{name}  transformations.delete  config  target=path:name scope=data_integration  # not in the open edition of 5.8
POST    /api/v5/message_transformations/transformation/{name}/enable/{enable}  transformations.enable  config  target=path:name scope=data_integration  # not in the open edition of 5.8
GET     /api/v5/message_transformations/transformation/{name}/metrics  transformations.metrics  read  target=path:name scope=data_integration  # not in the open edition of 5.8
POST    /api/v5/message_transformations/transformation/{name}/metrics/reset  transformations.metrics-reset  write  target=path:name scope=data_integration  # not in the open edition of 5.8
GET     /api/v5/metrics  metrics.read  read  scope=monitoring
GET     /api/v5/monitor  monitor.read  read  scope=monitoring
DELETE  /api/v5/monitor  monitor.clear  write  scope=monitoring  # since 5.8.6
GET     /api/v5/monitor/nodes/{node}  monitor.node  read  target=path:node scope=monitoring
GET     /api/v5/monitor_current  monitor.current  read  scope=monitoring
GET     /api/v5/monitor_current/nodes/{node}  monitor.current-node  read  target=path:node scope=monitoring
GET     /api/v5/mqtt/auto_subscribe  auto-subscribe.read  read  scope=connections
PUT     /api/v5/mqtt/auto_subscribe  auto-subscribe.write  config  topics=[].topic scope=connections
GET     /api/v5/mqtt/delayed  delayed.settings  read  scope=connections
PUT     /api/v5/mqtt/delayed  delayed.settings-write  config  scope=connections
GET     /api/v5/mqtt/delayed/messages  delayed.list  read  scope=connections
GET     /api/v5/mqtt/delayed/messages/{node}/{msgid}  delayed.read  secrets  hides=payload target=path:msgid scope=connections  # message contents
DELETE  /api/v5/mqtt/delayed/messages/{node}/{msgid}  delayed.delete  write  target=path:msgid scope=connections
DELETE  /api/v5/mqtt/delayed/messages/{topic/}  delayed.delete-topic  write  target=path:topic scope=connections
GET     /api/v5/mqtt/retainer  retainer.settings  read  scope=connections
PUT     /api/v5/mqtt/retainer  retainer.settings-write  config  scope=connections
GET     /api/v5/mqtt/retainer/message/{topic/}  retained.read  secrets  hides=payload target=path:topic scope=connections  # message contents
DELETE  /api/v5/mqtt/retainer/message/{topic/}  retained.delete  write  target=path:topic scope=connections
GET     /api/v5/mqtt/retainer/messages  retained.list  read  scope=connections
DELETE  /api/v5/mqtt/retainer/messages  retained.purge  control  scope=connections  # every retained message
GET     /api/v5/mqtt/topic_metrics  topic-metrics.list  read  scope=monitoring
POST    /api/v5/mqtt/topic_metrics  topic-metrics.create  write  topics=topic scope=monitoring
PUT     /api/v5/mqtt/topic_metrics  topic-metrics.reset  write  target=body:topic scope=monitoring
GET     /api/v5/mqtt/topic_metrics/{topic/}  topic-metrics.read  read  target=path:topic scope=monitoring
DELETE  /api/v5/mqtt/topic_metrics/{topic/}  topic-metrics.delete  write  target=path:topic scope=monitoring
GET     /api/v5/mqtt/topic_metrics2  topic-metrics.list  read  scope=monitoring  # since 6.3; 6.x only
POST    /api/v5/mqtt/topic_metrics2  topic-metrics.create  write  target=body:name scope=monitoring  # since 6.3; 6.x only
DELETE  /api/v5/mqtt/topic_metrics2  topic-metrics.purge  write  scope=monitoring  # since 6.3; 6.x only
GET     /api/v5/mqtt/topic_metrics2/{name/}  topic-metrics.read  read  target=path:name scope=monitoring  # since 6.3; 6.x only
DELETE  /api/v5/mqtt/topic_metrics2/{name/}  topic-metrics.delete  write  target=path:name scope=monitoring  # since 6.3; 6.x only
PUT     /api/v5/mqtt/topic_metrics2/{name/}/reset  topic-metrics.reset  write  target=path:name scope=monitoring  # since 6.3; 6.x only
GET     /api/v5/mqtt/topic_rewrite  topic-rewrite.read  read  scope=connections
PUT     /api/v5/mqtt/topic_rewrite  topic-rewrite.write  config  scope=connections  # sends messages to other topics
DELETE  /api/v5/mt/bulk_delete_ns  namespaces.delete-many  users  scope=cluster_operations  # since 5.9.1; not in the open edition of 5.8
POST    /api/v5/mt/bulk_export_ns_configs  namespaces.export  secrets  hides=@credentials scope=cluster_operations  # since 6.0.0; 6.x only
POST    /api/v5/mt/bulk_import_configs  namespaces.import  users  scope=cluster_operations  # since 5.9.0; not in the open edition of 5.8
POST    /api/v5/mt/bulk_import_ns_configs  namespaces.import  users  scope=cluster_operations  # since 6.0.0; 6.x only
GET     /api/v5/mt/managed_ns_list  namespaces.managed  read  scope=cluster_operations  # since 5.9.0; not in the open edition of 5.8
GET     /api/v5/mt/managed_ns_list_details  namespaces.managed-details  read  scope=cluster_operations  # since 5.10.0; not in the open edition of 5.8
POST    /api/v5/mt/ns/{ns/}  namespaces.create  users  target=path:ns scope=cluster_operations  # since 5.9.0; not in the open edition of 5.8
DELETE  /api/v5/mt/ns/{ns/}  namespaces.delete  users  target=path:ns scope=cluster_operations  # since 5.9.0; not in the open edition of 5.8
GET     /api/v5/mt/ns/{ns/}/client_count  namespaces.client-count  read  target=path:ns scope=cluster_operations  # since 5.9.0; not in the open edition of 5.8
GET     /api/v5/mt/ns/{ns/}/client_list  namespaces.clients  read  target=path:ns scope=cluster_operations  # since 5.9.0; not in the open edition of 5.8
GET     /api/v5/mt/ns/{ns/}/config  namespaces.config-read  read  target=path:ns scope=cluster_operations  # since 5.9.0; not in the open edition of 5.8
PUT     /api/v5/mt/ns/{ns/}/config  namespaces.config-write  config  target=path:ns scope=cluster_operations  # since 5.9.0; not in the open edition of 5.8
POST    /api/v5/mt/ns/{ns/}/kick_all_clients  namespaces.kick-all  control  target=path:ns scope=cluster_operations  # since 5.9.0; not in the open edition of 5.8
GET     /api/v5/mt/ns/{ns/}/metrics  namespaces.metrics  read  target=path:ns scope=cluster_operations  # since 6.1.0; 6.x only
GET     /api/v5/mt/ns_list  namespaces.list  read  scope=cluster_operations  # since 5.9.0; not in the open edition of 5.8
GET     /api/v5/mt/ns_list_details  namespaces.list-details  read  scope=cluster_operations  # since 5.10.0; not in the open edition of 5.8
GET     /api/v5/node_eviction/status  eviction.status  read  scope=cluster_operations
GET     /api/v5/nodes  nodes.list  read  scope=cluster_operations
GET     /api/v5/nodes/{node}  nodes.read  read  target=path:node scope=cluster_operations
POST    /api/v5/nodes/{node}/actions/{id}/{operation}  actions.operate-node  config  target=path:id scope=data_integration
POST    /api/v5/nodes/{node}/bridges/{id}/{operation}  bridges.operate-node  config  target=path:id  # until 5.10.4
POST    /api/v5/nodes/{node}/connectors/{id}/{operation}  connectors.operate-node  config  target=path:id scope=data_integration
GET     /api/v5/nodes/{node}/metrics  nodes.metrics  read  target=path:node scope=cluster_operations
POST    /api/v5/nodes/{node}/sources/{id}/{operation}  sources.operate-node  config  target=path:id scope=data_integration
GET     /api/v5/nodes/{node}/stats  nodes.stats  read  target=path:node scope=cluster_operations
GET     /api/v5/opentelemetry  opentelemetry.read  secrets  hides=@credentials scope=system  # not in the open edition of 5.8
PUT     /api/v5/opentelemetry  opentelemetry.write  config  scope=system  # not in the open edition of 5.8
GET     /api/v5/opentelemetry/whitelist/{type}  opentelemetry.whitelist  read  target=path:type scope=system  # since 5.8.3; not in the open edition of 5.8
POST    /api/v5/opentelemetry/whitelist/{type}  opentelemetry.whitelist-write  config  target=path:type scope=system  # since 5.8.3; not in the open edition of 5.8
DELETE  /api/v5/opentelemetry/whitelist/{type}  opentelemetry.whitelist-clear  config  target=path:type scope=system  # since 5.8.3; not in the open edition of 5.8
GET     /api/v5/plugin_api/{plugin}/{rest...}  plugins.call  code  target=path:plugin scope=system  # whatever the plugin does; since 6.0.3; 6.x only
POST    /api/v5/plugin_api/{plugin}/{rest...}  plugins.call  code  target=path:plugin scope=system  # whatever the plugin does; since 6.0.3; 6.x only
PUT     /api/v5/plugin_api/{plugin}/{rest...}  plugins.call  code  target=path:plugin scope=system  # whatever the plugin does; since 6.0.3; 6.x only
PATCH   /api/v5/plugin_api/{plugin}/{rest...}  plugins.call  code  target=path:plugin scope=system  # whatever the plugin does; since 6.0.3; 6.x only
DELETE  /api/v5/plugin_api/{plugin}/{rest...}  plugins.call  code  target=path:plugin scope=system  # whatever the plugin does; since 6.0.3; 6.x only
GET     /api/v5/plugins  plugins.list  read  scope=system
POST    /api/v5/plugins/cluster_sync  plugins.sync  code  target=body:name scope=system  # since 5.9.0; not in the open edition of 5.8
POST    /api/v5/plugins/install  plugins.install  code  scope=system  # code that the broker runs
GET     /api/v5/plugins/{name}  plugins.read  read  target=path:name scope=system
DELETE  /api/v5/plugins/{name}  plugins.delete  code  target=path:name scope=system
GET     /api/v5/plugins/{name}/config  plugins.config-read  secrets  hides=@credentials target=path:name scope=system
PUT     /api/v5/plugins/{name}/config  plugins.config-write  code  target=path:name scope=system
GET     /api/v5/plugins/{name}/config/download  plugins.config-download  secrets  hides=* target=path:name scope=system  # since 5.9.0; not in the open edition of 5.8
POST    /api/v5/plugins/{name}/config/upload  plugins.config-upload  code  target=path:name scope=system  # since 5.9.0; not in the open edition of 5.8
POST    /api/v5/plugins/{name}/move  plugins.move  code  target=path:name scope=system
GET     /api/v5/plugins/{name}/schema  plugins.schema  read  target=path:name scope=system
PUT     /api/v5/plugins/{name}/{action}  plugins.operate  code  target=path:name scope=system  # start or stop
GET     /api/v5/prometheus  prometheus.settings  secrets  hides=@credentials scope=system
PUT     /api/v5/prometheus  prometheus.settings-write  config  scope=system
GET     /api/v5/prometheus/auth  metrics.prometheus-auth  read  scope=monitoring  # text
GET     /api/v5/prometheus/data_integration  metrics.prometheus-integration  read  scope=monitoring
GET     /api/v5/prometheus/message_transformation  metrics.prometheus-transformation  read  scope=monitoring  # not in the open edition of 5.8
GET     /api/v5/prometheus/namespaced_stats  metrics.prometheus-namespaces  read  scope=monitoring  # since 6.1.0; 6.x only
GET     /api/v5/prometheus/schema_validation  metrics.prometheus-validation  read  scope=monitoring  # not in the open edition of 5.8
GET     /api/v5/prometheus/stats  metrics.prometheus  read  scope=monitoring  # text
GET     /api/v5/prometheus/topic_metrics  metrics.prometheus-topics  read  scope=monitoring  # since 6.3; 6.x only
POST    /api/v5/publish  mqtt.publish  publish  topics=topic target=body:topic scope=publish
POST    /api/v5/publish/bulk  mqtt.publish-many  publish  topics=[].topic target=body:[].topic scope=publish
GET     /api/v5/queue/{name/}  queues.read  read  target=path:name scope=connections  # since 6.1.1; 6.x only
PUT     /api/v5/queue/{name/}  queues.update  write  target=path:name scope=connections  # since 6.1.1; 6.x only
DELETE  /api/v5/queue/{name/}  queues.delete  write  target=path:name scope=connections  # with its messages; since 6.1.1; 6.x only
GET     /api/v5/queues  queues.list  read  scope=connections  # since 6.1.1; 6.x only
POST    /api/v5/queues  queues.create  write  topics=topic_filter target=body:name scope=connections  # since 6.1.1; 6.x only
GET     /api/v5/queues/config  queues.settings  read  scope=connections  # since 6.1.1; 6.x only
PUT     /api/v5/queues/config  queues.settings-write  config  scope=connections  # since 6.1.1; 6.x only
GET     /api/v5/relup/package  relup.package  read  # until 6.2.0
DELETE  /api/v5/relup/package  relup.package-delete  code  # until 6.2.0
POST    /api/v5/relup/package/upload  relup.upload  code  # a new release of the broker; until 6.2.0
GET     /api/v5/relup/status  relup.status  read  # until 6.2.0
GET     /api/v5/relup/status/{node}  relup.status-node  read  target=path:node  # until 6.2.0
POST    /api/v5/relup/upgrade  relup.upgrade  code  # until 6.2.0
POST    /api/v5/relup/upgrade/{node}  relup.upgrade-node  code  target=path:node  # until 6.2.0
GET     /api/v5/rule_engine  rules.engine-settings  read  scope=data_integration
PUT     /api/v5/rule_engine  rules.engine-settings-write  config  scope=data_integration
GET     /api/v5/rule_events  rules.events  read  scope=data_integration
POST    /api/v5/rule_test  rules.test  config  scope=data_integration
GET     /api/v5/rules  rules.list  read  scope=data_integration
POST    /api/v5/rules  rules.create  config  target=body:id scope=data_integration  # a rule may publish to any topic
GET     /api/v5/rules/{id}  rules.read  read  target=path:id scope=data_integration
PUT     /api/v5/rules/{id}  rules.update  config  target=path:id scope=data_integration
DELETE  /api/v5/rules/{id}  rules.delete  config  target=path:id scope=data_integration
GET     /api/v5/rules/{id}/metrics  rules.metrics  read  target=path:id scope=data_integration
PUT     /api/v5/rules/{id}/metrics/reset  rules.metrics-reset  write  target=path:id scope=data_integration
POST    /api/v5/rules/{id}/test  rules.test-one  config  target=path:id scope=data_integration
GET     /api/v5/schema_registry  schemas.list  read  scope=data_integration  # not in the open edition of 5.8
POST    /api/v5/schema_registry  schemas.create  config  target=body:name scope=data_integration  # not in the open edition of 5.8
GET     /api/v5/schema_registry/{name}  schemas.read  read  target=path:name scope=data_integration  # not in the open edition of 5.8
PUT     /api/v5/schema_registry/{name}  schemas.update  config  target=path:name scope=data_integration  # not in the open edition of 5.8
DELETE  /api/v5/schema_registry/{name}  schemas.delete  config  target=path:name scope=data_integration  # not in the open edition of 5.8
GET     /api/v5/schema_registry_external  schemas.external-list  secrets  hides=@credentials scope=data_integration  # since 5.8.3; not in the open edition of 5.8
POST    /api/v5/schema_registry_external  schemas.external-create  config  target=body:name scope=data_integration  # since 5.8.3; not in the open edition of 5.8
GET     /api/v5/schema_registry_external/registry/{name}  schemas.external-read  secrets  hides=@credentials target=path:name scope=data_integration  # since 5.8.3; not in the open edition of 5.8
PUT     /api/v5/schema_registry_external/registry/{name}  schemas.external-update  config  target=path:name scope=data_integration  # since 5.8.3; not in the open edition of 5.8
DELETE  /api/v5/schema_registry_external/registry/{name}  schemas.external-delete  config  target=path:name scope=data_integration  # since 5.8.3; not in the open edition of 5.8
POST    /api/v5/schema_registry_protobuf/bundle  schemas.bundle-create  config  scope=data_integration  # since 5.10.0; not in the open edition of 5.8
PUT     /api/v5/schema_registry_protobuf/bundle  schemas.bundle-update  config  scope=data_integration  # since 5.10.0; not in the open edition of 5.8
GET     /api/v5/schema_validations  validations.list  read  scope=data_integration  # not in the open edition of 5.8
POST    /api/v5/schema_validations  validations.create  config  target=body:name scope=data_integration  # not in the open edition of 5.8
PUT     /api/v5/schema_validations  validations.update  config  target=body:name scope=data_integration  # not in the open edition of 5.8
POST    /api/v5/schema_validations/reorder  validations.order  config  scope=data_integration  # not in the open edition of 5.8
GET     /api/v5/schema_validations/validation/{name}  validations.read  read  target=path:name scope=data_integration  # not in the open edition of 5.8
DELETE  /api/v5/schema_validations/validation/{name}  validations.delete  config  target=path:name scope=data_integration  # not in the open edition of 5.8
POST    /api/v5/schema_validations/validation/{name}/enable/{enable}  validations.enable  config  target=path:name scope=data_integration  # not in the open edition of 5.8
GET     /api/v5/schema_validations/validation/{name}/metrics  validations.metrics  read  target=path:name scope=data_integration  # not in the open edition of 5.8
POST    /api/v5/schema_validations/validation/{name}/metrics/reset  validations.metrics-reset  write  target=path:name scope=data_integration  # not in the open edition of 5.8
GET     /api/v5/schemas/{name}  ui-schemas.read  read  target=path:name
GET     /api/v5/sessions_count  sessions.count  read  scope=connections
GET     /api/v5/slow_subscriptions  slow-subscriptions.list  read  scope=monitoring
DELETE  /api/v5/slow_subscriptions  slow-subscriptions.clear  write  scope=monitoring
GET     /api/v5/slow_subscriptions/settings  slow-subscriptions.settings  read  scope=monitoring
PUT     /api/v5/slow_subscriptions/settings  slow-subscriptions.settings-write  config  scope=monitoring
GET     /api/v5/source_types  sources.types  read  scope=data_integration
GET     /api/v5/sources  sources.list  secrets  hides=@credentials scope=data_integration
POST    /api/v5/sources  sources.create  config  target=body:name scope=data_integration
GET     /api/v5/sources/{id}  sources.read  secrets  hides=@credentials target=path:id scope=data_integration
PUT     /api/v5/sources/{id}  sources.update  config  target=path:id scope=data_integration
DELETE  /api/v5/sources/{id}  sources.delete  config  target=path:id scope=data_integration
PUT     /api/v5/sources/{id}/enable/{enable}  sources.enable  config  target=path:id scope=data_integration
GET     /api/v5/sources/{id}/metrics  sources.metrics  read  target=path:id scope=data_integration
PUT     /api/v5/sources/{id}/metrics/reset  sources.metrics-reset  write  target=path:id scope=data_integration
POST    /api/v5/sources/{id}/{operation}  sources.operate  config  target=path:id scope=data_integration
POST    /api/v5/sources_probe  sources.probe  config  scope=data_integration  # the broker connects to an address of the body
GET     /api/v5/sources_summary  sources.summary  read  scope=data_integration  # since 5.8.6
GET     /api/v5/sso  sso.list  read  scope=sso_management  # not in the open edition of 5.8
POST    /api/v5/sso/login/{backend}  login.sso  users  hides=token target=path:backend  # not in the open edition of 5.8
POST    /api/v5/sso/mfa/setup  login.mfa-setup  users  hides=token,secret  # since 5.10.4; not in the open edition of 5.8
POST    /api/v5/sso/mfa/setup_info  login.mfa-info  users  hides=secret  # since 5.10.4; not in the open edition of 5.8
POST    /api/v5/sso/mfa/verify  login.mfa-verify  users  hides=token  # since 5.10.4; not in the open edition of 5.8
GET     /api/v5/sso/oidc/callback  login.sso-callback  users  hides=token  # not in the open edition of 5.8
GET     /api/v5/sso/running  sso.running  read  # not in the open edition of 5.8
POST    /api/v5/sso/saml/acs  login.sso-saml  users  hides=token  # not in the open edition of 5.8
GET     /api/v5/sso/saml/metadata  sso.saml-metadata  read  # not in the open edition of 5.8
POST    /api/v5/sso/token_exchange  login.sso-exchange  users  hides=token  # since 5.10.4; not in the open edition of 5.8
GET     /api/v5/sso/{backend}  sso.read  secrets  hides=@credentials target=path:backend scope=sso_management  # not in the open edition of 5.8
PUT     /api/v5/sso/{backend}  sso.update  users  target=path:backend scope=sso_management  # not in the open edition of 5.8
DELETE  /api/v5/sso/{backend}  sso.delete  users  target=path:backend scope=sso_management  # not in the open edition of 5.8
GET     /api/v5/stats  stats.read  read  scope=monitoring
GET     /api/v5/status  status.read  read  scope=system
GET     /api/v5/stream/{name/}  streams.read  read  target=path:name scope=connections  # since 6.1.1; 6.x only
PUT     /api/v5/stream/{name/}  streams.update  write  target=path:name scope=connections  # since 6.1.1; 6.x only
DELETE  /api/v5/stream/{name/}  streams.delete  write  target=path:name scope=connections  # with its messages; since 6.1.1; 6.x only
GET     /api/v5/streams  streams.list  read  scope=connections  # since 6.1.1; 6.x only
POST    /api/v5/streams  streams.create  write  topics=topic_filter target=body:name scope=connections  # since 6.1.1; 6.x only
GET     /api/v5/streams/config  streams.settings  read  scope=connections  # since 6.1.1; 6.x only
PUT     /api/v5/streams/config  streams.settings-write  config  scope=connections  # since 6.1.1; 6.x only
GET     /api/v5/subscriptions  subscriptions.list  read  scope=connections
GET     /api/v5/telemetry/data  telemetry.data  read  scope=monitoring
GET     /api/v5/telemetry/status  telemetry.status  read  scope=monitoring
PUT     /api/v5/telemetry/status  telemetry.status-write  config  scope=monitoring
GET     /api/v5/topics  topics.list  read  scope=connections
GET     /api/v5/topics/{topic/}  topics.read  read  target=path:topic scope=connections
GET     /api/v5/trace  traces.list  read  scope=monitoring
POST    /api/v5/trace  traces.create  write  target=body:name scope=monitoring
DELETE  /api/v5/trace  traces.purge  write  scope=monitoring
DELETE  /api/v5/trace/{name}  traces.delete  write  target=path:name scope=monitoring
GET     /api/v5/trace/{name}/download  traces.download  secrets  hides=* target=path:name scope=monitoring
GET     /api/v5/trace/{name}/log  traces.log  secrets  hides=* target=path:name scope=monitoring
GET     /api/v5/trace/{name}/log_detail  traces.log-detail  read  target=path:name scope=monitoring
PUT     /api/v5/trace/{name}/stop  traces.stop  write  target=path:name scope=monitoring
GET     /api/v5/tracing  traces.settings  read  scope=monitoring  # since 6.0.0; 6.x only
PUT     /api/v5/tracing  traces.settings-write  config  scope=monitoring  # since 6.0.0; 6.x only
GET     /api/v5/user_scopes  dashboard-users.scopes  read  # since 5.10.4; not in the open edition of 5.8
GET     /api/v5/users  dashboard-users.list  read  scope=user_management
POST    /api/v5/users  dashboard-users.create  users  target=body:username scope=user_management
PUT     /api/v5/users/{username/}  dashboard-users.update  users  target=path:username scope=user_management
DELETE  /api/v5/users/{username/}  dashboard-users.delete  users  target=path:username scope=user_management
POST    /api/v5/users/{username/}/change_pwd  dashboard-users.password  users  target=path:username scope=user_management
POST    /api/v5/users/{username/}/mfa  dashboard-users.mfa  users  target=path:username scope=mfa_management  # since 5.9.0; not in the open edition of 5.8
DELETE  /api/v5/users/{username/}/mfa  dashboard-users.mfa-delete  users  target=path:username scope=mfa_management  # since 5.9.0; not in the open edition of 5.8
`,
};
