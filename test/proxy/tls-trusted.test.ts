// The built guard in front of a broker behind https whose certificate it is told to trust.
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { mintToken } from '../support/issuers.ts';
import { BROKERS, buildHead, OPS } from '../support/pair.ts';
import { announcedPorts, startProgram } from '../support/program.ts';
import { sendRaw } from '../support/raw.ts';
import { startTlsUpstream } from '../support/tls-upstream.ts';
import { okAnswer } from '../support/upstream.ts';
import { makeWorkspace } from '../support/workspace.ts';

/** Asks a broker that is known as `host` and has a certificate for `certified`. */
async function ask(host: string, certified: string) {
  const broker = await startTlsUpstream([certified], okAnswer('trusted'));
  const cwd = makeWorkspace({
    'keys/ops.pub': OPS.publicPem,
    'nanomq.conf':
      'guard { listen = "127.0.0.1:0", service.listen = "127.0.0.1:0", ' +
      `upstream.url = "https://${host}:${broker.port}" }\n`,
  });
  const env = { NODE_EXTRA_CA_CERTS: broker.certificateFile };
  const guard = startProgram(['serve', '--config', join(cwd, 'nanomq.conf')], { cwd, env });
  onTestFinished(async () => void (await guard.stop()));
  const { front } = await announcedPorts(guard);
  const token = `Authorization: Bearer ${mintToken(OPS)}`;
  return { answer: await sendRaw(front, buildHead('GET', BROKERS, [token])), guard };
}

describe('a trusted certificate', () => {
  it.each(['localhost', '127.0.0.1'])('for %s is believed', async (host) => {
    const { answer } = await ask(host, host);
    expect(answer).toMatchObject({ status: 200, body: 'trusted' });
  });

  it('for another host is not believed, and the operator reads why', async () => {
    const { answer, guard } = await ask('localhost', 'elsewhere.example');
    expect(answer.status).toBe(502);
    await guard.told(/a call to the broker failed: ERR_TLS_CERT_ALTNAME_INVALID /);
  });
});
