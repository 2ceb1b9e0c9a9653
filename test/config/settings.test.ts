// From files and flags to Settings: what every setting is by default, and what it becomes.
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { defaultSettings, loadSettings } from '../../src/config/load.ts';
import { KEYS_DIR_ALONE } from '../../src/config/mqtt.ts';
import type { Overrides } from '../../src/config/overrides.ts';
import { makeWorkspace } from '../support/workspace.ts';

function load(text: string, overrides: Overrides = {}) {
  const directory = makeWorkspace({ 'nanomq.conf': text });
  return { directory, settings: loadSettings(join(directory, 'nanomq.conf'), overrides) };
}

describe('settings', () => {
  it('have these defaults', () => {
    const { directory, settings } = load('');
    expect(settings).toEqual({
      listen: { kind: 'tcp', host: '127.0.0.1', port: 8090 },
      service: { kind: 'tcp', host: '127.0.0.1', port: 8091 },
      clients: { trustedProxies: [], proxyProtocol: undefined },
      corsOrigins: [],
      tls: undefined,
      keysDirectory: join(directory, 'keys'),
      revocationsFile: join(directory, 'revocations.jsonl'),
      extraKeyFiles: [],
      issuerSuffixOptional: false,
      upstream: {
        origin: 'http://127.0.0.1:8081',
        basePath: '',
        socketPath: undefined,
        profile: 'nanomq',
        credentials: { username: 'admin', password: 'public' },
        connectTimeoutMs: 2000,
        headersTimeoutMs: 10_000,
        bodyTimeoutMs: 30_000,
        maxConnections: 32,
        maxBodyBytes: 1024 * 1024,
      },
      limits: {
        uploadMs: 60_000,
        collectedBytes: 32 * 1024 * 1024,
        collectedPerIssuerBytes: 8 * 1024 * 1024,
        redactedBytes: 4 * 1024 * 1024,
        refusedPerConnection: 3,
        failures: 60,
        requests: undefined,
        concurrency: undefined,
      },
      serviceClients: { hosts: [], maxConnections: 1024 },
      token: {
        algorithms: ['RS256'],
        expToleranceSeconds: 0,
        iatToleranceSeconds: 30,
        maxLifetimeSeconds: undefined,
        audience: undefined,
        maxTokenBytes: 8192,
        types: ['jwt'],
        iatOptional: false,
        bodyEncodeRequired: true,
        bodyEncodePlain: false,
      },
      mqtt: {
        semantics: 'strict',
        securityProfile: 'hardened',
        allowAnonymous: false,
        noMatch: 'deny',
        authentication: [KEYS_DIR_ALONE],
      },
      policy: { defaultRole: 'admin', observe: false, roles: {}, issuers: {}, open: [] },
      audit: { file: undefined, required: false },
      log: { format: 'text' },
      brokerWorkers: 32,
      hooks: {},
      drainMs: 10_000,
      workers: 1,
      warnings: [
        { name: 'http_server.password', message: expect.stringContaining('http_server.password') },
        {
          name: 'http_server',
          message: expect.stringContaining('NanoMQ starts its HTTP API only where it is'),
        },
      ],
    });
  });

  it('without a file are the same, with paths relative to the working directory', () => {
    const { settings } = load('');
    expect(defaultSettings()).toEqual({
      ...settings,
      keysDirectory: join(process.cwd(), 'keys'),
      revocationsFile: join(process.cwd(), 'revocations.jsonl'),
      // What a file would tell NanoMQ is no question where there is none.
      warnings: settings.warnings.slice(0, 1),
    });
  });

  it('every one of them can be set', () => {
    const { directory, settings } = load(`
      http_server {
        ip_addr = "127.0.0.2", port = 18081, username = u, password = p, auth_type = BASIC
        max_body = 2097152, limit_conn = 4, jwt.public.keyfile = "jwt/nanomq.pub"
      }
      guard {
        listen = "[::1]:9000", keys_dir = issuers, drain = 1m, workers = 3, audit { file = "logs/audit.log", required = true }, log.format = json
        trusted_proxies = ["10.0.0.1", "fd00::/8"], proxy_protocol = v2, cors.origins = ["https://console.example.com"]
        service { hosts = [Guard.internal, other], connections = 7 }
        upstream { profile = generic, credentials = none, connections = 4, timeouts { connect = 500ms, headers = 2m, body = 1h } }
        limits { upload = 2m, collected = 4MB, collected_per_issuer = 256KB, redacted = 1MB, refused_per_connection = 5, failures = none, requests = 50, concurrency = 2 }
        token {
          algorithms = [PS512, RS384], exp_tolerance = 5s, iat_tolerance = 1m, max_lifetime = 1d
          audience = [a, b], max_bytes = 4KB, issuer_suffix = optional, body_encode = optional
          types = [JWT, "application/at+jwt"], iat = optional
        }
        revocations { file = "taken-back/list.jsonl" }
        service { listen = "unix:service.sock", listen_mode = 0660, listen_group = 7 }
        policy {
          default_role = writers, observe = true, roles { writers = [viewer, requests.change] }
          issuers {
            ops.pub {
              roles = admin, allow = [read], deny = ["requests.*"], audience = guard, subjects = ["ci-*"], max_lifetime = 15m
              sources = ["10.0.0.0/8", "::1"], not_after = "2027-01-31", observe = true
            }
          }
          open { actions = requests.read, sources = "127.0.0.1" }
        }
        tls { certificate = "tls/guard.crt", key = "tls/guard.key" }
        mqtt {
          semantics = emqx, security_profile = legacy, allow_anonymous = true, no_match = allow
          authentication { mechanism = keys-dir, from = username, on_missing_jwt = ignore, enable = false }
        }
        insecure_jwks_endpoint = true
        insecure_listen_without_tls = true, insecure_service_without_tls = true, insecure_clear_text_upstream = true, insecure_default_credentials = true
      }`);
    expect(settings).toEqual({
      listen: { kind: 'tcp', host: '::1', port: 9000 },
      service: { kind: 'unix', path: join(directory, 'service.sock'), mode: 0o660, groupId: 7 },
      clients: { trustedProxies: ['10.0.0.1', 'fd00::/8'], proxyProtocol: 'v2' },
      corsOrigins: ['https://console.example.com'],
      tls: { certificateFile: join(directory, 'tls/guard.crt'), keyFile: join(directory, 'tls/guard.key') },
      keysDirectory: join(directory, 'issuers'),
      revocationsFile: join(directory, 'taken-back/list.jsonl'),
      extraKeyFiles: [join(directory, 'jwt/nanomq.pub')],
      issuerSuffixOptional: true,
      upstream: {
        origin: 'http://127.0.0.2:18081',
        basePath: '',
        socketPath: undefined,
        profile: 'generic',
        credentials: undefined,
        connectTimeoutMs: 500,
        headersTimeoutMs: 120_000,
        bodyTimeoutMs: 3_600_000,
        maxConnections: 4,
        maxBodyBytes: 2 * 1024 * 1024,
      },
      limits: {
        uploadMs: 120_000,
        collectedBytes: 4 * 1024 * 1024,
        collectedPerIssuerBytes: 256 * 1024,
        redactedBytes: 1024 * 1024,
        refusedPerConnection: 5,
        failures: undefined,
        requests: 50,
        concurrency: 2,
      },
      serviceClients: { hosts: ['guard.internal', 'other'], maxConnections: 7 },
      token: {
        algorithms: ['PS512', 'RS384'],
        expToleranceSeconds: 5,
        iatToleranceSeconds: 60,
        maxLifetimeSeconds: 86_400,
        audience: ['a', 'b'],
        maxTokenBytes: 4096,
        types: ['jwt', 'at+jwt'],
        iatOptional: true,
        bodyEncodeRequired: false,
        bodyEncodePlain: false,
      },
      mqtt: {
        semantics: 'emqx',
        securityProfile: 'legacy',
        allowAnonymous: true,
        noMatch: 'allow',
        authentication: [{ ...KEYS_DIR_ALONE, enable: false, from: 'username', onMissingJwt: 'ignore' }],
      },
      policy: {
        defaultRole: 'writers',
        observe: true,
        roles: { writers: ['viewer', 'requests.change'] },
        issuers: {
          'ops.pub': {
            roles: ['admin'],
            allow: ['read'],
            deny: ['requests.*'],
            audience: ['guard'],
            subjects: ['ci-*'],
            maxLifetimeSeconds: 900,
            sources: ['10.0.0.0/8', '::1'],
            notAfter: Date.UTC(2027, 0, 31, 23, 59, 59) / 1000,
            observe: true,
          },
        },
        open: [{ actions: ['requests.read'], sources: ['127.0.0.1'] }],
      },
      audit: { file: join(directory, 'logs/audit.log'), required: true },
      log: { format: 'json' },
      brokerWorkers: 4,
      hooks: {},
      drainMs: 60_000,
      workers: 3,
      warnings: [
        'mqtt.allow_anonymous is on: MQTT clients need no token',
        'insecure_jwks_endpoint is on',
        'insecure_listen_without_tls is on',
        'insecure_service_without_tls is on',
        'insecure_clear_text_upstream is on',
        'insecure_default_credentials is on',
      ].map((message) => expect.objectContaining({ message: `guard.${message}` })),
    });
  });

  it('are frozen, all the way down', () => {
    const { settings } = load('guard.token.audience = here');
    expect(Object.isFrozen(settings)).toBe(true);
    expect(Object.isFrozen(settings.upstream.credentials)).toBe(true);
    expect(Object.isFrozen(settings.token.algorithms)).toBe(true);
    expect(Object.isFrozen(settings.token.audience)).toBe(true);
  });

  it.each([
    ['500ms', 500],
    ['2s', 2000],
    ['1.5s', 1500],
    ['2 m', 120_000],
    ['1h', 3_600_000],
    ['1d', 86_400_000],
  ])('take the duration %s', (text, ms) => {
    expect(load(`guard.drain = ${text}`).settings.drainMs).toBe(ms);
  });

  it.each([
    ['512', 512],
    ['8KB', 8192],
    ['8 kb', 8192],
    ['1MB', 1024 ** 2],
    ['0.5MB', 524_288],
    ['1GB', 1024 ** 3],
  ])('take the size %s', (text, bytes) => {
    expect(load(`http_server.max_body = ${text}`).settings.upstream.maxBodyBytes).toBe(bytes);
  });

  it('take a number of workers up to 256 where the broker has as many connections', () => {
    expect(load('guard.workers = 32').settings.workers).toBe(32);
    expect(load('guard.workers = "256"\nguard.upstream.connections = 256').settings.workers).toBe(256);
  });

  it('take auto for a worker a core, as far as each gets a connection to the broker', () => {
    const cores = availableParallelism();
    expect(load('guard.workers = auto').settings.workers).toBe(Math.min(cores, 32));
    expect(load('guard.workers = auto\nguard.upstream.connections = 1').settings.workers).toBe(1);
  });

  it('take none, one or several audiences, and one algorithm without its brackets', () => {
    expect(load('guard.token.audience = none').settings.token.audience).toBeUndefined();
    expect(load('guard.token.audience = one').settings.token.audience).toEqual(['one']);
    expect(load('guard.token.audience = [one, two]').settings.token.audience).toEqual(['one', 'two']);
    expect(load('guard.token.algorithms = RS512').settings.token.algorithms).toEqual(['RS512']);
  });

  it.each(['1e3', '1.10', '007', 'true', '12345678901234567890', '"with space"'])(
    'take the password %s as it is written',
    (password) => {
      expect(load(`http_server.password = ${password}`).settings.upstream.credentials?.password).toBe(
        password.replaceAll('"', ''),
      );
    },
  );
});

