// Attack: guess tokens from one host on many connections at once, so that nobody else gets through.
// Rule: that host's guesses wait; callers of other hosts are answered as ever, each of them. Hosts are network namespaces here.
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { makeHost, mayMakeHosts } from '../support/hosts.ts';
import { makeIssuer, mintToken } from '../support/issuers.ts';
import { BROKERS, buildHead, OPS, startPair } from '../support/pair.ts';

const FLOOD = fileURLToPath(new URL('../support/flood.mjs', import.meta.url));
const OPEN = 'listen = "0.0.0.0:0"\n insecure_listen_without_tls = true\n limits.failures = 3';
const CALLS = 30;

describe.skipIf(!mayMakeHosts())('a flood of guesses from one host', () => {
  it('is told to wait, and no caller of another host is refused or has to wait', async () => {
    const pair = await startPair({ guard: OPEN });
    const { port } = pair.guard;
    const [guesser, caller] = [makeHost(1), makeHost(2)];
    const request = buildHead('GET', BROKERS, [`Authorization: Bearer ${mintToken(makeIssuer())}`]);
    const flood = guesser.start(process.execPath, [
      FLOOD,
      JSON.stringify({ host: guesser.gateway, port, request, connections: 200 }),
    ]);
    const told: string[] = [];
    const lines = createInterface({ input: flood.stdout as NodeJS.ReadableStream });
    lines.on('line', (status) => told.push(status));
    await expect.poll(() => told.length, { timeout: 20_000 }).toBeGreaterThan(50);

    const before = told.length;
    const answers: string[] = [];
    for (let call = 0; call < CALLS; call++) {
      const authorization = `Authorization: Bearer ${mintToken(OPS, { jti: `${call}` })}`;
      const url = `http://${caller.gateway}:${port}${BROKERS}`;
      answers.push(
        await caller.run('curl', ['-s', '-o', '/dev/null', '-w', '%{http_code}', '-H', authorization, url]),
      );
    }
    expect(answers).toEqual(Array.from({ length: CALLS }, () => '200'));
    expect(told.length).toBeGreaterThan(before);
    expect(new Set(told)).toEqual(new Set(['401', '429']));
    flood.kill('SIGKILL');

    const good = pair.guard.records.filter(({ outcome }) => outcome === 'allowed');
    expect(new Set(good.map(({ client }) => client))).toEqual(new Set([caller.address]));
    const refused = pair.guard.records.filter(({ outcome }) => outcome === 'denied');
    expect(new Set(refused.map(({ client }) => client))).toEqual(new Set([guesser.address]));
    // Three are free, and the wait of a second or two ends now and then.
    const judged = refused.filter(({ reason }) => reason === 'signature_invalid');
    expect(judged.length).toBeGreaterThanOrEqual(3);
    expect(judged.length).toBeLessThan(10);
    expect(refused.length).toBeGreaterThan(50);
  });
});
