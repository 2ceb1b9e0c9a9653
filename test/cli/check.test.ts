// `broker-guard check`, as a process: everything that is wrong, at once, with its place.
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeIssuer } from '../support/issuers.ts';
import { listenOnLoopback } from '../support/loopback.ts';
import { runProgram } from '../support/program.ts';
import { makeWorkspace } from '../support/workspace.ts';

const OPS = makeIssuer();

const BAD = `guard {
  listen = "0.0.0.0"
  keys_dri = keys
  token { algorithms = [RS256, HS256], max_lifetime = 5 }
  upstream { url = "http://broker.example:8081", timeouts { conect = 1s, body = 0s } }
}
http_server { port = 99999 }
gaurd { }
`;

describe('check', () => {
  it.each(['check', 'serve'])(
    '%s prints every problem at once, with file, line and column, and exits 2',
    async (command) => {
      const cwd = makeWorkspace({ 'nanomq.conf': BAD });
      const { code, stdout, stderr } = await runProgram([command], { cwd });
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      const file = join(cwd, 'nanomq.conf');
      const lines = stderr.trimEnd().split('\n');
      expect(lines.filter((line) => !line.startsWith('warning: '))).toEqual([
        ...(command === 'check'
          ? [expect.stringMatching(/:1:1: guard\.keys_dir: ".*" does not exist; create it\.$/)]
          : []),
        `${file}:2:3: guard.listen must be an address such as 127.0.0.1:8090, [::1]:8090 or unix:/run/guard.sock`,
        `${file}:3:3: guard.keys_dri is unknown; did you mean keys_dir?`,
        `${file}:4:32: guard.token.algorithms must be one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA`,
        `${file}:4:40: guard.token.max_lifetime must be none, or a duration such as 15m, 1h or 7d`,
        expect.stringMatching(
          /nanomq\.conf:5:14: guard\.upstream\.url leads to another host in clear text: .*guard\.insecure_clear_text_upstream = true$/,
        ),
        `${file}:5:61: guard.upstream.timeouts.conect is unknown; did you mean connect?`,
        `${file}:5:74: guard.upstream.timeouts.body must be longer than 0, such as 2s`,
        `${file}:7:15: http_server.port must be a whole number from 1 to 65535`,
        `${file}:8:1: gaurd is unknown; did you mean guard?`,
      ]);
    },
  );

  it('places a syntax error', async () => {
    const cwd = makeWorkspace({ 'nanomq.conf': 'guard {\n  listen = "127.0.0.1:0\n}\n' });
    const { code, stderr } = await runProgram(['check'], { cwd });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^\S+nanomq\.conf:2:\d+: .+\n$/);
  });

  it('names the flag, where a flag is wrong', async () => {
    const cwd = makeWorkspace({ 'nanomq.conf': 'guard.listen = "127.0.0.1:8090"' });
    const { code, stderr } = await runProgram(['check', '--listen', 'here', '--upstream', 'there'], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain(
      '--listen: guard.listen must be an address such as 127.0.0.1:8090, [::1]:8090 or unix:/run/guard.sock\n' +
        '--upstream: guard.upstream.url must be a URL such as http://127.0.0.1:8081 or unix:/run/broker.sock\n',
    );
  });

  it('tells bad settings, a missing keys directory and missing TLS files together, each with its place', async () => {
    const cwd = makeWorkspace({
      'nanomq.conf':
        'guard {\n  keys_dir = issuers\n  drian = 1s\n  tls { certificate = a.crt, key = a.key }\n}',
    });
    const { code, stdout, stderr } = await runProgram(['check'], { cwd });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    const file = join(cwd, 'nanomq.conf');
    expect(stderr).toContain(`${file}:3:3: guard.drian is unknown; did you mean drain?\n`);
    expect(stderr).toContain(
      `${file}:2:3: guard.keys_dir: "${join(cwd, 'issuers')}" does not exist; create it.\n`,
    );
    expect(stderr).toMatch(
      /nanomq\.conf:4:9: guard\.tls\.certificate: \S+a\.crt cannot be read \(ENOENT\); make it/,
    );
    expect(stderr).toMatch(
      /nanomq\.conf:4:30: guard\.tls\.key: \S+a\.key cannot be read \(ENOENT\); make it/,
    );
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('sums up good settings, warns of what deserves it, and listens nowhere', async () => {
    const taken = createServer();
    const port = await listenOnLoopback(taken);
    const cwd = makeWorkspace({
      'nanomq.conf': `guard { listen = "127.0.0.1:${port}" }\nhttp_server { port = 8081, limit_conn = 65535 }`,
      'keys/ops.pub': OPS.publicPem,
      'keys/bad.pub': 'x',
    });
    const { code, stdout, stderr } = await runProgram(['check'], { cwd });
    await new Promise((resolve) => taken.close(resolve));
    expect(code).toBe(0);
    expect(stdout).toBe(
      `The settings are good: nanomq.conf\n  listens on http://127.0.0.1:${port}, service on http://127.0.0.1:8091, ` +
        `forwards to http://127.0.0.1:8081\n  the broker has 65535 HTTP workers (http_server.limit_conn)\n` +
        `  usable issuers in ${join(cwd, 'keys')}: 1\n` +
        '  policy: every issuer has the role admin (guard.policy.default_role)\n' +
        '  policy: tokens of every issuer live for as long as they say (guard.token.max_lifetime is none)\n',
    );
    const file = join(cwd, 'nanomq.conf');
    expect(stderr).toContain(
      `warning: ${file}:2:1: http_server.ip_addr is not set: NanoMQ listens on every interface`,
    );
    expect(stderr).toContain(`warning: ${file}:2:1: the broker still has the user name and password`);
    expect(stderr).toMatch(/warning: \S+nanomq\.conf:1:1: bad\.pub is not used: /);
  });

  it('warns of more workers than the broker does well to be asked to publish by, where it says such a thing', async () => {
    const check = async (guard: string) => {
      const conf = `guard { ${guard} }\nhttp_server { ip_addr = "127.0.0.1" }`;
      const cwd = makeWorkspace({ 'nanomq.conf': conf, 'keys/ops.pub': OPS.publicPem });
      return (await runProgram(['check'], { cwd })).stderr;
    };
    expect(await check('workers = 3')).toMatch(
      /warning: \S+nanomq\.conf:1:9: guard\.workers is 3, and each worker may have one publish .* 2 at a time/,
    );
    for (const guard of ['workers = 2', 'workers = 3, upstream.profile = generic'])
      expect(await check(guard)).not.toContain('publish');
  });

  it('warns of what a broker remembers by itself that asks the guard about its clients', async () => {
    const cwd = makeWorkspace({
      'keys/ops.pub': OPS.publicPem,
      'nanomq.conf': 'guard {\n  mqtt.hooks.nanomq.enable = true\n  mqtt.hooks.go_auth { }\n}',
    });
    const { code, stderr } = await runProgram(['check'], { cwd });
    expect(code).toBe(0);
    expect(stderr).toMatch(/^warning: \S+:2:\d+: guard\.mqtt\.hooks\.nanomq: .*auth\.http_auth\.cache_ttl/m);
    expect(stderr).toMatch(/^warning: \S+:3:\d+: guard\.mqtt\.hooks\.go_auth: .*auth_opt_cache false/m);
  });

  it('names the port of the broker, also where it is the one of the scheme', async () => {
    const cwd = makeWorkspace({ 'keys/ops.pub': OPS.publicPem });
    const { stdout } = await runProgram(['check', '--upstream', 'https://broker.example'], { cwd });
    expect(stdout).toContain('forwards to https://broker.example:443\n');
  });

  it('--json prints the summary as data', async () => {
    const cwd = makeWorkspace({ 'keys/ops.pub': OPS.publicPem });
    const { code, stdout } = await runProgram(['check', '--json', '--upstream', 'unix:b.sock'], { cwd });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      ok: true,
      listen: 'http://127.0.0.1:8090',
      service: 'http://127.0.0.1:8091',
      upstream: join(cwd, 'b.sock'),
      keys_dir: join(cwd, 'keys'),
      usable_issuers: 1,
      problems: [
        {
          level: 'warning',
          file: null,
          line: null,
          column: null,
          name: 'http_server.password',
          message: expect.stringMatching(/^the broker still has the user name and password/),
        },
      ],
    });
  });

  it('--json prints what is wrong as data, on failure too', async () => {
    const cwd = makeWorkspace({ 'nanomq.conf': 'guard.drain = x\nhttp_server { port = "18081" }' });
    const { code, stdout, stderr } = await runProgram(['check', '--json'], { cwd });
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
    const { problems, ...summary } = JSON.parse(stdout);
    expect(summary).toEqual({
      ok: false,
      listen: null,
      service: null,
      upstream: null,
      keys_dir: join(cwd, 'keys'),
      usable_issuers: null,
    });
    const file = join(cwd, 'nanomq.conf');
    const place = { file, line: 1, column: 1 };
    expect(problems).toContainEqual({
      level: 'error',
      ...place,
      name: 'guard.drain',
      message: expect.any(String),
    });
    expect(problems).toContainEqual({
      level: 'error',
      ...place,
      name: 'guard.keys_dir',
      message: expect.any(String),
    });
    const port = { file, line: 2, column: 15, name: 'http_server.port' };
    expect(problems).toContainEqual({
      level: 'warning',
      ...port,
      message: expect.stringMatching(/stays with 8081/),
    });
  });

  it.each([
    ['a file that is none', ['--config', 'my.conf'], /my\.conf does not exist/],
    ['a syntax error', [], /nanomq\.conf:1:9: /],
  ])('--json knows only the problem of %s', async (_, flags, message) => {
    const cwd = makeWorkspace({ 'nanomq.conf': 'guard { ' });
    const { code, stdout } = await runProgram(['check', '--json', ...flags], { cwd });
    expect(code).toBe(2);
    const { ok, listen, problems } = JSON.parse(stdout);
    expect({ ok, listen, levels: problems.map(({ level }: { level: string }) => level) }).toEqual({
      ok: false,
      listen: null,
      levels: ['error'],
    });
    const [{ file, line, column, message: text }] = problems;
    expect(`${file}:${line}:${column}: ${text}`).toMatch(flags.length > 0 ? message : /nanomq\.conf:1:7: /);
  });

  it('exits 1 where no key is usable: the guard would refuse everything', async () => {
    const cwd = makeWorkspace({ 'nanomq.conf': 'http_server { port = 8081 }', 'keys/bad.pub': 'x' });
    const { code, stdout, stderr } = await runProgram(['check'], { cwd });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^The settings are good: .*usable issuers in \S+: 0\n {2}policy: .*\n$/s);
    expect(stderr).toMatch(
      /guard\.keys_dir: no usable key in \S+: .* make a key pair with broker-guard keygen NAME/,
    );
  });

  it('needs no keys directory where http_server.jwt.public.keyfile is usable', async () => {
    const cwd = makeWorkspace({
      'nanomq.conf': 'http_server { port = 8081, jwt.public.keyfile = "hall.pub" }',
      'hall.pub': OPS.publicPem,
    });
    const { code, stdout } = await runProgram(['check'], { cwd });
    expect(code).toBe(0);
    expect(stdout).toMatch(/usable issuers in \S+: 1\n/);
  });

  it('without a settings file says that serve would start the embedded broker', async () => {
    const { code, stdout, stderr } = await runProgram(['check'], { cwd: makeWorkspace() });
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^There is no nanomq\.conf here: serve would start the embedded broker.*forwards to the embedded broker\n/s,
    );
    expect(stderr).toMatch(/no usable key in \S+: serve makes a key pair when it first starts\n$/);
  });

  it('--connect asks the broker with the credentials of the guard', async () => {
    const seen: (string | undefined)[] = [];
    const broker = createHttpServer((req, res) => {
      seen.push(`${req.method} ${req.url} ${req.headers.authorization}`);
      res.writeHead(req.headers.authorization === 'Basic aGFsbDpzZXNhbWU=' ? 200 : 401).end();
    });
    const port = await listenOnLoopback(broker);
    const conf = (password: string) =>
      `http_server { port = ${port}, username = hall, password = ${password} }`;
    const cwd = makeWorkspace({
      'nanomq.conf': conf('sesame'),
      'other.conf': conf('wrong'),
      'keys/ops.pub': OPS.publicPem,
    });
    const good = await runProgram(['check', '--connect'], { cwd });
    expect(good.code).toBe(0);
    expect(good.stdout).toContain('\n  the broker has answered\n');
    const refused = await runProgram(['check', '--connect', '--config', 'other.conf'], { cwd });
    expect(refused.code).toBe(1);
    expect(refused.stdout).not.toContain('answered');
    expect(refused.stderr).toMatch(
      /the broker at http:\/\/127\.0\.0\.1:\d+ gives no usable answer \(upstream_broken/,
    );
    expect(seen).toEqual([
      'GET /api/v4 Basic aGFsbDpzZXNhbWU=',
      expect.stringMatching(/^GET \/api\/v4 Basic (?!aGFsbDpzZXNhbWU=)/),
    ]);
    await new Promise((resolve) => broker.close(resolve));
    const gone = await runProgram(['check', '--connect'], { cwd });
    expect(gone.code).toBe(1);
    expect(gone.stderr).toMatch(/gives no usable answer \(upstream_unreachable.*check that it runs/);
  });

  it('says which settings file is missing, and what to do', async () => {
    const cwd = makeWorkspace();
    const { code, stderr } = await runProgram(['check', '--config', 'my.conf'], { cwd });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `the settings file ${join(cwd, 'my.conf')} does not exist: copy nanomq.conf.example there, or name another file with --config\n`,
    });
  });

  it('never prints a password', async () => {
    const text =
      'http_server { username = admin, password = "s3cret-s3cret", port = none }\nguard.upstream.url = "http://u:s3cret-s3cret@h"';
    const { code, stdout, stderr } = await runProgram(['check'], {
      cwd: makeWorkspace({ 'nanomq.conf': text }),
    });
    expect(code).toBe(2);
    expect(stderr).toMatch(/guard\.upstream\.url must not hold credentials/);
    expect(stdout + stderr).not.toContain('s3cret');
  });
});
