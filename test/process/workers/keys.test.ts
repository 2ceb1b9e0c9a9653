// One key store, in the primary process: what changes in the keys directory holds in every worker.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mintToken } from '../../support/issuers.ts';
import type { RawConnection } from '../../support/raw.ts';
import { DEADLINE_MS } from '../../support/wait-for.ts';
import { DEV, OPS, startCrew, statuses, writeConf } from './harness.ts';

/** Asks both workers again and again until both give this status. */
async function agree(each: readonly RawConnection[], token: string, status: number): Promise<void> {
  const endMs = performance.now() + DEADLINE_MS;
  for (;;) {
    const seen = await statuses(each, token);
    if (seen.every((one) => one === status)) return;
    if (performance.now() > endMs) throw new Error(`not within ${DEADLINE_MS} ms: ${seen} and not ${status}`);
  }
}

describe('a key file', () => {
  it('that comes is good in both workers, and refused by both once it is gone', async () => {
    const crew = await startCrew();
    const each = await crew.openEach();
    const token = mintToken(DEV, { iss: 'dev.pub' });
    expect(await statuses(each, token)).toEqual([401, 401]);
    crew.write('keys/dev.pub', DEV.publicPem);
    await agree(each, token, 200);
    rmSync(join(crew.cwd, 'keys/dev.pub'));
    await agree(each, token, 401);
    // Neither goes back to what it knew.
    for (let count = 0; count < 10; count++) {
      expect(await statuses(each, token)).toEqual([401, 401]);
      expect((await crew.ask('/api/v4', token)).status).toBe(401);
    }
    expect(await statuses(each, crew.token)).toEqual([200, 200]);
  });

  it('that gets another key is good with that one alone, in both', async () => {
    const crew = await startCrew();
    const each = await crew.openEach();
    expect(await statuses(each, crew.token)).toEqual([200, 200]);
    crew.write('keys/ops.pub', DEV.publicPem);
    await agree(each, mintToken(DEV), 200);
    expect(await statuses(each, crew.token)).toEqual([401, 401]);
  });

  it('that gets one more key is good with both, in both', async () => {
    const crew = await startCrew();
    const each = await crew.openEach();
    crew.write('keys/ops.pub', OPS.publicPem + DEV.publicPem);
    await agree(each, mintToken(DEV), 200);
    expect(await statuses(each, crew.token)).toEqual([200, 200]);
  });

  it('is found without its suffix in both, where the settings allow it', async () => {
    const crew = await startCrew({ guard: 'token.issuer_suffix = optional' });
    const each = await crew.openEach();
    expect(await statuses(each, mintToken(OPS, { iss: 'ops' }))).toEqual([200, 200]);
    crew.write('keys/dev.pub', DEV.publicPem);
    await agree(each, mintToken(DEV, { iss: 'dev' }), 200);
  });

  it('of the directory that a SIGHUP has named is followed from then on, and one of the old directory no more', async () => {
    const crew = await startCrew({ files: { 'other/ops.pub': OPS.publicPem } });
    const each = await crew.openEach();
    const token = mintToken(DEV, { iss: 'dev.pub' });
    await crew.reload(writeConf(crew.upstream.url, 'keys_dir = other'));
    crew.write('keys/dev.pub', DEV.publicPem);
    crew.write('other/new.pub', DEV.publicPem);
    await agree(each, mintToken(DEV, { iss: 'new.pub' }), 200);
    expect(await statuses(each, token)).toEqual([401, 401]);
    crew.write('other/dev.pub', DEV.publicPem);
    rmSync(join(crew.cwd, 'other/ops.pub'));
    await agree(each, token, 200);
    await agree(each, crew.token, 401);
  });
});
