// NanoMQ's old key=value form, and how it is told from HOCON.

import { describe, expect, it } from 'vitest';
import { readKeyValue } from '../../src/hocon/keyvalue.ts';
import { readSettingsText } from '../../src/hocon/settings-text.ts';
import { type HoconDocument, HoconError } from '../../src/hocon/value.ts';

const OLD = `# NanoMQ settings, old form
##====
## HTTP server
##====
url=nmq-tcp://0.0.0.0:1883
http_server.port=8081
http_server.username = admin
http_server.jwt.public.keyfile=/etc/certs/jwt.pub
  http_server.enable=true
log.to=file,console
auth.params = clientid=%c,username=%u
tls.key_password=
`;

const WANTED = ['guard', 'http_server'];
const read = (text: string, file = 'f'): HoconDocument => readKeyValue(text, file, WANTED);
const choose = (text: string, environment: Record<string, string> = {}): HoconDocument =>
  readSettingsText(text, {
    file: 'nanomq.conf',
    environment,
    readInclude: () => undefined,
    wantedBlocks: WANTED,
  });

describe('the old form', () => {
  it('has dotted keys with values up to the end of the line', () => {
    expect(read(OLD).root).toEqual({
      url: 'nmq-tcp://0.0.0.0:1883',
      http_server: {
        port: 8081,
        username: 'admin',
        jwt: { public: { keyfile: '/etc/certs/jwt.pub' } },
        enable: true,
      },
      log: { to: 'file,console' },
      auth: { params: 'clientid=%c,username=%u' },
      tls: { key_password: '' },
    });
  });

  it('may have Windows line ends', () => {
    expect(read('a.b=1\r\n# c\r\nd=x\r\n').root).toEqual({ a: { b: 1 }, d: 'x' });
  });

  it.each([
    ['# and //', 'x#y //z # no comment'],
    ['quotes inside', 'SELECT payload FROM "hall/#" WHERE qos > 0'],
    ['a bracket that never closes', '{[('],
    ['a substitution', `$\{HOME}`],
    ['an equals sign', '=b=c'],
    ['a JSON object', '{"permit": "allow", "topics": ["$SYS/#"]}'],
  ])('takes everything behind the first = as the value: %s', (_, value) => {
    expect(read(`a=${value}`).root).toEqual({ a: value });
  });

  it('takes quotes around the whole value off', () => {
    expect(read('a="x"\nb="SELECT "y""\nc="\nd=""').root).toEqual({ a: 'x', b: 'SELECT "y"', c: '"', d: '' });
  });

  it('takes a list in brackets for the guard alone, which has lists', () => {
    expect(read('guard.a=[x, "y"]\nguard.b=[]\nhttp_server.c=[x]').root).toEqual({
      guard: { a: ['x', 'y'], b: [] },
      http_server: { c: '[x]' },
    });
  });

  it('keeps keys of an object prototype as data', () => {
    const { root } = read('__proto__.x=1\nconstructor.prototype.x=1');
    expect(Object.keys(root)).toEqual(['__proto__', 'constructor']);
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });

  it('has a place and a written text for each value', () => {
    const document = read('# c\n  a.b=1.10', 'old.conf');
    expect(document.positionOf(['a', 'b'])).toEqual({ file: 'old.conf', line: 2, column: 3 });
    expect(document.textOf(['a', 'b'])).toBe('1.10');
  });

  it('counts the last of a repeated name', () => {
    const document = read('port=1\nx=1\nport=2');
    expect(document.root).toEqual({ port: 2, x: 1 });
    expect(document.conflicts).toEqual([]);
  });

  it.each(['a {', '}', 'a: 1', 'a', 'a b=1', 'a+=1', 'a..b=1', '// a=1', '[x]', '=1', 'bridge {"x": }'])(
    'passes over the line %j, as NanoMQ does',
    (line) => {
      const { root, problems } = read(`k=v\n${line}\nz=1`);
      expect(root).toEqual({ k: 'v', z: 1 });
      expect(problems).toEqual([]);
    },
  );

  it.each([
    ['guard {', 'write each setting of the block as guard.NAME=VALUE'],
    ['http_server.jwt {', 'write each setting of the block as http_server.jwt.NAME=VALUE'],
    ['guard = {', 'write each setting of the block as guard.NAME=VALUE'],
    ['http_server.port: 18081', 'write http_server.port=VALUE'],
    ['http_server.port 18081', 'write http_server.port=VALUE'],
    ['guard..listen=x', 'write guard.listen=VALUE'],
  ])('names the line %j of a block that is wanted, and what to write', (line, advice) => {
    const { problems } = read(`k=v\n  ${line}\nz=1`);
    expect(problems).toMatchObject([{ line: 2, column: 3, message: expect.stringContaining(advice) }]);
  });

  it('says that nothing is substituted or included in it', () => {
    const { notes } = read(`http_server.password=$\{X}\ninclude "x.conf"\na=$\{X}`);
    expect(notes).toMatchObject([
      { line: 1, name: 'http_server.password', message: expect.stringMatching(/nothing is substituted/) },
      { line: 2, message: expect.stringMatching(/nothing is included/) },
    ]);
  });

  it('refuses a value that is not UTF-8 where it is wanted', () => {
    expect(read('a=\ufffd\nhttp_server.password=\ufffd').problems).toMatchObject([{ line: 2 }]);
  });

  it('refuses a file over 1 MiB, and more than 200,000 settings', () => {
    expect(() => read('a=1\n'.repeat(300_000))).toThrow(/larger than 1 MiB/);
    expect(() => read('a=\n'.repeat(200_001))).toThrow(/more than 200000/);
  });
});

