// NanoMQ's own configuration file is the guard's, unchanged: of it the guard reads http_server and nothing else.
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadSettings } from '../../src/config/load.ts';
import { makeWorkspace } from '../support/workspace.ts';

const NANOMQ_CONF = `# The broker of the east hall

system {
  # Worker threads; 0 lets the broker choose
  num_taskq_thread = 0
  max_taskq_thread = 0
  parallel = 0
}

mqtt {
  property_size = 32
  max_packet_size = 1KB
  max_mqueue_len = 2048
  retry_interval = 10s
  keepalive_multiplier = 1.25
  allow_anonymous = false
}

listeners.tcp {
  bind = "0.0.0.0:1883"
}

listeners.ssl {
  bind = "0.0.0.0:8883"
  keyfile = "/etc/broker/hall.key"
  certfile = "/etc/broker/hall.crt"
  cacertfile = "/etc/broker/ca.crt"
  verify_peer = false
  fail_if_no_peer_cert = false
}

listeners.ws {
  bind = "0.0.0.0:8083/mqtt"
}

http_server {
  port = 18081
  limit_conn = 8
  username = hall
  password = "p#ss = {word}"
  auth_type = basic
  max_body = 2MB
  jwt {
    public.keyfile = "/etc/broker/hall.pub"
  }
}

log {
  to = [file, console]
  level = warn
  dir = "/var/log/broker"
  file = "hall.log"
  rotation {
    size = 10MB
    count = 5
  }
}

auth {
  allow_anonymous = false
  no_match = allow
  deny_action = ignore
  cache = { max_size = 32, ttl = 1m }
  password = { include "/etc/broker/passwords.conf" }
  acl = { include "/etc/broker/acl.conf" }
  http_auth = {
    auth_req {
      url = "http://127.0.0.1:9100/mqtt/auth"
      method = post
      headers.content-type = "application/x-www-form-urlencoded"
      params = {clientid = "%c", username = "%u", password = "%P"}
    }
    timeout = 5s
    pool_size = 32
  }
}

webhook.hall {
  url = "http://127.0.0.1:9200/hook"
  headers.content-type = "application/json"
  body.encoding = plain
  pool_size = 32
  events = [
    { event = "on_message_publish", topic = "hall/#" }
    { event = "on_client_connack" }
  ]
}

bridges.mqtt.west {
  server = "mqtt-tcp://192.0.2.9:1883"
  proto_ver = 4
  keepalive = 60s
  clean_start = false
  username = bridge
  password = bridge
  forwards = [
    { remote_topic = "fwd/hall/#", local_topic = "hall/#", qos = 1 }
  ]
  subscription = [
    {
      remote_topic = "cmd/+"
      local_topic = "cmd/+"
      qos = 2
    }
  ]
  max_parallel_processes = 2
  max_send_queue_len = 32
}
`;

const OLD_FORM = `##  The broker of the east hall, in the form of its first years
url=nmq-tcp://0.0.0.0:1883
num_taskq_thread=4
property_size=32
tls.enable=false
tls.key_password=se=cret
websocket.enable=true
websocket.url=nmq-ws://0.0.0.0:8083/mqtt
http_server.enable=true
http_server.port=18081
http_server.parallel=32
http_server.username=hall
http_server.password=p#ss
http_server.auth_type=basic
web.hook.enable=false
web.hook.rule.client.connack.1={"action": "on_client_connack"}
`;

function load(text: string) {
  return loadSettings(join(makeWorkspace({ 'nanomq.conf': text }), 'nanomq.conf'));
}

describe("NanoMQ's own nanomq.conf", () => {
  it('works unchanged: http_server says where the broker is and how to speak to it', () => {
    const { upstream, extraKeyFiles, warnings } = load(NANOMQ_CONF);
    expect(upstream).toMatchObject({
      origin: 'http://127.0.0.1:18081',
      credentials: { username: 'hall', password: 'p#ss = {word}' },
      maxBodyBytes: 2 * 1024 * 1024,
    });
    expect(extraKeyFiles).toEqual(['/etc/broker/hall.pub']);
    expect(warnings.map(({ line, message }) => `${line} ${message.slice(0, 60)}`)).toEqual([
      '36 http_server.ip_addr is not set: NanoMQ listens on every inte',
      '42 http_server.max_body is a size with a unit or in quotes, whi',
      '64 auth.password: the included file lies outside the directory ',
      '65 auth.acl: the included file lies outside the directory of /t',
    ]);
  });

  it('carries a guard block beside those of the broker', () => {
    const settings = load(`${NANOMQ_CONF}\nguard { listen = "127.0.0.1:9000", token.max_lifetime = 1h }\n`);
    expect(settings).toMatchObject({ listen: { port: 9000 }, token: { maxLifetimeSeconds: 3600 } });
    expect(settings.upstream.credentials?.username).toBe('hall');
  });

  it('works in its old form', () => {
    expect(load(OLD_FORM).upstream).toMatchObject({
      origin: 'http://127.0.0.1:18081',
      credentials: { username: 'hall', password: 'p#ss' },
    });
  });

  it('is refused where it says auth_type = jwt, with the place and what to change', () => {
    const text = NANOMQ_CONF.replace('auth_type = basic', 'auth_type = jwt');
    const line = text.slice(0, text.indexOf('auth_type')).split('\n').length;
    expect(() => load(text)).toThrow(
      new RegExp(
        `nanomq\\.conf:${line}:3: http_server\\.auth_type is jwt, .* set http_server\\.auth_type = basic`,
      ),
    );
  });

  it.each([
    'rule.sqlite.event.publish.1.sql="SELECT payload FROM "hall""',
    'rule.repub.event.publish.1.sql="SELECT qos FROM "hall/#" WHERE qos > 0"',
    'http_server.jwt.public.keyfile="/etc/hall/hall.pub"',
    'listeners.tcp.bind = "0.0.0.0:1883"',
    'http_server.parallel=65535',
    'aws..mqtt.aws.subscription.1.qos=1',
  ])('works in its old form whatever a value holds: %s', (line) => {
    const { upstream, extraKeyFiles } = load(`url=nmq-tcp://0.0.0.0:1883\nhttp_server.port=18081\n${line}\n`);
    expect(upstream.origin).toBe('http://127.0.0.1:18081');
    expect(extraKeyFiles).toEqual(line.includes('keyfile') ? ['/etc/hall/hall.pub'] : []);
  });

  it('warns of a password that came out empty from the environment', () => {
    process.env.BROKER_GUARD_TEST_EMPTY = '';
    onTestFinished(() => {
      delete process.env.BROKER_GUARD_TEST_EMPTY;
    });
    const { warnings } = load(`http_server.password = $\{?BROKER_GUARD_TEST_EMPTY}`);
    expect(warnings).toContainEqual(
      expect.objectContaining({ name: 'http_server.password', message: expect.stringMatching(/is empty/) }),
    );
  });
});
