// guard.upstream.ca_file: a broker behind https is believed by the CA that the settings name, and by no other.
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Authority } from '../support/authority.ts';
import { until } from '../support/guard.ts';
import { startPair } from '../support/pair.ts';
import { startTlsUpstream } from '../support/tls-upstream.ts';
import { okAnswer } from '../support/upstream.ts';
import { makeWorkspace } from '../support/workspace.ts';

const OTHER = new Authority('Other');

describe('the CA of the broker', () => {
  it('is taken from the file, and from a renewed one without a signal', async () => {
    const broker = await startTlsUpstream(['localhost'], okAnswer('trusted'));
    const file = join(makeWorkspace(), 'ca.crt');
    copyFileSync(OTHER.file, file);
    const pair = await startPair({
      upstreamUrl: `https://localhost:${broker.port}`,
      guard: `upstream.ca_file = "${file}"`,
    });
    expect((await pair.ask()).status).toBe(502);
    copyFileSync(broker.certificateFile, file);
    await until(() => pair.guard.lines.includes('renewed TLS files are in place'), 'the other CA');
    expect(await pair.ask()).toMatchObject({ status: 200, body: 'trusted' });
  });
});