describe('the choice between the forms', () => {
  it('is the old one where HOCON cannot read the file and most lines are key=value', () => {
    expect(choose(OLD)).toMatchObject({ form: 'keyvalue', root: { http_server: { port: 8081 } } });
    expect(choose('a=x:y\nb=1\n}\n').form).toBe('keyvalue');
  });

  it('is HOCON where HOCON can', () => {
    expect(choose(`a { x = 1 }\nb=$\{E}`, { E: 'x' })).toMatchObject({ form: 'hocon', root: { b: 'x' } });
  });

  it('is HOCON where only a substitution leads nowhere: a secret must not become its own name', () => {
    expect(() => choose(`a=x\nb=$\{y}`)).toThrow(/unresolved substitution/);
  });

  it('is open where every line is of both, and a repeated name is then no conflict', () => {
    const text = 'http_server.port=8081\nhttp_server.port="18081"\n';
    expect(choose(text)).toMatchObject({ form: 'either', root: { http_server: { port: '18081' } } });
  });

  it('reads both forms alike where they agree', () => {
    const text = 'http_server.port=8081\nhttp_server.enable=true\na=/etc/x.pub\nb=two words\n';
    expect(choose(text).root).toEqual(read(text).root);
  });

  it('does not let HOCON cut a value of the old form short', () => {
    expect(choose('http_server.password=ab#cd\ndir=/tmp//x').root).toEqual({
      http_server: { password: 'ab#cd' },
      dir: '/tmp//x',
    });
  });

  it('takes a comment behind a blank as HOCON does', () => {
    expect(choose('a=1 # note\nb=2 // note').root).toEqual({ a: 1, b: 2 });
  });

  it('reads a JSON object in one line as HOCON', () => {
    expect(choose('guard={"upstream":{"url":"http://127.0.0.1:8081"}}').root).toEqual({
      guard: { upstream: { url: 'http://127.0.0.1:8081' } },
    });
  });

  it.each([
    ['a=1\nguard {\n  listen = http://x\n}', /nanomq\.conf:3:16: ':' may not/],
    ['guard {\n  a = 1\n  b = 2\n  c = "x\n}', /nanomq\.conf:4:7: a string that begins/],
  ])("shows HOCON's own error where most lines are HOCON's: %j", (text, message) => {
    expect(() => choose(text)).toThrow(HoconError);
    expect(() => choose(text)).toThrow(message);
  });

  it('shows the error of an included file, whatever the form of the file that includes it', () => {
    const options = {
      file: 'nanomq.conf',
      environment: {},
      readInclude: () => 'x = y:z',
      wantedBlocks: WANTED,
    };
    expect(() => readSettingsText('a=1\nb=2\ninclude "more.conf"', options)).toThrow(/more\.conf:1:6/);
  });
});

describe("what only NanoMQ's parser reads", () => {
  it.each([
    'bridges.mqtt.west { username = edge@plant }',
    'bridges.mqtt.west {\n  forwards [ { a = 1 }\n { b = 2 } ]\n}',
    'bridges.mqtt.west\n{\n  username = edge@plant\n}',
    'bridges { a = 1 b = 2 }',
    'bridges { a = "x" # }\n b = @y\n}',
    'name = edge@plant',
    'log { dir = /tmp;* }',
    'log { file = "x" "{" @ }',
  ])('outside the wanted blocks is passed over: %j', (text) => {
    const { root, form } = choose(`${text}\nhttp_server { port = 18081 }\nmore { x = 1 }`);
    expect(form).toBe('hocon');
    expect(root).toMatchObject({ http_server: { port: 18081 }, more: { x: 1 } });
  });

  it.each([
    ['in a wanted block', 'http_server { username = edge@plant }'],
    ['in a wanted name', 'guard@x { a = 1 }\nmore { }'],
    ['before a wanted block', 'a = @x, http_server { port = 18081 }\nb { }', true],
    ['around a wanted block', 'bridges { username = edge@plant\nhttp_server { port = 18081 }\n'],
    ['in a string that never closes', 'bridges { a = @x\n b = "x\n}\nhttp_server { port = 18081 }'],
  ])('%s is not', (_, text, isRead = false) => {
    if (isRead) expect(choose(text).root).toMatchObject({ http_server: { port: 18081 } });
    else expect(() => choose(text)).toThrow(HoconError);
  });
});
