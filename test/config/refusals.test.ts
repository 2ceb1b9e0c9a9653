// What no guard starts with: each refusal, its place, and that none of them hides another.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultSettings, loadSettings } from '../../src/config/load.ts';
import type { Overrides } from '../../src/config/overrides.ts';
import { Failure, type Problem, SettingsFailure } from '../../src/failure.ts';
import { makeWorkspace } from '../support/workspace.ts';

function problemsOf(text: string, overrides: Overrides = {}): readonly Problem[] {
  try {
    loadSettings(join(makeWorkspace({ 'nanomq.conf': text }), 'nanomq.conf'), overrides);
  } catch (error) {
    if (error instanceof SettingsFailure) return error.problems;
    throw error;
  }
  return [];
}

const messagesOf = (text: string, overrides?: Overrides) =>
  problemsOf(text, overrides).map(({ message }) => message);

const ADDRESS = 'must be an address such as 127.0.0.1:8090, [::1]:8090 or unix:/run/guard.sock';
const SPAN = 'must be a duration such as 500ms, 10s, 5m or 1h';
const DURATION = `${SPAN}, 24d at most`;
const ALGORITHM = 'must be one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA';
const EVERY_ADDRESS = 'must be less than every address: name the networks that are meant, such as 10.0.0.0/8';
const NO_ORIGIN = 'must be an origin such as https://console.example.com';
const NO_WILDCARD =
  'must be each origin itself, such as https://console.example.com: a * would let in pages that nobody named';
const WORKERS = 'must be auto, or a whole number from 1 to 256';
const OWN_ADDRESS = 'leads back to the guard itself: it must be the address of the broker';

const NO_PLAIN_URL =
  'must be scheme, host and port, and a plain path where the broker has one, such as http://127.0.0.1:8081/mqtt';

