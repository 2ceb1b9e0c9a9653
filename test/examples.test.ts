// The example programs under docs/examples, run as a user runs them.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { until } from './support/guard.ts';
import { makeIssuer, mintToken } from './support/issuers.ts';
import { startProcess } from './support/program.ts';
import { ROOT } from './support/root.ts';
import { makeWorkspace } from './support/workspace.ts';

const OPS = makeIssuer();

async function startExample(name: string) {
  const cwd = makeWorkspace();
  mkdirSync(join(cwd, 'keys'));
  const program = startProcess(process.execPath, [join(ROOT, 'docs/examples', name), 'keys', '0'], { cwd });
  onTestFinished(() => void program.child.kill('SIGKILL'));
  const [, url = ''] = await program.told(/listening on (http:\S+)/);
  const ask = (token?: string) =>
    fetch(url, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });
  const dropKey = () => writeFileSync(join(cwd, 'keys', 'ops.pub'), OPS.publicPem);
  return { program, ask, dropKey };
}

describe.each(['koa-app.mjs', 'node-http-app.mjs'])('docs/examples/%s', (name) => {
  it('refuses, follows the keys directory, says who is calling, and ends', async () => {
    const { program, ask, dropKey } = await startExample(name);
    const refused = await ask();
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
      401,
      'Bearer realm="broker-guard"',
    ]);
    const token = mintToken(OPS, { sub: 'alice' });
    expect((await ask(token)).status).toBe(401);
    dropKey();
    await program.told(/ops\.pub: key added/);
    const answer = await ask(token);
    expect(await answer.json()).toEqual({ issuer: 'ops.pub', subject: 'alice' });
    await until(() => program.stdout().split('\n').length > 3, 'three records');
    const records = program
      .stdout()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(records.map(({ outcome }) => outcome)).toEqual(['denied', 'denied', 'allowed']);
    expect((await program.stop()).code).toBe(0);
  });
});
