// Attack: hold the descriptors of the guard through its service listener with heads that never end, or have a web page
// whose own name resolves to this machine read it through a visitor's browser (DNS rebinding).
// Rule: ten seconds for a head, a bound of its own on connections, and no answer to a name that nobody has given it.
import { describe, expect, it, onTestFinished } from 'vitest';
import { startPair } from '../support/pair.ts';
import { openRaw, sendRaw } from '../support/raw.ts';

const open = async (port: number) => {
  const connection = await openRaw(port);
  onTestFinished(() => connection.destroy());
  return connection;
};

describe('the service listener', () => {
  it.each([
    ['127.0.0.1', 200],
    ['127.0.0.1:8091', 200],
    ['192.0.2.7:8091', 200],
    ['[::1]:8091', 200],
    ['LOCALHOST:8091', 200],
    ['guard.internal', 200],
    ['GUARD.internal:8091', 200],
    ['attacker.example', 421],
    ['attacker.example:8091', 421],
    ['localhost.attacker.example', 421],
    ['127.0.0.1.attacker.example', 421],
    ['guard.internal.attacker.example', 421],
    ['attacker@localhost', 421],
    ['[attacker.example]', 421],
    ['localhost:8091:8091', 421],
    ['', 421],
  ])('answers a request for the host "%s" with %i', async (host, status) => {
    const { guard } = await startPair({ guard: 'service.hosts = guard.internal' });
    for (const path of ['/livez', '/readyz', '/.well-known/jwks.json']) {
      const head = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
      const answer = await sendRaw(guard.servicePort, head);
      expect(answer.status).toBe(status);
      if (status === 421) expect(Object.keys(JSON.parse(answer.body))).toEqual(['message']);
    }
  });

  it('answers a probe in HTTP/1.0, which names no host', async () => {
    const { guard } = await startPair();
    expect((await sendRaw(guard.servicePort, 'GET /livez HTTP/1.0\r\n\r\n')).status).toBe(200);
  });

  it('ends a connection whose head does not end after ten seconds', async () => {
    const { guard } = await startPair();
    const [silent, half] = [await open(guard.servicePort), await open(guard.servicePort)];
    half.write('GET /livez HTTP/1.1\r\nx');
    await Promise.all([silent.closed(13_000), half.closed(13_000)]);
  });

  it('takes no more connections than it may, and as many again when some have gone', async () => {
    const { guard } = await startPair({ guard: 'service.connections = 2' });
    const ask = 'GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n';
    const [first, second] = [await open(guard.servicePort), await open(guard.servicePort)];
    for (const connection of [first, second]) {
      connection.write(ask);
      expect((await connection.next()).status).toBe(200);
    }
    const third = await open(guard.servicePort);
    await third.closed();
    expect(third.received).toHaveLength(0);
    first.write(ask.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
    await first.closed();
    expect(
      (await sendRaw(guard.servicePort, ask.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))).status,
    ).toBe(200);
  });
});