describe('a single value', () => {
  it.each([
    ['guard.listen', '"8090"', ADDRESS],
    ['guard.listen', '"127.0.0.1"', ADDRESS],
    ['guard.listen', '"127.0.0.1:70000"', ADDRESS],
    ['guard.listen', '"::1:8090"', ADDRESS],
    ['guard.listen', '"[127.0.0.1]:8090"', ADDRESS],
    ['guard.listen', '"unix:"', ADDRESS],
    ['guard.listen', '[]', ADDRESS],
    ['guard.service.listen', 'none', ADDRESS],
    ['guard.keys_dir', '""', 'must be a text that is not empty'],
    ['guard.drain', '10', DURATION],
    ['guard.drain', '-1s', DURATION],
    ['guard.drain', '1w', DURATION],
    ['guard.drain', '25d', DURATION],
    ['guard.workers', 'many', WORKERS],
    ['guard.workers', '0', WORKERS],
    ['guard.workers', '257', WORKERS],
    ['guard.workers', '-1', WORKERS],
    ['guard.workers', '1.5', WORKERS],
    ['guard.workers', '""', WORKERS],
    ['guard.workers', '[]', WORKERS],
    ['guard.trusted_proxies', '["10.0.0.0/0"]', EVERY_ADDRESS],
    ['guard.trusted_proxies', '"::/0"', EVERY_ADDRESS],
    [
      'guard.trusted_proxies',
      '["10.0.0.5/8"]',
      'must be written with its first address, 10.0.0.0/8; 10.0.0.5 alone is the one address',
    ],
    ['guard.trusted_proxies', '"proxy.internal"', 'must be an address or a network such as 10.0.0.0/8'],
    [
      'guard.cors.origins',
      '["https://a.example/"]',
      'must be an origin alone, as browsers send it: write https://a.example',
    ],
    [
      'guard.cors.origins',
      '"https://a.example:8443/console?x"',
      'must be an origin alone, as browsers send it: write https://a.example:8443',
    ],
    [
      'guard.cors.origins',
      '"HTTPS://A.example:443"',
      'must be an origin alone, as browsers send it: write https://a.example',
    ],
    ['guard.cors.origins', '"*"', NO_WILDCARD],
    ['guard.cors.origins', '"https://*.example.com"', NO_WILDCARD],
    [
      'guard.cors.origins',
      '"null"',
      'must be an origin that somebody owns, such as https://console.example.com: every sandboxed page and every file is null',
    ],
    ['guard.cors.origins', 'null', NO_ORIGIN],
    ['guard.cors.origins', 'console.example.com', NO_ORIGIN],
    ['guard.cors.origins', '"file:///a"', NO_ORIGIN],
    ['guard.cors.origins', '"https://u:p@a.example"', NO_ORIGIN],
    ['guard.proxy_protocol', 'v3', 'must be one of v1, v2, any'],
    [
      'guard.upstream.profile',
      'activemq',
      'must be one of nanomq, emqx, rabbitmq, vernemq, mosquitto, rmqtt, generic',
    ],
    ['guard.upstream.credentials', 'bearer', 'must be one of basic, none'],
    ['guard.upstream.timeouts.connect', '0s', 'must be longer than 0, such as 2s'],
    ['guard.upstream.timeouts.headers', 'soon', DURATION],
    ['guard.upstream.timeouts.body', '{}', DURATION],
    ['guard.token.algorithms', '[HS256]', ALGORITHM],
    ['guard.token.algorithms', 'none', ALGORITHM],
    ['guard.token.algorithms', '[]', 'must name at least one; leave it out for the default'],
    ['guard.token.exp_tolerance', '30', SPAN],
    ['guard.token.iat_tolerance', 'none', SPAN],
    ['guard.token.max_lifetime', '0s', 'must be none, or a duration such as 15m, 1h or 7d'],
    ['guard.token.audience', '[]', 'must be none, or name at least one'],
    ['guard.token.audience', '{}', 'must be a text that is not empty'],
    ['guard.token.max_bytes', '0', 'must be a size from 512 to 32KB, such as 8KB'],
    ['guard.token.max_bytes', '64KB', 'must be a size from 512 to 32KB, such as 8KB'],
    ['guard.token.types', '"J W T"', 'must be a type such as JWT or "at+jwt"'],
    ['guard.token.issuer_suffix', 'maybe', 'must be one of required, optional'],
    ['guard.token.body_encode', 'no', 'must be one of required, optional, plain'],
    ['guard.insecure_listen_without_tls', 'yes', 'must be true or false'],
    ['guard.insecure_service_without_tls', 'yes', 'must be true or false'],
    ['guard.listen_mode', 'rw-rw----', 'must be a mode such as 0660'],
    ['guard.service.listen_mode', '0888', 'must be a mode such as 0660'],
    ['guard.listen_group', 'no-such-group', 'must be a group of this machine, by name or number'],
    ['guard.service.listen_group', '4294967295', 'must be a group of this machine, by name or number'],
    ['guard.insecure_clear_text_upstream', '1', 'must be true or false'],
    ['guard.insecure_default_credentials', '[]', 'must be true or false'],
    ['guard.tls', '{ certificate = a }', ''],
    ['guard.upstream', 'here', 'must be a block { }'],
    ['guard.token', '[]', 'must be a block { }'],
    ['guard.upstream.connections', '0', 'must be a whole number from 1 to 10000'],
    ['guard.limits.upload', '0s', 'must be longer than 0, such as 2s'],
    ['guard.limits.collected', '255KB', 'must be a size from 256KB on, such as 8MB'],
    ['guard.limits.collected_per_issuer', 'none', 'must be a size from 256KB on, such as 8MB'],
    ['guard.limits.redacted', '63KB', 'must be a size from 64KB to 32MB, such as 4MB'],
    ['guard.limits.redacted', '33MB', 'must be a size from 64KB to 32MB, such as 4MB'],
    ['guard.limits.failures', '0', 'must be none, or a whole number from 1 to 1000000'],
    ['guard.limits.failures', '{ attempts = 3 }', 'must be none, or a whole number from 1 to 1000000'],
    ['guard.limits.requests', '10s', 'must be none, or a whole number from 1 to 1000000'],
    ['guard.limits.requests', '1000001', 'must be none, or a whole number from 1 to 1000000'],
    ['guard.limits.concurrency', '[1]', 'must be none, or a whole number from 1 to 1000000'],
    ['guard.limits.concurrency', 'unlimited', 'must be none, or a whole number from 1 to 1000000'],
    ['http_server.port', '0', 'must be a whole number from 1 to 65535'],
    ['http_server.port', '80.5', 'must be a whole number from 1 to 65535'],
    ['http_server.limit_conn', '0', 'must be a whole number, 1 or more'],
    ['http_server.max_body', '1TB', 'must be a number of bytes, such as 1048576'],
    ['http_server.ip_addr', '""', 'must be a text that is not empty'],
    ['http_server.password', '{}', 'must be a single value'],
    ['http_server.jwt.public.keyfile', '[]', 'must be a text that is not empty'],
  ])('%s = %s is refused', (name, value, what) => {
    const expected =
      name === 'guard.tls'
        ? 'guard.tls.key is missing: set it, or leave out its whole block'
        : `${name} ${what}`;
    expect(messagesOf(`${name} = ${value}`)).toEqual([expected]);
  });

  it('is placed by the old name of limit_conn where the file has that', () => {
    expect(problemsOf('log { level = warn }\nhttp_server {\n  parallel = 0 }')).toMatchObject([
      { name: 'http_server.limit_conn', line: 3, column: 3 },
    ]);
  });

  it.each([
    ['guard', 'guard = 5', 'guard must be a block { }'],
    ['http_server', 'http_server = on', 'http_server must be a block { }'],
  ])('%s that is no block is refused', (_, text, message) => {
    expect(messagesOf(text)).toEqual([message]);
  });

  it('a flag does not turn a block that is none into one', () => {
    expect(messagesOf('guard.upstream = here', { upstream: 'http://127.0.0.1:1' })).toEqual([
      'guard.upstream must be a block { }',
    ]);
  });
});

