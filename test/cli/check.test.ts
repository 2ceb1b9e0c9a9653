// `broker-guard check`, as a process: everything that is wrong, at once, with its place.
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeIssuer } from '../support/issuers.ts';
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
      expect(stderr.trimEnd().split('\n')).toEqual([
        `${file}:2:3: guard.listen must be an address such as 127.0.0.1:8090, [::1]:8090 or unix:/run/guard.sock`,
        `${file}:3:3: guard.keys_dri is unknown; did you mean keys_dir?`,
        `${file}:4:32: guard.token.algorithms must be one of RS256, RS384, RS512, PS256, PS384, PS512`,
        `${file}:4:40: guard.token.max_lifetime must be none, or a duration such as 15m, 1h or 7d`,
        expect.stringMatching(
          /nanomq\.conf:5:14: guard\.upstream\.url leads to another host in clear text: .*guard\.insecure_clear_text_upstream = true$/,
        ),
        `${file}:5:61: guard.upstream.timeouts.conect is unknown; did you mean connect?`,
        `${file}:5:74: guard.upstream.timeouts.body must be longer than 0`,
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
    expect(stderr).toBe(
      '--listen: guard.listen must be an address such as 127.0.0.1:8090, [::1]:8090 or unix:/run/guard.sock\n' +
        '--upstream: guard.upstream.url must be a URL such as http://127.0.0.1:8081 or unix:/run/broker.sock\n',
    );
  });

  it('reports missing keys and missing TLS files together', async () => {
    const cwd = makeWorkspace({ 'nanomq.conf': 'guard { tls { certificate = a.crt, key = a.key } }' });
    const { code, stdout, stderr } = await runProgram(['check'], { cwd });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/guard\.keys_dir: "\S+keys" does not exist; create it\./);
    expect(stderr).toMatch(/guard\.tls\.certificate: \S+a\.crt /);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('sums up good settings, warns of what deserves it, and listens nowhere', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    const cwd = makeWorkspace({
      'nanomq.conf': `guard { listen = "127.0.0.1:${port}" }`,
      'keys/ops.pub': OPS.publicPem,
      'keys/bad.pub': 'x',
    });
    const { code, stdout, stderr } = await runProgram(['check'], { cwd });
    await new Promise((resolve) => taken.close(resolve));
    expect(code).toBe(0);
    expect(stdout).toBe(
      `The settings are good: nanomq.conf\n  listens on http://127.0.0.1:${port}, service on http://127.0.0.1:8091, ` +
        `forwards to http://127.0.0.1:8081\n  usable issuers in ${join(cwd, 'keys')}: 1\n`,
    );
    expect(stderr).toMatch(/warning: the broker still has the user name and password it was shipped with/);
    expect(stderr).toMatch(/warning: bad\.pub is not used: /);
  });

  it('--json prints the summary as data', async () => {
    const cwd = makeWorkspace({ 'keys/ops.pub': OPS.publicPem });
    const { code, stdout } = await runProgram(['check', '--json', '--upstream', 'unix:b.sock'], { cwd });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      settings: null,
      listen: 'http://127.0.0.1:8090',
      service: 'http://127.0.0.1:8091',
      upstream: join(cwd, 'b.sock'),
      keys_dir: join(cwd, 'keys'),
      usable_issuers: 1,
    });
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
