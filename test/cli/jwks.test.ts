// `broker-guard jwks`: the set of the keys directory, and the guide that tries a set out in one command.
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { join } from 'node:path';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runCommand } from '../support/command.ts';
import { until } from '../support/guard.ts';
import { makeIssuer } from '../support/issuers.ts';
import { runProgram, startProgram } from '../support/program.ts';
import { makeWorkspace } from '../support/workspace.ts';

const OPS = makeIssuer();

describe('jwks', () => {
  it('prints the public keys, all or of one issuer', async () => {
    const cwd = makeWorkspace({ 'keys/ops.pub': OPS.publicPem, 'keys/dev.pub': makeIssuer().publicPem });
    const set = async (...args: string[]) => {
      const { code, stdout } = await runCommand(['jwks', '--keys-dir', join(cwd, 'keys'), ...args]);
      return [code, stdout === '' ? undefined : JSON.parse(stdout).keys.length];
    };
    expect(await set()).toEqual([0, 2]);
    expect(await set('--issuer', 'ops.pub')).toEqual([0, 1]);
    expect(await set('--issuer', 'nobody.pub')).toEqual([1, undefined]);
  });

  it('--keys 3 makes keys, prints a pair and a token, and serves the set until it is stopped', async () => {
    const cwd = makeWorkspace();
    const program = startProgram(['jwks', '--keys', '3', '--serve', '127.0.0.1:0', '--json'], { cwd });
    onTestFinished(async () => void (await program.stop('SIGKILL')));
    const [, url = ''] = await program.told(/serving 3 keys on (\S+);/);
    await until(() => program.stdout().endsWith('\n'), 'the keys on standard output');
    const shown = JSON.parse(program.stdout());
    expect(await (await fetch(url)).json()).toEqual(shown.jwks);
    expect(shown.jwks.keys).toHaveLength(3);
    expect(JSON.stringify(shown.jwks)).not.toContain('"d"');
    const { payload, protectedHeader } = await jwtVerify(shown.token, createRemoteJWKSet(new URL(url)));
    expect(payload).toMatchObject({ username: 'myuser', acl: { pub: [`testpub1/\${username}`] } });
    expect(protectedHeader.kid).toBe(shown.kid);
    const half = createPublicKey(createPrivateKey(shown.private_key)).export({ type: 'spki', format: 'pem' });
    expect(half).toBe(shown.public_key);

    // The token works as it is with a guard that fetches its keys there.
    const conf = `guard.mqtt.authentication { mechanism = jwt, use_jwks = true, endpoint = "${url}" }`;
    const guarded = makeWorkspace({ 'nanomq.conf': conf, 'keys/x': '' });
    const ask = (topic: string) =>
      runProgram(['explain', '--mqtt', '--token-file', '-', '--publish', topic], {
        cwd: guarded,
        input: shown.token,
      });
    expect((await ask('testpub1/myuser')).code).toBe(0);
    expect((await ask('testpub1/other')).code).toBe(1);
    expect((await program.stop()).code).toBe(0);
  });

  it.each([['0'], ['17'], ['x']])('--keys %s is wrong use', async (count) => {
    expect((await runCommand(['jwks', '--keys', count])).code).toBe(2);
  });
});