describe('an unknown name', () => {
  it.each([
    ['guard.listn = x', 'guard.listn is unknown; did you mean listen?'],
    ['guard.upstream.uri = x', 'guard.upstream.uri is unknown; did you mean url?'],
    [
      'guard.upstream.timeouts.header = 1s',
      'guard.upstream.timeouts.header is unknown; did you mean headers?',
    ],
    ['guard.token.algorithm = RS256', 'guard.token.algorithm is unknown; did you mean algorithms?'],
    [
      'guard.tls { certificate = a, key = b, cert = c }',
      'guard.tls.cert is unknown; did you mean certificate?',
    ],
    [
      'guard.tls { certificate = a, key = b, ca = c }',
      'guard.tls.ca is unknown; known here: certificate, key, client_ca',
    ],
    [
      'guard.service.metrics = on',
      'guard.service.metrics is unknown; known here: listen, hosts, connections, listen_mode, listen_group, tls',
    ],
    ['guard.__proto__.x = 1', expect.stringMatching(/^guard\.__proto__ is unknown/)],
    ['guard.constructor = 1', expect.stringMatching(/^guard\.constructor is unknown/)],
    ['gaurd.listen = x', 'gaurd is unknown; did you mean guard?'],
    ['Guard.listen = x', 'Guard is unknown; did you mean guard?'],
    ['http_sever.port = 1', 'http_sever is unknown; did you mean http_server?'],
  ])('%s is refused with the nearest valid one', (text, message) => {
    expect(messagesOf(text)).toEqual([message]);
  });

  it("of the broker's own passes", () => {
    expect(
      messagesOf('mqtt { x = 1 }\nlisteners.tcp { }\nhttp_server { enable = true, parallel = 8 }'),
    ).toEqual([]);
  });
});

