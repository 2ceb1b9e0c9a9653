// `broker-guard explain --mqtt`: one question or many, answered as every door answers.
import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runCommand } from '../support/command.ts';
import { makeIssuer, mintToken, nowSeconds } from '../support/issuers.ts';
import { listenOnLoopback } from '../support/loopback.ts';
import { makeWorkspace } from '../support/workspace.ts';

const OPS = makeIssuer();
const SECRET = 'secret';
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

function signHmac(claims: object): string {
  const input = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${input}.${createHmac('sha256', SECRET).update(input).digest('base64url')}`;
}

const HMAC = `mechanism = jwt, algorithm = hmac-based, secret = "${SECRET}"`;

function prepare(mqtt = '') {
  const directory = makeWorkspace({
    'nanomq.conf': `guard { keys_dir = keys\n mqtt { ${mqtt} } }`,
    'keys/ops.pub': OPS.publicPem,
  });
  const config = ['-c', join(directory, 'nanomq.conf')];
  return {
    directory,
    async explain(token: string, ...args: string[]) {
      const all = ['explain', '--mqtt', '--json', ...config, '--token-file', '-', ...args];
      const { code, stdout, stderr } = await runCommand(all, token);
      return { code, stderr, answer: stdout === '' ? undefined : JSON.parse(stdout) };
    },
    async ask(questions: readonly object[]) {
      const lines = questions.map((question) => JSON.stringify(question)).join('\n');
      const { code, stdout, stderr } = await runCommand(
        ['explain', '--mqtt', '--question', '-', ...config],
        lines,
      );
      return {
        code,
        stderr,
        answers: stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line)),
      };
    },
  };
}

const exp = nowSeconds() + 3600;

describe('explain --mqtt', () => {
  it('says who let a client in, and that the issuer’s token is enough', async () => {
    const { explain } = prepare();
    expect(await explain(mintToken(OPS), '--client-id', 'd1')).toEqual({
      code: 0,
      stderr: '',
      answer: {
        decision: 'allow',
        authenticator: 'keys-dir',
        rule: null,
        reason: 'valid',
        message: 'The client may connect.',
      },
    });
  });

  it('an issuer whose token has no acl may use every topic but those of the broker', async () => {
    const { explain } = prepare();
    const token = mintToken(OPS, { bodyEncode: undefined });
    expect(await explain(token, '--publish', 'a/b')).toMatchObject({
      code: 0,
      answer: { reason: 'covered' },
    });
    expect(await explain(token, '--subscribe', '#')).toMatchObject({ code: 0 });
    expect(await explain(token, '--receive', '$SYS/x')).toMatchObject({
      code: 1,
      answer: { decision: 'deny', rule: null, reason: 'not_covered' },
    });
  });

  it('names the rule of the token', async () => {
    const { explain } = prepare();
    const acl = [
      { permission: 'deny', action: 'all', topic: 'a/secret' },
      { permission: 'allow', action: 'all', topic: 'a/#', qos: [0, 1] },
    ];
    const token = mintToken(OPS, { acl });
    expect((await explain(token, '--publish', 'a/x')).answer.rule).toBe('acl[1] a/#');
    expect((await explain(token, '--subscribe', 'a/#')).answer).toMatchObject({
      decision: 'deny',
      rule: 'acl[0] a/secret',
      reason: 'deny_rule',
    });
    expect((await explain(token, '--publish', 'a/x', '--qos', '2')).answer.decision).toBe('deny');
  });

  it('the published sample token passes with the secret as text and in base64', async () => {
    const token = signHmac({ sub: '1234567890', name: 'EMQX Cloud', iat: 1516239022 });
    for (const secret of ['secret = secret', 'secret = "c2VjcmV0", secret_base64_encoded = true']) {
      const block = `mechanism = jwt, use_jwks = false, algorithm = "hmac-based", ${secret}`;
      const open = prepare(`authentication = [{ ${block}, require_exp = false }]`);
      expect(await open.explain(token)).toMatchObject({ code: 0, answer: { authenticator: 'jwt' } });
      const strict = prepare(`authentication = [{ ${block} }]`);
      expect(await strict.explain(token)).toMatchObject({ code: 1, answer: { reason: 'claim_missing' } });
    }
  });

  it('a placeholder takes the claim of that name', async () => {
    const { explain } = prepare(`authentication { ${HMAC} }`);
    const token = signHmac({ exp, username: 'myuser', acl: { pub: [`testpub1/\${username}`] } });
    const as = (name: string) => explain(token, '--username', name, '--publish', 'testpub1/myuser');
    expect((await as('myuser')).answer.decision).toBe('allow');
    expect((await as('somebody-else')).answer.decision).toBe('allow');
    const other = await explain(token, '--username', 'victim', '--publish', 'testpub1/victim');
    expect(other.answer.decision).toBe('deny');
  });

  it('a placeholder that nothing ties to the token refuses the login, and says what to write', async () => {
    const { explain } = prepare(`authentication { ${HMAC} }`);
    const { answer } = await explain(
      signHmac({ exp, acl: { pub: [`d/\${clientid}`] } }),
      '--client-id',
      'd1',
    );
    expect(answer).toMatchObject({ decision: 'deny', authenticator: 'jwt', reason: 'claim_missing' });
    expect(answer.message).toContain(`verify_claims { clientid = "\${clientid}" }`);
  });

  it('answers a line each, by one login each', async () => {
    const { ask } = prepare();
    const good = mintToken(OPS);
    const { code, answers } = await ask([
      { clientid: 'a', password: good, peerhost: '10.0.0.1', tenant: 'x' },
      { clientid: 'a', username: null, password: good, action: 'publish', topic: 'a/+' },
      { clientid: 'a' },
      { clientid: 'a', password: `${good}x`, action: 'subscribe', topic: '#' },
      { clientid: 'a', password: good, action: 'subscribe', topic: '$share/g/#', qos: 2 },
    ]);
    expect(code).toBe(0);
    expect(answers.map(({ decision, reason }) => `${decision} ${reason}`)).toEqual([
      'allow valid',
      'deny topic_invalid',
      'deny token_missing',
      'deny token_malformed',
      'allow covered',
    ]);
  });

  it('a line that is no question is answered as such, and makes the exit code 2', async () => {
    const { ask } = prepare();
    const { code, answers } = await ask([{ clientid: 5 }, { clientid: 'a', action: 'fly' }]);
    expect(code).toBe(2);
    expect(answers.map(({ reason }) => reason)).toEqual(['question_invalid', 'question_invalid']);
  });

  it('the first decisive answer counts, in their order', async () => {
    const list = `authentication = [
      { ${HMAC}, from = username, on_missing_jwt = ignore, precondition = "is_empty(password)" },
      { ${HMAC}, precondition = "regex_match(username, '^dev-')" }
      { mechanism = keys-dir }
    ]`;
    const { ask } = prepare(list);
    const token = signHmac({ exp });
    const { answers } = await ask([
      { username: token },
      { password: token, username: 'dev-1' },
      { password: mintToken(OPS) },
      { username: '', password: mintToken(OPS) },
    ]);
    expect(answers.map(({ authenticator }) => authenticator)).toEqual([
      'jwt[0]',
      'jwt[1]',
      'keys-dir[2]',
      'keys-dir[2]',
    ]);
  });

  it('waits for the endpoint of a JWKS before its first answer', async () => {
    const jwk = OPS.publicKey.export({ format: 'jwk' });
    const server = createServer((_, answer) => answer.end(JSON.stringify({ keys: [{ ...jwk, kid: 'k' }] })));
    const port = await listenOnLoopback(server);
    onTestFinished(() => void server.close());
    const { explain } = prepare(`authentication { mechanism = jwt, endpoint = "http://127.0.0.1:${port}/" }`);
    expect(await explain(mintToken(OPS))).toMatchObject({ code: 0 });
    expect(await explain(mintToken(OPS, {}, { kid: 'k' }))).toMatchObject({ code: 0 });
    expect(await explain(mintToken(OPS, {}, { kid: 'other' }))).toMatchObject({
      answer: { reason: 'key_unusable' },
    });
  });

  it('says what bad settings are wrong about, and nothing of the token', async () => {
    const { explain, directory } = prepare('authentication { mechanism = jwt, algorithm = hmac-based }');
    const token = mintToken(OPS);
    const { code, stderr, answer } = await explain(token);
    expect([code, answer]).toEqual([2, undefined]);
    expect(stderr).toContain('guard.mqtt.authentication.secret is missing');
    writeFileSync(join(directory, 'device.jwt'), token);
    const { stderr: quoted } = await runCommand(['explain', '--mqtt', '--token-file', token], '');
    expect(quoted).not.toContain(token);
  });

  it.each([
    [[], '--mqtt'],
    [['--mqtt', '--publish', 'a', '--subscribe', 'b'], 'at a time'],
    [['--mqtt', '--question', '-', '--publish', 'a'], 'whole question'],
  ])('explain %j is wrong use', async (args, what) => {
    const { code, stderr } = await runCommand(['explain', ...args], '');
    expect(code).toBe(2);
    expect(stderr).toContain(what);
  });
});
