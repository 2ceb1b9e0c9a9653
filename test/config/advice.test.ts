// What a message of the settings advises works when it is done: each mistake, the advice in its message, and the same
// file after the advice was followed, without that message.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inspectSettings } from '../../src/config/load.ts';
import { makeWorkspace } from '../support/workspace.ts';

/** The file, a part of the message it gets, what the message says to write, and the file with it. */
type Mistake = readonly [text: string, message: string, advice: string, mended: string];

const BROKER = 'http_server { port = 18081, ip_addr = "127.0.0.1", username = hall, password = sesame }';
const OLD =
  'url=nmq-tcp://0.0.0.0:1883\nhttp_server.enable=true\nhttp_server.ip_addr=127.0.0.1\nhttp_server.password=x\n';
const env = (name: string) => `$\{${name}}`;

/** So that the shipped password is not the next complaint. */
const OWN = 'http_server.password = sesame\n';

const PROBLEMS: readonly Mistake[] = [
  ['guard.listen = "8090"', 'must be an address', '127.0.0.1:8090', 'guard.listen = "127.0.0.1:8090"'],
  ['guard.drain = 30d', 'must be a duration', '24d at most', 'guard.drain = 24d'],
  ['guard.drain = 10', 'must be a duration', '10s', 'guard.drain = 10s'],
  ['guard.token.exp_tolerance = 30', 'must be a duration', '10s', 'guard.token.exp_tolerance = 10s'],
  ['guard.token.max_lifetime = long', 'must be none, or a duration', '7d', 'guard.token.max_lifetime = 7d'],
  ['guard.token.max_bytes = 64KB', 'must be a size', '8KB', 'guard.token.max_bytes = 8KB'],
  ['guard.token.algorithms = HS256', 'must be one of', 'RS384', 'guard.token.algorithms = RS384'],
  ['guard.token.algorithms = []', 'must name at least one', 'leave it out', ''],
  ['guard.token.audience = []', 'must be none, or name at least one', 'none', 'guard.token.audience = none'],
  ['guard.upstream.timeouts.body = 0s', 'must be longer than 0', '2s', 'guard.upstream.timeouts.body = 2s'],
  ['guard.workers = 0', 'must be auto, or a whole number', 'auto', 'guard.workers = auto'],
  [
    'guard.workers = 40',
    'is more than guard.upstream.connections',
    'raise guard.upstream.connections',
    'guard.workers = 40\nguard.upstream.connections = 40',
  ],
  [
    'guard.insecure_default_credentials = yes',
    'must be true or false',
    'true',
    'guard.insecure_default_credentials = true',
  ],
  ['guard.upstream = here', 'must be a block', 'a block { }', 'guard.upstream { profile = generic }'],
  ['guard.tls.key = a', 'guard.tls.certificate is missing', 'leave out its whole block', ''],
  ['guard.drian = 1s', 'is unknown', 'did you mean drain?', 'guard.drain = 1s'],
  ['gaurd.drain = 1s', 'is unknown', 'did you mean guard?', 'guard.drain = 1s'],
  [
    'guard.service.listen = "127.0.0.1:8090"',
    'is the same as guard.listen',
    'an address of its own',
    'guard.service.listen = "127.0.0.1:8092"',
  ],
  [
    `${OWN}guard.listen = "0.0.0.0:8090"`,
    'without TLS',
    'guard.insecure_listen_without_tls = true',
    `${OWN}guard { listen = "0.0.0.0:8090", insecure_listen_without_tls = true }`,
  ],
  [
    `${OWN}guard.listen = "0.0.0.0:8090"`,
    'without TLS',
    'Set guard.tls',
    `${OWN}guard { listen = "0.0.0.0:8090", tls { certificate = a, key = b } }`,
  ],
  [
    `${OWN}guard.service.listen = "0.0.0.0:8091"`,
    'is reachable from other hosts without TLS',
    'guard.insecure_service_without_tls = true',
    `${OWN}guard { service.listen = "0.0.0.0:8091", insecure_service_without_tls = true }`,
  ],
  [
    'guard.listen_mode = 0660',
    'is for a socket file',
    'listen on unix:PATH',
    'guard { listen = "unix:guard.sock", listen_mode = 0660 }',
  ],
  [
    'guard.service.listen_group = 0',
    'guard.service.listen names none',
    'leave it out',
    'guard.service.listen = "127.0.0.1:8091"',
  ],
  [
    'guard.upstream.url = "http://broker.example"',
    'in clear text',
    'Use https',
    'guard.upstream.url = "https://broker.example"',
  ],
  [
    'guard.upstream.url = "http://broker.example"',
    'in clear text',
    'guard.insecure_clear_text_upstream = true',
    'guard { upstream.url = "http://broker.example", insecure_clear_text_upstream = true }',
  ],
  [
    'guard.upstream.url = broker',
    'must be a URL',
    'http://127.0.0.1:8081',
    'guard.upstream.url = "http://127.0.0.1:8081"',
  ],
  [
    'guard.upstream.url = "unix:"',
    'must name a socket',
    'unix:/run/broker.sock',
    'guard.upstream.url = "unix:/run/broker.sock"',
  ],
  [
    'guard.upstream.url = "http://127.0.0.1/a/../b"',
    'must be scheme, host and port, and a plain path',
    'http://127.0.0.1:8081/mqtt',
    'guard.upstream.url = "http://127.0.0.1:8081/mqtt"',
  ],
  [
    'guard.upstream.url = "http://u:p@127.0.0.1"',
    'must not hold credentials',
    'take them out',
    'guard.upstream.url = "http://127.0.0.1"',
  ],
  [
    'http_server.port = 8090',
    'leads back to the guard itself',
    'the address of the broker',
    'http_server.port = 18081',
  ],
  ['http_server.port = 80.5', 'must be a whole number', '1 to 65535', 'http_server.port = 65535'],
  ['http_server.limit_conn = 0', 'must be a whole number', '1 or more', 'http_server.limit_conn = 65535'],
  ['http_server.max_body = 1TB', 'must be a number of bytes', '1048576', 'http_server.max_body = 1048576'],
  [
    'http_server { port = 1 }\nhttp_server { port = 2 }',
    'is set again',
    'keep one',
    'http_server { port = 2 }',
  ],
  [
    'http_server { auth_type = jwt, jwt.public.keyfile = "hall.pub" }',
    'is jwt',
    'set http_server.auth_type = basic, http_server.ip_addr = "127.0.0.1", and a username and password of your own',
    'http_server { auth_type = basic, ip_addr = "127.0.0.1", username = u, password = p, jwt.public.keyfile = "hall.pub" }\nguard.token { body_encode = plain, iat = optional, exp_tolerance = 200s }',
  ],
  // The language.
  [
    'guard { listen = 127.0.0.1:1 }',
    "':' may not stand in a value",
    'put the value in quotes',
    'guard { listen = "127.0.0.1:1" }',
  ],
  ['guard { drain = 1s', 'never closed', 'add the } it lacks', 'guard { drain = 1s }'],
  [
    'guard { drain = 1s workers = 2 }',
    "'=' may not stand",
    'begin the next setting on a new line',
    'guard { drain = 1s\nworkers = 2 }',
  ],
  ['guard { drain 1s }', 'a key without a value', 'write key = value', 'guard { drain = 1s }'],
  ['guard { drain = }', 'a key without a value', 'remove the key', 'guard { }'],
  ['guard { , drain = 1s }', 'a comma with nothing before it', 'remove it', 'guard { drain = 1s }'],
  [
    'guard { keys_dir = a@b }',
    "'@' may not stand",
    'put the whole value in quotes',
    'guard { keys_dir = "a@b" }',
  ],
  [
    'guard { keys_dir = "a\n}',
    'ends before the end of the line',
    'close the quote',
    'guard { keys_dir = "a"\n}',
  ],
  [
    'guard { keys_dir = "C:\\x" }',
    'unknown escape',
    'a backslash itself is written \\\\',
    'guard { keys_dir = "C:\\\\x" }',
  ],
  [
    `guard { keys_dir = ${env('NOT_SET')} }`,
    'unresolved substitution',
    `write $\{?NOT_SET}`,
    `guard { keys_dir = $\{?NOT_SET} }`,
  ],
  [
    'guard { include "/etc/x.conf" }',
    'lies outside',
    'move it there and include it by its name',
    'guard { include "x.conf" }',
  ],
  ['guard { include "x.yml" }', 'name ends in .conf or .json', '.conf', 'guard { include "x.conf" }'],
  // The old form.
  [
    `${OLD}guard {\ndrain = 1s\n}`,
    'and this one is not',
    'write each setting of the block as guard.NAME=VALUE',
    `${OLD}guard.drain=1s`,
  ],
  [
    `${OLD}http_server.port: 1`,
    'and this one is not',
    'write http_server.port=VALUE',
    `${OLD}http_server.port=1`,
  ],
];