describe('an unsafe combination is refused unless it is named out loud', () => {
  const OPEN = 'http_server.password = changed\n';

  it.each(['0.0.0.0:8090', '[::]:8090', '192.0.2.7:8090', 'guard.example:8090'])(
    'listening on %s without TLS',
    (address) => {
      const text = `${OPEN}guard.listen = "${address}"`;
      expect(messagesOf(text)).toEqual([
        'guard.listen is reachable from other hosts without TLS: tokens could be read on the way. Set guard.tls, listen on 127.0.0.1, or say guard.insecure_listen_without_tls = true',
      ]);
      expect(messagesOf(`${text}\nguard.insecure_listen_without_tls = true`)).toEqual([]);
      expect(messagesOf(`${text}\nguard.tls { certificate = a, key = b }`)).toEqual([]);
    },
  );

  it.each(['127.0.0.1:1', '127.1.2.3:1', '[::1]:1', 'localhost:1', 'unix:guard.sock'])(
    '%s is loopback and needs no TLS',
    (address) => {
      expect(messagesOf(`guard.listen = "${address}"`)).toEqual([]);
    },
  );

  it('a CA file for a broker that is not behind https', () => {
    const sentence =
      'guard.upstream.ca_file is for a broker behind https, and the guard goes there without: leave it out, or set guard.upstream.url = "https://HOST:PORT"';
    expect(messagesOf('guard.upstream.ca_file = ca.crt')).toEqual([sentence]);
    expect(messagesOf('guard.upstream { url = "https://broker:1", ca_file = ca.crt }')).toEqual([]);
  });

  it('a service listener beyond loopback, which guard.tls does not cover', () => {
    const text = `${OPEN}guard.service.listen = "0.0.0.0:8091"`;
    expect(messagesOf(`${text}\nguard.tls { certificate = a, key = b }`)).toEqual([
      'guard.service.listen is reachable from other hosts without TLS. Set guard.service.tls, listen on 127.0.0.1, or say guard.insecure_service_without_tls = true',
    ]);
    expect(messagesOf(`${text}\nguard.insecure_listen_without_tls = true`)).toHaveLength(1);
    expect(messagesOf(`${text}\nguard.insecure_service_without_tls = true`)).toEqual([]);
  });

  it.each([
    ['guard.upstream.url = "http://broker.example:8081"', 'guard.upstream.url'],
    ['http_server.ip_addr = 192.0.2.7', 'http_server.ip_addr'],
  ])('a clear-text upstream on another host: %s', (text, setting) => {
    expect(messagesOf(text)).toEqual([
      `${setting} leads to another host in clear text: whoever is on the way can read and change it, the credentials of the broker included. Use https, or say guard.insecure_clear_text_upstream = true`,
    ]);
    expect(messagesOf(`${text}\nguard.insecure_clear_text_upstream = true`)).toEqual([]);
  });

  it("the broker's shipped credentials on a listener beyond loopback", () => {
    const text = 'guard { listen = "0.0.0.0:8090", tls { certificate = a, key = b } }';
    expect(messagesOf(text)).toEqual([
      'http_server.password is still the one every NanoMQ ships with, and the guard is reachable from other hosts. Change it, or say guard.insecure_default_credentials = true',
    ]);
    expect(messagesOf(`${text}\nguard.insecure_default_credentials = true`)).toEqual([]);
    expect(messagesOf(`${text}\nguard.upstream.credentials = none`)).toEqual([]);
    expect(messagesOf(`${text}\nhttp_server.password = changed`)).toEqual([]);
  });
});