describe('the upstream', () => {
  it.each([
    ['0.0.0.0', 'http://127.0.0.1:8081'],
    ['"::"', 'http://[::1]:8081'],
    ['"[::]"', 'http://[::1]:8081'],
    ['"::1"', 'http://[::1]:8081'],
    ['localhost', 'http://localhost:8081'],
    ['127.0.0.9', 'http://127.0.0.9:8081'],
  ])('is where http_server.ip_addr = %s says, a wildcard meaning loopback', (address, origin) => {
    expect(load(`http_server.ip_addr = ${address}`).settings.upstream.origin).toBe(origin);
  });

  it.each([
    ['http://localhost:1883/', 'http://localhost:1883'],
    ['HTTP://LocalHost', 'http://localhost'],
    ['https://broker.example', 'https://broker.example'],
  ])('is %s where guard.upstream.url says so, whatever http_server says', (url, origin) => {
    const { settings } = load(
      `guard.upstream.url = "${url}"\nhttp_server { ip_addr = 10.0.0.1, password = p }`,
    );
    expect(settings.upstream.origin).toBe(origin);
    expect(settings.upstream.credentials).toEqual({ username: 'admin', password: 'p' });
  });

  it('can be a unix socket, relative to the file', () => {
    const { directory, settings } = load('guard.upstream.url = "unix:run/broker.sock"');
    expect(settings.upstream).toMatchObject({
      origin: 'http://localhost',
      socketPath: join(directory, 'run/broker.sock'),
    });
  });

  it('of the generic profile may check tokens itself', () => {
    const { settings } = load('http_server.auth_type = jwt\nguard.upstream.profile = generic');
    expect(settings.upstream.profile).toBe('generic');
  });
});

