// ES256, ES384, ES512 and EdDSA from the key file to the broker: what other programs sign is accepted, and an algorithm is
// never the token's own choice.
import { execFileSync, spawnSync } from 'node:child_process';
import { sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalJWKSet, jwtVerify, SignJWT } from 'jose';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadSettings } from '../src/config/load.ts';
import { openGuard } from '../src/library.ts';
import { runCommand } from './support/command.ts';
import {
  CURVE_KEYS,
  curveKey,
  mintCurveToken,
  publicPem,
  sshLineOf,
  thumbprintOf,
} from './support/curves.ts';
import { mintToken, nowSeconds } from './support/issuers.ts';
import { BROKERS, buildHead, OPS, startPair } from './support/pair.ts';
import { lacks, MAY_SKIP } from './support/tools.ts';
import { makeWorkspace } from './support/workspace.ts';

const LISTED = 'token.algorithms = [RS256, ES256, ES384, ES512, EdDSA]';

async function startGate(gate: string, guard = LISTED) {
  const pair = await startPair({ guard, keys: { 'gate.pub': gate, 'ops.pub': OPS.publicPem } });
  let asked = 0;
  const ask = async (token: string) => {
    const { status } = await pair.send(buildHead('GET', BROKERS, [`Authorization: Bearer ${token}`]));
    const records = await pair.records(++asked);
    return { status, reason: records.at(-1)?.reason, key: records.at(-1)?.key };
  };
  return { pair, ask };
}

describe.each(CURVE_KEYS)('a token with $alg', (key) => {
  it('that jose has signed reaches the broker, by a key from PEM and by one of OpenSSH', async () => {
    const claims = { iss: 'gate.pub', iat: nowSeconds(), exp: nowSeconds() + 60, bodyEncode: 0 };
    const token = await new SignJWT(claims).setProtectedHeader({ alg: key.alg }).sign(key.privateKey);
    for (const file of [publicPem(key), sshLineOf(key)]) {
      const { ask } = await startGate(file);
      expect(await ask(token)).toEqual({ status: 200, reason: undefined, key: thumbprintOf(key) });
    }
  });

  it('is refused while its algorithm is not listed, whatever its key', async () => {
    const { ask, pair } = await startGate(publicPem(key), 'token.algorithms = [RS256]');
    expect(await ask(mintCurveToken(key))).toMatchObject({ status: 401, reason: 'alg_not_allowed' });
    expect(pair.guard.lines.join('\n')).toContain(
      `gate.pub is not used: The key is ${key.type}, and no listed algorithm is for such keys: write guard.token.algorithms = [RS256, ${key.alg}].`,
    );
  });

  it('is refused with a signature of any other length', async () => {
    const { ask } = await startGate(publicPem(key));
    const good = (data: Buffer) => sign(key.digest, data, { key: key.privateKey, dsaEncoding: 'ieee-p1363' });
    expect(good(Buffer.from('x'))).toHaveLength(key.signatureBytes);
    const bend: readonly ((signature: Buffer) => Buffer)[] = [
      (signature) => signature.subarray(0, -1),
      (signature) => Buffer.concat([signature, Buffer.alloc(1)]),
      (signature) =>
        Buffer.concat([
          Buffer.alloc(1),
          signature.subarray(0, signature.length / 2),
          Buffer.alloc(1),
          signature.subarray(signature.length / 2),
        ]),
      (signature) => Buffer.alloc(signature.length),
    ];
    for (const change of bend) {
      const token = mintCurveToken(key, { signature: (data) => change(good(data)) });
      expect(await ask(token)).toMatchObject({ status: 401, reason: 'signature_invalid' });
    }
  });

  it('is refused under every other algorithm that is listed', async () => {
    const { ask } = await startGate(publicPem(key));
    for (const alg of ['RS256', 'ES256', 'ES384', 'ES512', 'EdDSA'].filter((name) => name !== key.alg))
      expect(await ask(mintCurveToken(key, { alg }))).toMatchObject({ reason: 'signature_invalid' });
    expect(await ask(mintCurveToken(key))).toMatchObject({ status: 200 });
  });
});