describe('an impossible combination is refused', () => {
  it('Basic credentials for a broker that checks tokens', () => {
    expect(messagesOf('http_server.auth_type = jwt')).toEqual([
      expect.stringMatching(
        /^http_server\.auth_type is jwt, so the broker would refuse .* set http_server\.auth_type = basic, /,
      ),
    ]);
    expect(messagesOf('http_server.auth_type = jwt\nguard.upstream.credentials = none')).toEqual([]);
  });

  it('more workers than the broker takes connections', () => {
    const message =
      'guard.workers is more than guard.upstream.connections, which is 3: every worker needs a connection to the broker. Lower it, or raise guard.upstream.connections';
    expect(problemsOf('guard.upstream.connections = 3\nguard.workers = 4')).toEqual([
      { message, name: 'guard.workers', file: expect.stringMatching(/nanomq\.conf$/), line: 2, column: 1 },
    ]);
    expect(messagesOf('guard.workers = 33')).toEqual([message.replace('which is 3', 'which is 32')]);
    expect(messagesOf('guard.upstream.connections = 3\nguard.workers = 3')).toEqual([]);
    expect(messagesOf('guard.upstream.connections = 1\nguard.workers = auto')).toEqual([]);
  });

  it('PROXY headers that nobody may send, or that cannot be read', () => {
    expect(messagesOf('guard.proxy_protocol = v2')).toEqual([
      'guard.proxy_protocol is read from trusted proxies only, and there are none: name their addresses in guard.trusted_proxies',
    ]);
    const socket = 'guard { listen = "unix:a", trusted_proxies = ["unix:"], proxy_protocol = v2';
    expect(messagesOf(`${socket} }`)).toEqual([]);
    expect(messagesOf(`${socket}, tls { certificate = a, key = b } }`)).toEqual([
      'guard.proxy_protocol cannot be read on a socket file with guard.tls: leave guard.tls out, nobody reads a socket file on the way',
    ]);
  });

  it('proxies on a socket file where there is none', () => {
    expect(messagesOf('guard.trusted_proxies = ["unix:"]')).toEqual([
      'guard.trusted_proxies names unix:, and guard.listen is no socket file: name the addresses of the proxies',
    ]);
  });

  it('one address for both listeners', () => {
    const message =
      'guard.service.listen is the same as guard.listen: give each listener an address of its own';
    expect(messagesOf('guard.service.listen = "127.0.0.1:8090"')).toEqual([message]);
    expect(messagesOf('guard { listen = "unix:a", service.listen = "unix:a" }')).toEqual([message]);
    expect(messagesOf('guard { listen = "127.0.0.1:0", service.listen = "127.0.0.1:0" }')).toEqual([]);
  });

  it.each([
    ['guard.upstream.url = "http://localhost:8090"', `guard.upstream.url ${OWN_ADDRESS}`],
    ['guard.upstream.url = "http://127.0.0.1:8091"', `guard.upstream.url ${OWN_ADDRESS}`],
    ['http_server.port = 8090', `http_server.port ${OWN_ADDRESS}`],
    ['guard { listen = "unix:a", upstream.url = "unix:a" }', `guard.upstream.url ${OWN_ADDRESS}`],
  ])('an upstream that is the guard itself: %s', (text, message) => {
    expect(messagesOf(text)).toEqual([message]);
  });

  it.each([
    ['here', 'must be a URL such as http://127.0.0.1:8081 or unix:/run/broker.sock'],
    ['ftp://127.0.0.1', 'must be a URL such as http://127.0.0.1:8081 or unix:/run/broker.sock'],
    ['unix:', 'must name a socket after unix:, such as unix:/run/broker.sock'],
    [
      'http://u:p@127.0.0.1',
      'must not hold credentials: take them out, and set http_server.username and http_server.password',
    ],
    ['http://127.0.0.1/?x', NO_PLAIN_URL],
    ['http://127.0.0.1/#x', NO_PLAIN_URL],
    ['http://127.0.0.1/a/../b', NO_PLAIN_URL],
    ['http://127.0.0.1/a//b', NO_PLAIN_URL],
    ['http://127.0.0.1/a%2Fb', NO_PLAIN_URL],
  ])('guard.upstream.url = %s', (url, what) => {
    expect(messagesOf(`guard.upstream.url = "${url}"`)).toEqual([`guard.upstream.url ${what}`]);
  });

  it('an http_server.ip_addr that is no host', () => {
    expect(messagesOf('http_server.ip_addr = "not a host"')).toEqual([
      expect.stringMatching(/^http_server\.ip_addr must be a URL/),
    ]);
  });
});