const WARNINGS: readonly Mistake[] = [
  [
    'http_server { port = 1 }',
    'NanoMQ listens on every interface',
    'http_server.ip_addr = "127.0.0.1"',
    'http_server { port = 1 }\nhttp_server.ip_addr = "127.0.0.1"',
  ],
  [
    'http_server { ip_addr = "0.0.0.0" }',
    'NanoMQ listens on every interface',
    'http_server.ip_addr = "127.0.0.1"',
    'http_server { ip_addr = "127.0.0.1" }',
  ],
  [
    'http_server { auth_type = no_auth }',
    'asks nobody',
    'http_server.auth_type = basic',
    'http_server { auth_type = basic }',
  ],
  [
    'http_server { auth_type = Basik }',
    'none that NanoMQ knows',
    'http_server.auth_type = basic',
    'http_server { auth_type = Basic }',
  ],
  [
    'guard.drain = 1s',
    'starts its HTTP API only where it is',
    'http_server.port = 8081',
    'guard.drain = 1s\nhttp_server.port = 8081',
  ],
  [
    'guard.drain = 1s',
    'starts its HTTP API only where it is',
    'guard.upstream.url',
    'guard.upstream.url = "http://127.0.0.1:8081"',
  ],
  [
    'http_server { enable = false }',
    'switched off',
    'http_server.enable = true',
    'http_server { enable = true }',
  ],
  [
    'a=b:c\nhttp_server.port=1',
    'does not start its HTTP API',
    'http_server.enable=true',
    'a=b:c\nhttp_server.port=1\nhttp_server.enable=true',
  ],
  [
    'http_server { port = "18081" }',
    'the broker stays with 8081',
    'the number, without quotes',
    'http_server { port = 18081 }',
  ],
  [
    'http_server { max_body = 2MB }',
    'the broker stays with 1048576 bytes',
    'the number of bytes',
    'http_server { max_body = 2097152 }',
  ],
  [
    'http_server { password = 20261127 }',
    'the broker stays with public',
    'Put it in double quotes',
    'http_server { password = "20261127" }',
  ],
  [
    'http_server { username = true }',
    'the broker stays with admin',
    'Put it in double quotes',
    'http_server { username = "true" }',
  ],
  [
    'http_server { password = "a\\\\b" }',
    'holds a backslash',
    'Choose a value without',
    'http_server { password = "ab" }',
  ],
  [
    "http_server { password = 's3cret' }",
    'a quote mark',
    'Only double quotes (")',
    'http_server { password = "s3cret" }',
  ],
  ['guard { keys_dir = “keys” }', 'a quote mark', 'Only double quotes (")', 'guard { keys_dir = "keys" }'],
  [
    'http_server { prot = 1 }',
    'is unknown, and passed over',
    'did you mean port?',
    'http_server { port = 1 }',
  ],
  [
    'http_server { password = "" }',
    'is empty',
    'write what the broker has',
    'http_server { password = sesame }',
  ],
  [`${OLD}http_server.username=`, 'has no value', 'Write it behind =', `${OLD}http_server.username=hall`],
  ['http_server.port=1\nhttp_server.port=2', 'is set again', 'Keep one', 'http_server.port=2'],
  ['guard { }', 'a block that holds nothing', 'remove it', ''],
  ['sqlite { }', 'a block that holds nothing', 'NAME.enable = true', 'sqlite.enable = true'],
  ['a += 1', 'does not read +=', 'the whole list after =', 'a = [1]'],
  ['a = """x"""', 'does not read """', 'in double quotes, on one line', 'a = "x"'],
  ['a = /etc/x', 'does not read this without quotes', 'put the value in double quotes', 'a = "/etc/x"'],
  [
    'http_server { ip_addr = 127.0.0.1 }',
    'does not read this without quotes',
    'put the value in double quotes',
    'http_server { ip_addr = "127.0.0.1" }',
  ],
  ['"a" { b = 1 }', 'between a quoted name and its block', 'write "NAME" = {', '"a" = { b = 1 }'],
  ['a = [1, 2,]', 'a comma with nothing behind it', 'remove it', 'a = [1, 2]'],
  [
    `a = ${env('PATH')}`,
    'does not read $' + '{…}',
    "include the broker's own file in it",
    'include "broker.conf"',
  ],
];

