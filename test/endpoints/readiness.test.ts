import { describe, expect, it } from 'vitest';
import { createReadiness } from '../../src/endpoints/readiness.ts';

const READY = { usableIssuers: () => 2, probe: async () => undefined, isDraining: () => false };

describe('readiness', () => {
  it('is ready with a usable key and a broker that answers', async () => {
    expect(await createReadiness(READY)()).toEqual({ ready: true, usable_issuers: 2, upstream: 'ok' });
  });

  it('is not ready without a usable key, and says how to make one', async () => {
    expect(await createReadiness({ ...READY, usableIssuers: () => 0 })()).toEqual({
      ready: false,
      usable_issuers: 0,
      upstream: 'ok',
      message: 'No usable key: put one into guard.keys_dir (broker-guard keygen NAME makes one).',
    });
  });

  it('is not ready while the broker gives no usable answer, and names the settings', async () => {
    expect(await createReadiness({ ...READY, probe: async () => 'upstream_timeout' })()).toEqual({
      ready: false,
      usable_issuers: 2,
      upstream: 'upstream_timeout',
      message: 'The broker gives no usable answer: see guard.upstream.url and http_server.',
    });
  });

  it('is ready where every connection is in use, and says what that means', async () => {
    expect(await createReadiness({ ...READY, probe: async () => 'upstream_busy' })()).toEqual({
      ready: true,
      usable_issuers: 2,
      upstream: 'busy',
      message: expect.stringMatching(
        /^Every connection to the broker is in use .*guard\.upstream\.connections/,
      ),
    });
  });

  it('is not ready without a usable key or while it drains, however busy', async () => {
    const busy = { ...READY, probe: async () => 'upstream_busy' };
    for (const more of [{ usableIssuers: () => 0 }, { isDraining: () => true }])
      expect(await createReadiness({ ...busy, ...more })()).toMatchObject({ ready: false, upstream: 'busy' });
  });

  it('is not ready while it drains, whatever else is fine', async () => {
    expect(await createReadiness({ ...READY, isDraining: () => true })()).toMatchObject({
      ready: false,
      message: 'The guard is shutting down.',
    });
  });

  it('asks the broker once for calls that overlap, and again for the next one', async () => {
    let probes = 0;
    let answer: () => void = () => undefined;
    const probe = () => {
      probes++;
      return new Promise<undefined>((resolve) => {
        answer = () => resolve(undefined);
      });
    };
    const read = createReadiness({ ...READY, probe });
    const calls = [read(), read(), read()];
    answer();
    expect((await Promise.all(calls)).every(({ ready }) => ready)).toBe(true);
    expect(probes).toBe(1);
    const next = read();
    answer();
    await next;
    expect(probes).toBe(2);
  });
});
