// SIGHUP to a guard of several workers: the settings are in place in all of them, or in none.
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { mintToken } from '../../support/issuers.ts';
import { runProgram } from '../../support/program.ts';
import { makeWorkspace } from '../../support/workspace.ts';
import { OPS, openUpstream, startCrew, startCrewIn, statuses, writeConf } from './harness.ts';

describe('SIGHUP', () => {
  it('puts token rules and the address of the broker in place in every worker, on the connections there are', async () => {
    const crew = await startCrew();
    const each = await crew.openEach();
    const second = await openUpstream();
    expect(await statuses(each, crew.token)).toEqual([200, 200]);
    await crew.reload(writeConf(crew.upstream.url, 'token.max_lifetime = 10m'));
    expect(await statuses(each, crew.token)).toEqual([401, 401]);
    await crew.reload(writeConf(second.url));
    const before = crew.upstream.requests.length;
    expect(await statuses(each, crew.token)).toEqual([200, 200]);
    expect(crew.upstream.requests).toHaveLength(before);
    expect(second.requests.filter(({ requestLine }) => requestLine.includes('/brokers'))).toHaveLength(2);
  });

  it.each([
    [
      'a file with problems',
      'guard { listn = x }',
      /the settings stay as they were:\n\S+: guard\.listn is unknown/,
    ],
    [
      'a keys directory that is missing',
      'guard.keys_dir = nowhere\nguard.token.audience = here',
      /the settings stay as they were:\nguard\.keys_dir: "\S+nowhere" does not exist/,
    ],
  ])('with %s changes nothing in any', async (_, bad, told) => {
    const crew = await startCrew();
    const each = await crew.openEach();
    const { pids } = crew;
    await crew.reload(bad, told);
    expect(await statuses(each, crew.token)).toEqual([200, 200]);
    expect(crew.pids).toEqual(pids);
  });

  it('with another number of workers says that it takes a restart, and puts the rest in place', async () => {
    const crew = await startCrew();
    const each = await crew.openEach();
    const { pids } = crew;
    const told = await crew.reload(writeConf(crew.upstream.url, 'workers = 3, token.audience = here'));
    expect(told).toMatch(/^guard\.workers changed: restart the guard for it to take effect$/m);
    expect(crew.pids).toEqual(pids);
    expect(await statuses(each, crew.token)).toEqual([401, 401]);
    expect(await statuses(each, mintToken(OPS, { aud: 'here' }))).toEqual([200, 200]);
  });

  it('with fewer connections to the broker than workers run is refused: none of them may go without', async () => {
    const crew = await startCrew();
    const each = await crew.openEach();
    // Sound for a guard that starts with it.
    const conf = writeConf(crew.upstream.url, 'workers = 1, upstream.connections = 1');
    await crew.reload(
      conf,
      /the settings stay as they were:\nguard\.upstream\.connections is less than the 2 workers that run: .* Restart the guard\.\n/,
    );
    expect(await statuses(each, crew.token)).toEqual([200, 200]);
    await crew.reload(writeConf(crew.upstream.url, 'token.audience = here, upstream.connections = 2'));
    expect(await statuses(each, mintToken(OPS, { aud: 'here' }))).toEqual([200, 200]);
  });

  it('is not needed for a renewed certificate: every worker has it by itself', async () => {
    const upstream = await openUpstream();
    const conf = writeConf(upstream.url, 'tls { certificate = guard.crt, key = guard.key }');
    const cwd = makeWorkspace({ 'nanomq.conf': conf, 'keys/ops.pub': OPS.publicPem });
    for (const name of ['guard', 'renewed'])
      expect((await runProgram(['certificate', 'localhost', '--name', name], { cwd })).code).toBe(0);
    const crew = await startCrewIn(cwd, upstream);
    const [before, ...more] = await listSerials(crew.front);
    expect(more).toEqual([]);
    for (const end of ['crt', 'key']) copyFileSync(join(cwd, `renewed.${end}`), join(cwd, `guard.${end}`));
    await crew.program.told(/renewed TLS files are in place, good until /);
    const [after, ...others] = await listSerials(crew.front);
    expect(others).toEqual([]);
    expect(after).not.toBe(before);
  });

  it('many times at once is done one after the other', async () => {
    const crew = await startCrew();
    const each = await crew.openEach();
    for (let count = 0; count < 10; count++) crew.program.child.kill('SIGHUP');
    await crew.reload(writeConf(crew.upstream.url, 'token.audience = here'));
    const token = mintToken(OPS, { aud: 'here' });
    expect(await statuses([...each, ...(await crew.openEach())], token)).toEqual([200, 200, 200, 200]);
    expect((await crew.program.stop()).code).toBe(0);
  });
});

/** The serial numbers of the certificates that six connections in a row are shown, each once. */
async function listSerials(port: number): Promise<string[]> {
  const serials = new Set<string>();
  for (let count = 0; count < 6; count++)
    serials.add(
      await new Promise((resolve, reject) => {
        const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
          resolve(socket.getPeerCertificate().serialNumber);
          socket.destroy();
        });
        socket.on('error', reject);
      }),
    );
  return [...serials];
}
