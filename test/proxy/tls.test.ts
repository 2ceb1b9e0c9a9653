// A broker behind https: asked for by its name, and believed only with a certificate that the machine trusts.
import { describe, expect, it } from 'vitest';
import { startPair } from '../support/pair.ts';
import { startTlsUpstream } from '../support/tls-upstream.ts';
import { okAnswer } from '../support/upstream.ts';

const REPORT = 'a call to the broker failed: ';

describe('a broker behind https', () => {
  it('with a host name is asked for by that name', async () => {
    const broker = await startTlsUpstream(['localhost'], okAnswer());
    const pair = await startPair({ upstreamUrl: `https://localhost:${broker.port}` });
    await pair.ask();
    expect(broker.serverNames).toEqual(['localhost']);
  });

  it('with an address is asked for without a name', async () => {
    const broker = await startTlsUpstream(['127.0.0.1'], okAnswer());
    const pair = await startPair({ upstreamUrl: `https://127.0.0.1:${broker.port}` });
    expect((await pair.ask()).status).toBe(502);
    expect([broker.accepted(), broker.serverNames]).toEqual([1, []]);
  });

  it('with a certificate that nobody trusts is not believed, and the operator reads why, once', async () => {
    const broker = await startTlsUpstream(['localhost'], okAnswer('never'));
    const pair = await startPair({ upstreamUrl: `https://localhost:${broker.port}` });
    for (let call = 0; call < 3; call++) {
      const answer = await pair.ask();
      expect(answer.status).toBe(502);
      expect(JSON.parse(answer.body).reason).toBe('upstream_broken');
      expect(answer.body).not.toContain('CERT');
    }
    expect(broker.accepted()).toBe(3);
    const said = pair.guard.lines.filter((line) => line.startsWith(REPORT));
    expect(said).toEqual([`${REPORT}DEPTH_ZERO_SELF_SIGNED_CERT (said once a minute at most)`]);
    for (const record of await pair.records(3))
      expect(record).toMatchObject({ outcome: 'failed', reason: 'upstream_broken' });
  });
});
