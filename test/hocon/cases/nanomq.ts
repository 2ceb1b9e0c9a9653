// The forms NanoMQ's own settings files use.

import type { ValueCase } from './case.ts';

export const NANOMQ_CASES: readonly ValueCase[] = [
  {
    fact: 'reads an http_server block',
    text: 'http_server {\n  port = 8081\n  limit_conn = 2\n  username = admin\n  password = public\n  auth_type = basic\n  jwt { public.keyfile = "/etc/certs/jwt.pub" }\n}',
    root: {
      http_server: {
        port: 8081,
        limit_conn: 2,
        username: 'admin',
        password: 'public',
        auth_type: 'basic',
        jwt: { public: { keyfile: '/etc/certs/jwt.pub' } },
      },
    },
  },
  {
    fact: 'reads comment banners',
    text: '# #====\n# # Broker\n# #====\n## note\nsystem {\n\t# # Value: 0-255\n\tparallel = 0\n}',
    root: { system: { parallel: 0 } },
  },
  {
    fact: 'reads an address in quotes',
    text: 'listeners.tcp {\n  bind = "0.0.0.0:1883"\n}',
    root: { listeners: { tcp: { bind: '0.0.0.0:1883' } } },
  },
  { fact: 'reads an address without quotes', text: 'ip_addr = 0.0.0.0', root: { ip_addr: '0.0.0.0' } },
  { fact: 'reads an empty listener block', text: 'listeners.ws { }', root: { listeners: { ws: {} } } },
  {
    fact: 'reads a path without quotes',
    text: 'keyfile = /etc/certs/key.pem',
    root: { keyfile: '/etc/certs/key.pem' },
  },
  {
    fact: 'reads sizes',
    text: 'max_packet_size = 1KB\nsize = 10MB',
    root: { max_packet_size: '1KB', size: '10MB' },
  },
  {
    fact: 'reads durations',
    text: 'retry_interval = 10s\nttl = 1m\nwait = 100 ms',
    root: { retry_interval: '10s', ttl: '1m', wait: '100 ms' },
  },
  { fact: 'reads fractions', text: 'keepalive_backoff = 1.25', root: { keepalive_backoff: 1.25 } },
  {
    fact: 'reads a list of words',
    text: 'log { to = [file, console] }',
    root: { log: { to: ['file', 'console'] } },
  },
  {
    fact: 'reads keys with dashes',
    text: 'headers.content-type = "application/json"',
    root: { headers: { 'content-type': 'application/json' } },
  },
  {
    fact: 'reads placeholders in one line',
    text: 'params = {clientid = "%c", username = "%u"}',
    root: { params: { clientid: '%c', username: '%u' } },
  },
  {
    fact: 'reads a bridge with its forwards',
    text: 'bridges.mqtt.emqx1 {\n  server = "mqtt-tcp://127.0.0.1:1883"\n  forwards = [\n    {\n      remote_topic = "fwd/#"\n      qos = 1\n    },\n    { remote_topic = "b/+", qos = 2 }\n  ]\n}',
    root: {
      bridges: {
        mqtt: {
          emqx1: {
            server: 'mqtt-tcp://127.0.0.1:1883',
            forwards: [
              { remote_topic: 'fwd/#', qos: 1 },
              { remote_topic: 'b/+', qos: 2 },
            ],
          },
        },
      },
    },
  },
  {
    fact: "reads access rules in JSON's own form",
    text: 'rules = [\n  ## admins\n  {"permit": "allow", "username": "admin", "topics": ["$SYS/#", "#"]}\n  {"permit": "deny"}\n]',
    root: { rules: [{ permit: 'allow', username: 'admin', topics: ['$SYS/#', '#'] }, { permit: 'deny' }] },
  },
  {
    fact: 'reads the guard block of the manual',
    text: 'guard {\n  listen   = "127.0.0.1:8090"          # or unix\n  upstream { url = "http://127.0.0.1:8081", profile = nanomq, timeouts { connect = 2s } }\n  token    { algorithms = [RS256], exp_tolerance = 0s, max_lifetime = none }\n}',
    root: {
      guard: {
        listen: '127.0.0.1:8090',
        upstream: { url: 'http://127.0.0.1:8081', profile: 'nanomq', timeouts: { connect: '2s' } },
        token: { algorithms: ['RS256'], exp_tolerance: '0s', max_lifetime: 'none' },
      },
    },
  },
];