describe('command-line flags', () => {
  it('win over the file, with paths relative to the working directory', () => {
    const { settings } = load(
      'guard { listen = "127.0.0.1:1", keys_dir = issuers, upstream.url = "http://localhost:2", service.listen = "127.0.0.1:3" }',
      { listen: '127.0.0.1:11', keysDir: 'mine', upstream: 'unix:b.sock', serviceListen: 'unix:s.sock' },
    );
    expect(settings).toMatchObject({
      listen: { port: 11 },
      keysDirectory: join(process.cwd(), 'mine'),
      upstream: { socketPath: join(process.cwd(), 'b.sock') },
      service: { path: join(process.cwd(), 's.sock') },
    });
  });

  it('leave the other members of their blocks alone', () => {
    const { settings } = load('guard.upstream { profile = generic, timeouts.body = 1s }', {
      upstream: 'https://b.example',
    });
    expect(settings.upstream).toMatchObject({
      profile: 'generic',
      bodyTimeoutMs: 1000,
      origin: 'https://b.example',
    });
  });

  it('can mend what the file has wrong', () => {
    expect(load('guard.listen = nonsense', { listen: '127.0.0.1:1' }).settings.listen).toMatchObject({
      port: 1,
    });
  });
});

describe('the file', () => {
  it('takes secrets from the environment by an optional substitution, and leaves a setting alone where there is none', () => {
    process.env.BROKER_GUARD_TEST_SECRET = 'from outside';
    onTestFinished(() => {
      delete process.env.BROKER_GUARD_TEST_SECRET;
    });
    const { settings } = load(
      `http_server { username = u, username = \${?BROKER_GUARD_TEST_ABSENT}, password = \${?BROKER_GUARD_TEST_SECRET} }`,
    );
    expect(settings.upstream.credentials).toEqual({ username: 'u', password: 'from outside' });
  });

  it('includes files of its directory; their paths are relative to the file that says so', () => {
    const directory = makeWorkspace({
      'nanomq.conf': 'include "parts/guard.conf"\nguard.drain = 3s',
      'parts/guard.conf': 'guard { keys_dir = issuers, tls { certificate = a.crt, key = "../b.key" } }',
    });
    const settings = loadSettings(join(directory, 'nanomq.conf'));
    expect(settings).toMatchObject({
      drainMs: 3000,
      keysDirectory: join(directory, 'parts/issuers'),
      tls: { certificateFile: join(directory, 'parts/a.crt'), keyFile: join(directory, 'b.key') },
    });
  });

  it("does not follow what the broker's other blocks include", () => {
    const { settings } = load('auth { password = {include "/etc/broker/passwords.conf"} }\nguard.drain = 3s');
    expect(settings.drainMs).toBe(3000);
  });

  it('is read in the old key=value form, too', () => {
    const directory = makeWorkspace();
    const file = join(directory, 'nanomq.conf');
    writeFileSync(
      file,
      [
        '# the old form',
        'url=nmq-tcp://0.0.0.0:1883',
        'http_server.enable=true',
        'http_server.port=18081',
        'http_server.username=operator',
        'http_server.password=a#b c=d',
        'guard.listen=127.0.0.1:9000',
        'guard.token.algorithms=RS384',
        'guard.token.max_lifetime=1h',
      ].join('\n'),
    );
    expect(loadSettings(file)).toMatchObject({
      listen: { port: 9000 },
      upstream: {
        origin: 'http://127.0.0.1:18081',
        credentials: { username: 'operator', password: 'a#b c=d' },
      },
      token: { algorithms: ['RS384'], maxLifetimeSeconds: 3600 },
    });
  });
});
