// `guard.workers = 2`, as processes: both serve, and to the outside they are one guard.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { until } from '../../support/guard.ts';
import { holdNamed } from '../../support/held-answers.ts';
import { ROOT } from '../../support/root.ts';
import { DEV, head, OPS, readRecords, startCrew, workerOf } from './harness.ts';

describe('two workers', () => {
  it('are announced as one guard, share the connections, and leave one record a request on its standard output', async () => {
    const crew = await startCrew();
    const ids: string[] = [];
    const served = new Map<string, number>();
    for (let count = 0; count < 12; count++) {
      const answer = await crew.ask();
      expect(answer.status).toBe(200);
      ids.push(answer.headers.get('x-request-id') as string);
      served.set(workerOf(answer), (served.get(workerOf(answer)) ?? 0) + 1);
    }
    expect(served.size).toBe(2);
    expect(Math.min(...served.values())).toBeGreaterThanOrEqual(3);
    expect(crew.pids).toHaveLength(2);
    expect(crew.pids).not.toContain(crew.pid);
    const { code, stdout, stderr } = await crew.program.stop();
    expect(code).toBe(0);
    expect(stderr.match(/listening on/g)).toHaveLength(1);
    expect(stderr).toMatch(
      new RegExp(`^pid ${crew.pid} listening on http://127\\.0\\.0\\.1:\\d+, service`, 'm'),
    );
    const records = readRecords(stdout);
    expect(records.map(({ request_id }) => request_id).sort()).toEqual(ids.sort());
    for (const record of records) expect(record).toMatchObject({ outcome: 'allowed', issuer: 'ops.pub' });
  });

  it.runIf(process.platform === 'linux')('run with the flags that npm start gives to Node', async () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const flags = (scripts.start as string).split(' ').filter((word) => word.startsWith('--'));
    expect(flags).not.toHaveLength(0);
    const crew = await startCrew({ flags });
    expect(crew.pids).toHaveLength(2);
    for (const pid of crew.pids)
      expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')).toEqual(expect.arrayContaining(flags));
  });

  it('answer on the service listener as one: ready, with the keys of all', async () => {
    const crew = await startCrew({ files: { 'keys/dev.pub': DEV.publicPem } });
    expect(await crew.askService('/readyz')).toEqual({
      status: 200,
      body: { ready: true, usable_issuers: 2, upstream: 'ok' },
    });
    const { body } = await crew.askService('/.well-known/jwks.json');
    expect(body.keys).toHaveLength(2);
    for (const { publicKey } of [OPS, DEV])
      expect(body.keys).toContainEqual(expect.objectContaining(publicKey.export({ format: 'jwk' })));
  });

  it('are not ready where the broker is down, for the reason a worker has found', async () => {
    const crew = await startCrew();
    // The question asked at the start is over: a broker that closes in the middle of it is broken, not down.
    expect((await crew.askService('/readyz')).status).toBe(200);
    await crew.upstream.close();
    expect(await crew.askService('/readyz')).toMatchObject({
      status: 503,
      body: { ready: false, upstream: 'upstream_unreachable' },
    });
  });
});

describe('guard.upstream.connections', () => {
  it('is kept by all workers together, and each has its share', async () => {
    const { held, respond, release } = holdNamed();
    let most = 0;
    const crew = await startCrew({
      guard: 'workers = 2, upstream.connections = 3',
      respond: (seen, socket) => {
        most = Math.max(most, crew.upstream.connections().open);
        return respond(seen, socket);
      },
    });
    const clients = [
      ...(await crew.openEach()),
      ...(await Promise.all(Array.from({ length: 14 }, crew.open))),
    ];
    for (const client of clients) client.write(head('/api/v4/clients/held', crew.token));
    await until(() => held.length === 3, 'three calls at the broker');
    const workers = held.map(({ request }) => workerOf(request));
    const shares = [...new Set(workers)].map((one) => workers.filter((worker) => worker === one).length);
    expect(shares.sort()).toEqual([1, 2]);
    const releasing = setInterval(release, 5);
    onTestFinished(() => clearInterval(releasing));
    for (const client of clients) expect((await client.next()).status).toBe(200);
    expect(most).toBe(3);
  });
});

describe('publishes', () => {
  it('go to NanoMQ two at a time, whoever of two workers has them', async () => {
    const { held, respond, release } = holdNamed();
    const crew = await startCrew({ guard: 'workers = 2', respond });
    const clients = [
      ...(await crew.openEach()),
      ...(await Promise.all(Array.from({ length: 14 }, crew.open))),
    ];
    for (const client of clients) client.write(head('/api/v4/mqtt/publish?/held', crew.token, 'POST'));
    await until(() => held.length === 2, 'two publishes at the broker');
    expect(new Set(held.map(({ request }) => workerOf(request))).size).toBe(2);
    let most = held.length;
    const releasing = setInterval(() => {
      most = Math.max(most, held.length);
      release();
    }, 1);
    onTestFinished(() => clearInterval(releasing));
    for (const client of clients) expect((await client.next()).status).toBe(200);
    expect(most).toBe(2);
  });
});
