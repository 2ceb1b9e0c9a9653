// Rules of issuers where several processes serve: the one key store carries them to every worker.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { mintToken } from '../../support/issuers.ts';
import type { RawConnection } from '../../support/raw.ts';
import { DEADLINE_MS } from '../../support/wait-for.ts';
import { OPS, request, startCrew } from './harness.ts';

async function agree(each: readonly RawConnection[], token: string, target: string, wanted: number) {
  const endMs = performance.now() + DEADLINE_MS;
  for (;;) {
    const answers = await Promise.all(each.map((one) => request(one, target, token)));
    if (answers.every(({ status }) => status === wanted)) return;
    if (performance.now() > endMs) throw new Error(`${answers.map(({ status }) => status)}, not ${wanted}`);
  }
}

it('a sidecar that comes, changes, breaks and goes holds in both workers', async () => {
  const crew = await startCrew();
  const each = await crew.openEach();
  const [read, configuration] = ['/api/v4/nodes', '/api/v4/configuration'];
  await agree(each, crew.token, configuration, 200);
  crew.write('keys/ops.policy.conf', 'roles = [viewer]\ndeny = [configuration.read]\n');
  await agree(each, crew.token, configuration, 403);
  await agree(each, crew.token, read, 200);
  crew.write('keys/ops.policy.conf', 'roles = [admin]\ndeny = [nodes.list]\n');
  await agree(each, crew.token, read, 403);
  await agree(each, crew.token, configuration, 200);
  await agree(each, mintToken(OPS, { scope: 'brokers.list' }), configuration, 403);
  crew.write('keys/ops.policy.conf', 'roles = [nobody]\n');
  // The third refused credential ends a connection: one question at a time is enough.
  const endMs = performance.now() + DEADLINE_MS;
  while ((await crew.ask(read, crew.token)).status !== 401) expect(performance.now()).toBeLessThan(endMs);
  rmSync(join(crew.cwd, 'keys/ops.policy.conf'));
  while ((await crew.ask(configuration, crew.token)).status !== 200)
    expect(performance.now()).toBeLessThan(endMs + DEADLINE_MS);
});

it('the policy of the settings holds in both, and other settings after a reload', async () => {
  const crew = await startCrew({
    guard: 'policy { roles { looker = [nodes.list] }, default_role = looker }',
  });
  const each = await crew.openEach();
  await agree(each, crew.token, '/api/v4/configuration', 403);
  await agree(each, crew.token, '/api/v4/nodes', 200);
});