function messagesOf(text: string, kind: 'problems' | 'warnings'): string[] {
  const directory = makeWorkspace({ 'nanomq.conf': text, 'x.conf': '', 'broker.conf': BROKER });
  return inspectSettings(join(directory, 'nanomq.conf'))[kind].map(({ message }) => message);
}

describe('the advice of a problem', () => {
  it.each(PROBLEMS)('%j', (text, message, advice, mended) => {
    const told = messagesOf(text, 'problems').filter((line) => line.includes(message));
    expect(told).toEqual([expect.stringContaining(advice)]);
    expect(messagesOf(mended, 'problems')).toEqual([]);
  });
});

describe('the advice of a warning', () => {
  it.each(WARNINGS)('%j', (text, message, advice, mended) => {
    const told = messagesOf(text, 'warnings').filter((line) => line.includes(message));
    expect(told).toEqual([expect.stringContaining(advice)]);
    expect(messagesOf(text, 'problems')).toEqual([]);
    expect(messagesOf(mended, 'problems')).toEqual([]);
    expect(messagesOf(mended, 'warnings').filter((line) => line.includes(message))).toEqual([]);
  });
});

describe('the advice about bytes', () => {
  it('that are not UTF-8 names the line, and a comment may hold any', () => {
    const directory = makeWorkspace();
    const file = join(directory, 'nanomq.conf');
    const inspect = (text: string) => {
      writeFileSync(file, Buffer.from(text, 'latin1'));
      return inspectSettings(file);
    };
    const told = inspect('# caf\xe9\nguard {\n  keys_dir = "caf\xe9" // \xff\n}\n').problems;
    expect(told).toMatchObject([
      { line: 3, message: expect.stringMatching(/not UTF-8 text: save the file as UTF-8$/) },
    ]);
    expect(inspect('# caf\xe9\nguard {\n  keys_dir = cafe // \xff\n}\n').problems).toEqual([]);
    execFileSync('sh', ['-c', `iconv -f latin1 -t utf8 > "${file}"`], {
      input: Buffer.from('guard { keys_dir = "caf\xe9" }', 'latin1'),
    });
    expect(inspectSettings(file).problems).toEqual([]);
  });
});
