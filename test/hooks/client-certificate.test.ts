// A broker on another host that proves itself by its certificate: asked with curl, from a network namespace.
import { describe, expect, it } from 'vitest';
import { Authority } from '../support/authority.ts';
import { type Host, makeHost, mayMakeHosts } from '../support/hosts.ts';
import { mintToken } from '../support/issuers.ts';
import { OPS, startPair } from '../support/pair.ts';

const CA = new Authority();
const SERVER = CA.sign('server', '/CN=localhost');
const BROKER = CA.sign('broker', '/CN=broker');

const tls = (more = '') =>
  `service { listen = "0.0.0.0:0", tls { certificate = "${SERVER.certificate}", key = "${SERVER.key}"${more} } }
   mqtt.hooks.emqx { enable = true }`;
const MUTUAL = tls(`, client_ca = "${CA.file}"`);

/** The status of EMQX's question about a client that connects, and the word in its answer. */
function ask({ gateway, run }: Host, port: number, shown: readonly string[]): Promise<string> {
  const body = JSON.stringify({ clientid: 'device', username: 'device', password: mintToken(OPS) });
  const to = ['--cacert', CA.file, '--resolve', `localhost:${port}:${gateway}`];
  const question = ['-H', 'Content-Type: application/json', '-d', body];
  const url = `https://localhost:${port}/hooks/emqx/authn`;
  return run('curl', ['-s', '-w', ' %{http_code}', ...to, ...shown, ...question, url]);
}

describe.skipIf(!mayMakeHosts())('a broker on another host', () => {
  it('is answered where it shows a certificate of guard.service.tls.client_ca', async () => {
    const pair = await startPair({ guard: MUTUAL });
    const host = makeHost(11);
    const shown = ['--cert', BROKER.certificate, '--key', BROKER.key];
    expect(await ask(host, pair.guard.servicePort, shown)).toMatch(/"result":"allow".* 200$/);
    expect(await ask(host, pair.guard.servicePort, [...shown, '-H', 'Via: 1.1 proxy'])).toMatch(/ 404$/);
    expect(await ask(host, pair.guard.servicePort, [])).toMatch(/^ 000$/);
  });

  it('finds nothing there without a proof, over TLS as without', async () => {
    const pair = await startPair({ guard: tls() });
    expect(await ask(makeHost(12), pair.guard.servicePort, [])).toMatch(/ 404$/);
  });
});
