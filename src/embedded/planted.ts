// The configuration this broker pretends to have: names and forms of nanomq's conf_api.c, values made up. It is there to
// try out who may read and change what: every secret in it is the one planted word, and nothing in it is in force.

/** Stands wherever a real broker's configuration holds a secret. Whoever may not read secrets must never see it. */
export const PLANTED_SECRET = 'planted-secret';

export type Scalar = string | number | boolean | null;
export interface Section {
  [name: string]: Scalar | Section | string[];
}

export interface Login {
  readonly login: string;
  readonly password: string;
}

export interface BridgeTopic {
  readonly remote_topic: string;
  readonly local_topic: string;
  readonly qos?: number;
}

/** A bridge as it is read; MQTT 5 properties other than a subscription's identifier are not kept. */
export interface Bridge {
  name: string;
  enable: boolean;
  readonly parallel: number;
  readonly connector: Section;
  readonly forwards: readonly BridgeTopic[];
  subscription: readonly BridgeTopic[];
  sub_properties?: { readonly identifier: number };
  readonly tls: Section;
}

export interface Configuration {
  readonly basic: Section;
  readonly tls: Section;
  readonly auth: Login[];
  readonly auth_http: Section;
  readonly websocket: Section;
  readonly http_server: Section;
  readonly sqlite: Section;
  readonly bridge: { readonly nodes: Bridge[] };
  /** What `GET /reload` shows beside members of `basic`. */
  readonly streams: Section;
}

export function plantConfiguration(): Configuration {
  return {
    basic: {
      url: 'nmq-tcp://127.0.0.1:1883',
      num_taskq_thread: 2,
      max_taskq_thread: 2,
      parallel: 4,
      property_size: 32,
      daemon: false,
      max_packet_size: 10_240,
      client_max_packet_size: 10_240,
      msq_len: 2048,
      qos_duration: 10,
      keepalive_backoff: 1.25,
      allow_anonymous: false,
      ipc_internal: true,
    },
    tls: { ...plantTls(), key_password: PLANTED_SECRET, key: PLANTED_SECRET },
    auth: [{ login: 'sensor', password: PLANTED_SECRET }],
    auth_http: {
      enable: false,
      timeout: 5,
      connect_timeout: 5,
      pool_size: 32,
      auth_req: plantQuestion('auth', ['clientid', 'username', 'password']),
      acl_req: plantQuestion('acl', ['clientid', 'username', 'access', 'topic']),
      super_req: plantQuestion('superuser', ['clientid', 'username']),
    },
    websocket: { enable: false, url: 'nmq-ws://127.0.0.1:8083/mqtt', tls_url: null },
    http_server: {
      enable: true,
      port: 8081,
      addr: '127.0.0.1',
      username: 'admin',
      password: PLANTED_SECRET,
      auth_type: 'basic',
    },
    sqlite: {
      enable: false,
      disk_cache_size: 102_400,
      flush_mem_threshold: 100,
      resend_interval: 5000,
      mounted_file_path: null,
    },
    bridge: { nodes: [plantBridge()] },
    streams: { enable_mqtt_stream: false, bridge_mode: false },
  };
}

export function plantTls(): Section {
  return {
    enable: false,
    url: null,
    key_password: null,
    key: null,
    cert: null,
    cacert: null,
    verify_peer: false,
    fail_if_no_peer_cert: false,
  };
}

function plantQuestion(path: string, params: string[]): Section {
  return {
    url: `http://127.0.0.1:8080/mqtt/${path}`,
    method: 'POST',
    headers: { 'x-api-key': PLANTED_SECRET },
    params,
    tls: plantTls(),
  };
}

/** RFC 5737: an address that belongs to nobody. */
function plantBridge(): Bridge {
  return {
    name: 'west',
    enable: false,
    parallel: 2,
    connector: {
      server: 'mqtt-tcp://192.0.2.1:1883',
      proto_ver: 4,
      clientid: 'bridge-west',
      clean_start: true,
      username: 'bridge',
      password: PLANTED_SECRET,
      keepalive: 60,
    },
    forwards: [{ remote_topic: 'west/up', local_topic: 'up' }],
    subscription: [{ remote_topic: 'west/down', local_topic: 'down', qos: 1 }],
    tls: plantTls(),
  };
}