describe('an elliptic key', () => {
  it('never takes the DER of OpenSSL for the form of RFC 7518', async () => {
    const { ask } = await startGate(publicPem(curveKey('ES256')));
    const signature = (data: Buffer) => sign('sha256', data, curveKey('ES256').privateKey);
    expect(await ask(mintCurveToken(curveKey('ES256'), { signature }))).toMatchObject({
      reason: 'signature_invalid',
    });
  });

  it('stands beside an RSA key of the same issuer, and each takes its own tokens', async () => {
    const { ask } = await startGate(OPS.publicPem + publicPem(curveKey('ES256')));
    expect(await ask(mintToken(OPS, { iss: 'gate.pub' }))).toMatchObject({ status: 200 });
    expect(await ask(mintCurveToken(curveKey('ES256')))).toMatchObject({
      status: 200,
      key: thumbprintOf(curveKey('ES256')),
    });
    expect(await ask(mintCurveToken(curveKey('EdDSA')))).toMatchObject({ reason: 'signature_invalid' });
  });

  it('is in the key set with its own algorithm, and jose verifies by it', async () => {
    const all = CURVE_KEYS.map(publicPem).join('');
    const { pair } = await startGate(all);
    const answer = await fetch(`http://127.0.0.1:${pair.guard.servicePort}/jwks.json?issuer=gate.pub`);
    const set = (await answer.json()) as { keys: { kid: string; alg: string; d?: string }[] };
    expect(set.keys.map(({ kid, alg }) => ({ kid, alg }))).toEqual(
      CURVE_KEYS.map((key) => ({ kid: thumbprintOf(key), alg: key.alg })),
    );
    const verify = createLocalJWKSet(set as never);
    for (const key of CURVE_KEYS) {
      const { payload } = await jwtVerify(mintCurveToken(key), verify);
      expect(payload.iss).toBe('gate.pub');
    }
  });

  it('works as soon as a reload lists its algorithm', async () => {
    const { ask, pair } = await startGate(publicPem(curveKey('EdDSA')), 'token.algorithms = [RS256]');
    expect(await ask(mintCurveToken(curveKey('EdDSA')))).toMatchObject({ reason: 'alg_not_allowed' });
    const file = join(pair.guard.directory, 'nanomq.conf');
    writeFileSync(file, readFileSync(file, 'utf8').replace('[RS256]', '[RS256, EdDSA]'));
    await pair.guard.running.reload(loadSettings(file));
    expect(await ask(mintCurveToken(curveKey('EdDSA')))).toMatchObject({ status: 200 });
  });

  it('serves the library', async () => {
    const keysDir = join(makeWorkspace({ 'keys/gate.pub': sshLineOf(curveKey('EdDSA')) }), 'keys');
    const lines: string[] = [];
    const options = { keysDir, report: (line: string) => void lines.push(line) };
    const strict = await openGuard(options);
    expect(strict.authenticate(mintCurveToken(curveKey('EdDSA')))).toMatchObject({
      reason: 'alg_not_allowed',
    });
    const guard = await openGuard({ ...options, token: { algorithms: ['EdDSA'] } });
    expect(guard.authenticate(mintCurveToken(curveKey('EdDSA')))).toMatchObject({
      allowed: true,
      principal: { issuer: 'gate.pub' },
    });
    expect(guard.explain(mintCurveToken(curveKey('ES256'))).reason).toBe('alg_not_allowed');
    await Promise.all([strict.close(), guard.close()]);
  });
});

describe('inspect and explain', () => {
  it('say which key of an elliptic issuer has signed, and why another has not', async () => {
    const cwd = makeWorkspace({
      'nanomq.conf': `http_server.port = 8081\nguard { ${LISTED} }`,
      'keys/gate.pub': publicPem(curveKey('ES384')),
    });
    const config = ['--config', join(cwd, 'nanomq.conf')];
    const good = await runCommand(['inspect', ...config], mintCurveToken(curveKey('ES384')));
    expect(good.stdout).toContain(`ok    signature: key ${thumbprintOf(curveKey('ES384'))}`);
    const bad = await runCommand(['inspect', ...config], mintCurveToken(curveKey('ES384'), { alg: 'ES256' }));
    expect(bad.stdout).toMatch(/FAIL {2}signature.*\n[\s\S]*refused: signature_invalid/);
    const call = ['explain', 'GET', BROKERS, '--token-file', '-', ...config];
    expect((await runCommand(call, mintCurveToken(curveKey('ES384')))).stdout).toMatch(/\nallowed\n$/);
  });
});

const PYTHON = '/usr/bin/python3';
const hasPyJwt = spawnSync(PYTHON, ['-c', 'import jwt, cryptography']).status === 0;

describe.skipIf(lacks('ssh-keygen') || (MAY_SKIP && !hasPyJwt))('a pair of ssh-keygen', () => {
  it.each([
    ['EdDSA', ['-t', 'ed25519']],
    ['ES256', ['-t', 'ecdsa', '-b', '256']],
    ['ES384', ['-t', 'ecdsa', '-b', '384']],
    ['ES512', ['-t', 'ecdsa', '-b', '521']],
  ])('for %s is dropped in as it is, and a token that PyJWT signs with it is accepted', async (alg, type) => {
    const folder = mkdtempSync(join(tmpdir(), 'ssh-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    execFileSync('ssh-keygen', ['-q', ...type, '-N', '', '-C', 'gate', '-f', join(folder, 'gate')]);
    const script = join(folder, 'sign.py');
    writeFileSync(
      script,
      `import sys, time, jwt\nfrom cryptography.hazmat.primitives.serialization import load_ssh_private_key\nkey = load_ssh_private_key(open(sys.argv[1], "rb").read(), None)\nnow = int(time.time())\nprint(jwt.encode({"iss": "gate.pub", "iat": now, "exp": now + 60, "bodyEncode": 0}, key, algorithm=sys.argv[2]))`,
    );
    const token = execFileSync(PYTHON, [script, join(folder, 'gate'), alg], { encoding: 'utf8' }).trim();
    const { ask } = await startGate(readFileSync(join(folder, 'gate.pub'), 'utf8'));
    expect(await ask(token)).toMatchObject({ status: 200 });
  });
});
