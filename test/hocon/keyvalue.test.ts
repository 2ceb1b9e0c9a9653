// NanoMQ's old key=value form, and how it is told from HOCON.

import { describe, expect, it } from 'vitest';
import { readKeyValue, readSettingsText } from '../../src/hocon/keyvalue.ts';
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

const choose = (text: string, environment: Record<string, string> = {}): HoconDocument =>
  readSettingsText(text, { file: 'nanomq.conf', environment, readInclude: () => undefined });

describe('readKeyValue', () => {
  it('reads dotted keys with values up to the end of the line', () => {
    expect(readKeyValue(OLD, 'nanomq.conf')?.root).toEqual({
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

  it('reads Windows line ends', () => {
    expect(readKeyValue('a.b=1\r\n# c\r\nd=x\r\n', 'f')?.root).toEqual({ a: { b: 1 }, d: 'x' });
  });

  it('keeps # and // inside a value', () => {
    expect(readKeyValue('a=x#y\nb=//z', 'f')?.root).toEqual({ a: 'x#y', b: '//z' });
  });

  it('takes a rule written as one JSON object as text', () => {
    const rule = '{"permit": "allow", "topics": ["$SYS/#"]}';
    expect(readKeyValue(`acl.rule.1=${rule}`, 'f')?.root).toEqual({ acl: { rule: { '1': rule } } });
  });

  it('keeps keys of an object prototype as data', () => {
    const root = readKeyValue('__proto__.x=1\nconstructor.prototype.x=1', 'f')?.root;
    expect(Object.keys(root ?? {})).toEqual(['__proto__', 'constructor']);
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });

  it('knows the place and the written text of each value', () => {
    const document = readKeyValue('# c\n  a.b=1.10', 'old.conf');
    expect(document?.positionOf(['a', 'b'])).toEqual({ file: 'old.conf', line: 2, column: 3 });
    expect(document?.textOf(['a', 'b'])).toBe('1.10');
  });

  it('names a key that is set twice to different values', () => {
    const document = readKeyValue('port=1\nx=1\nx=1\nport=2', 'f');
    expect(document?.conflicts).toEqual([
      { path: ['port'], first: { file: 'f', line: 1, column: 1 }, second: { file: 'f', line: 4, column: 1 } },
    ]);
  });

  it.each([
    ['a block', 'a {\nb=1\n}'],
    ['a quoted value', 'a="x"'],
    ['a list', 'a=[1]'],
    ['a substitution', `a=\${x}`],
    ['a comment behind a value', 'a=1 # note'],
    ['a value that is a comment', 'a=# note'],
    ['a colon for a separator', 'a: 1'],
    ['a word alone', 'a'],
    ['a key with a blank', 'a b=1'],
    ['an appended value', 'a+=1'],
    ['broken JSON', 'a={"x": }'],
    ['an empty name', 'a..b=1'],
  ])('is not %s', (_what, text) => {
    expect(readKeyValue(`k=v\n${text}`, 'f')).toBeUndefined();
  });

  it('refuses a file over 1 MiB', () => {
    expect(() => readKeyValue('a=1\n'.repeat(300_000), 'f')).toThrow(/larger than 1 MiB/);
  });

  it('refuses more than 200,000 settings', () => {
    expect(() => readKeyValue('a=\n'.repeat(200_001), 'f')).toThrow(/more than 200000/);
  });
});

describe('readSettingsText', () => {
  it('reads the old form where HOCON fails and every line is key=value', () => {
    expect(choose(OLD).root).toMatchObject({ http_server: { port: 8081 }, url: 'nmq-tcp://0.0.0.0:1883' });
  });

  it('reads HOCON where HOCON can', () => {
    expect(choose(`a=1\nb=\${E}`, { E: 'x' }).root).toEqual({ a: 1, b: 'x' });
    expect(choose('a=1\na=2').conflicts).toEqual([]);
  });

  it('reads both forms alike where they agree', () => {
    const text = 'http_server.port=8081\nhttp_server.enable=true\na=/etc/x.pub\nb=two words\n';
    expect(choose(text).root).toEqual(readKeyValue(text, 'f')?.root);
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

  it("shows HOCON's own error where a line is not key=value", () => {
    expect(() => choose('a=1\nguard {\n  listen = http://x\n}')).toThrow(HoconError);
    expect(() => choose('a=1\nguard {\n  listen = http://x\n}')).toThrow(/nanomq\.conf:3:16: ':' may not/);
  });

  it.each(['a="x\nb=1', `a=x\nb=\${y}`, 'a=[1\nb=1'])("shows HOCON's own error for %j", (text) => {
    expect(() => choose(text)).toThrow(HoconError);
  });
});