describe('a value set twice', () => {
  it('where HOCON and NanoMQ disagree is refused with both places named', () => {
    const [problem, ...others] = problemsOf('http_server {\n  port = 8081\n}\nhttp_server.port = 8082\n');
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ line: 4, column: 1, file: expect.stringMatching(/nanomq\.conf$/) });
    expect(problem?.message).toMatch(
      /^http_server\.port is set again, after \S+nanomq\.conf:2:3\. The broker takes the first value, HOCON the last: keep one$/,
    );
  });

  it('in one block is the last one, for both', () => {
    expect(problemsOf('http_server {\n  port = 8081\n  port = 8082\n}')).toEqual([]);
  });

  it('beside a block is refused in its dotted form, too', () => {
    const [problem] = problemsOf('log { level = warn }\nhttp_server.port=8081\nhttp_server.port=8082');
    expect(problem).toMatchObject({ line: 3, name: 'http_server.port' });
  });

  it('is no complaint about a name that the guard never reads', () => {
    expect(problemsOf('http_server { port = 18081, enable = false }\nhttp_server.enable = true')).toEqual([]);
  });

  it('in blocks that only the broker reads is its own business', () => {
    expect(problemsOf('log { level = warn }\nlog { level = error }')).toEqual([]);
  });
});

describe('the problems', () => {
  it('come all at once, of both blocks and of combinations, in the order of the file', () => {
    const problems = problemsOf(
      'http_server { port = 0, auth_type = jwt }\nguard {\n  listen = "0.0.0.0:1"\n  drian = 1s\n  drain = x\n}\n',
    );
    expect(problems.map(({ line, column, message }) => `${line}:${column} ${message.split(' ')[0]}`)).toEqual(
      [
        // Nothing in the file says it: its block has to stand for it.
        '1:1 http_server.password',
        '1:15 http_server.port',
        '1:25 http_server.auth_type',
        '3:3 guard.listen',
        '4:3 guard.drian',
        '5:3 guard.drain',
      ],
    );
  });

  it('leave out combinations that rest on a value which is wrong in itself', () => {
    expect(
      messagesOf('guard { listen = "0.0.0.0:1", tls { certificate = a } }\nhttp_server.password = x'),
    ).toEqual(['guard.tls.key is missing: set it, or leave out its whole block']);
  });

  it('point at the member of a list', () => {
    expect(problemsOf('guard.token.algorithms = [RS256,\n  none]')).toMatchObject([{ line: 2, column: 3 }]);
  });

  it('point into the included file', () => {
    const directory = makeWorkspace({
      'nanomq.conf': 'include "more.conf"',
      'more.conf': '\n guard.drain = x',
    });
    expect(() => loadSettings(join(directory, 'nanomq.conf'))).toThrow(
      `${join(directory, 'more.conf')}:2:2: guard.drain`,
    );
  });

  it('name the flag a value comes from', () => {
    expect(problemsOf('guard.listen = "127.0.0.1:1"', { listen: 'x' })).toEqual([
      { file: '--listen', name: 'guard.listen', message: `guard.listen ${ADDRESS}` },
    ]);
    expect(() => defaultSettings({ upstream: 'x' })).toThrow(
      /^--upstream: guard\.upstream\.url must be a URL/,
    );
  });
});

describe('a settings file that cannot be read', () => {
  it.each([
    [
      'is missing',
      'nowhere.conf',
      /nowhere\.conf does not exist: copy nanomq\.conf\.example there, or name another file with --config$/,
    ],
    ['is a directory', 'directory', /directory cannot be read \(not a regular file\)$/],
    ['is UTF-16', 'utf16', /utf16 cannot be read \(UTF-16 text: save it as UTF-8\)$/],
    ['is no text', 'binary', /binary cannot be read \(a NUL byte in line 2: it is no text file\)$/],
    ['is a FIFO', 'fifo', /fifo cannot be read \(not a regular file\)$/],
    ['is huge', 'huge', /huge cannot be read \(larger than 1 MiB\)$/],
  ])('because it %s is one sentence', (_, name, sentence) => {
    const directory = makeWorkspace({ huge: ' '.repeat(1024 * 1024 + 1) });
    mkdirSync(join(directory, 'directory'));
    writeFileSync(join(directory, 'utf16'), Buffer.from('\ufeffguard { }', 'utf16le'));
    writeFileSync(join(directory, 'binary'), Buffer.from('\x7fELF\n\0\xc3', 'latin1'));
    execFileSync('mkfifo', [join(directory, 'fifo')]);
    const read = () => loadSettings(join(directory, name));
    expect(read).toThrow(Failure);
    expect(read).toThrow(sentence);
  });
});
