// The page of metrics of a started guard, as a scraper reads it.
import { mkdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadSettings } from '../../src/config/load.ts';
import { startTestGuard, until, writeSettings } from '../support/guard.ts';
import { makeTlsSettings } from '../support/https.ts';
import { makeIssuer, mintToken } from '../support/issuers.ts';
import { readMetrics } from '../support/metrics.ts';
import { openRaw, sendRaw } from '../support/raw.ts';
import { okAnswer, type Responder, startUpstream } from '../support/upstream.ts';
import { DEADLINE_MS } from '../support/wait-for.ts';

const OPS = makeIssuer();

async function start(
  keys: Record<string, string>,
  { guard = '', respond }: { guard?: string; respond?: Responder } = {},
) {
  const upstream = await startUpstream(respond);
  onTestFinished(() => upstream.close());
  const started = await startTestGuard({ upstreamUrl: upstream.url, keys, guard });
  onTestFinished(() => started.stop());
  const call = (path: string, token?: string) => {
    const credential = token === undefined ? '' : `Authorization: Bearer ${token}\r\n`;
    return sendRaw(
      started.port,
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${credential}Connection: close\r\n\r\n`,
    );
  };
  /** Asked again until every request so far has been observed: its record is made when its answer has left. */
  const scrape = async (requests: number) => {
    await until(() => started.records.length >= requests, 'the records of all requests');
    return readMetrics(started.servicePort);
  };
  return { started, upstream, call, scrape };
}

describe('/metrics', () => {
  it('counts requests by action, outcome and reason', async () => {
    const { call, scrape } = await start({ 'ops.pub': OPS.publicPem });
    const token = mintToken(OPS);
    await call('/api/v4/clients', token);
    await call('/api/v4/clients', token);
    await call('/api/v4/clients');
    await call('/elsewhere', token);
    const page = await scrape(4);
    const counted = (labels: string) => page.value(`broker_guard_requests_total{${labels}}`);
    expect(counted('action="clients.list",outcome="allowed",reason=""')).toBe(2);
    expect(counted('action="clients.list",outcome="denied",reason="token_missing"')).toBe(1);
    expect(counted('action="none",outcome="denied",reason="target_unknown"')).toBe(1);
    expect(page.value('broker_guard_request_seconds_count')).toBe(4);
    expect(page.value('broker_guard_upstream_seconds_count')).toBe(2);
    expect(page.value('broker_guard_request_seconds_bucket{le="+Inf"}')).toBe(4);
  });

  it('counts what brokers ask by hook and outcome', async () => {
    const { started } = await start(
      { 'ops.pub': OPS.publicPem },
      { guard: 'mqtt.hooks.amqtt.enable = true' },
    );
    const ask = (password: string) =>
      fetch(`http://127.0.0.1:${started.servicePort}/hooks/amqtt/user`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ client_id: 'c1', username: 'u', password }),
      });
    await ask(mintToken(OPS));
    await ask('none');
    const page = await readMetrics(started.servicePort);
    const counted = (outcome: string) =>
      page.value(`broker_guard_hook_requests_total{hook="amqtt",outcome="${outcome}"}`);
    expect([counted('allowed'), counted('denied')]).toEqual([1, 1]);
  });

  it('counts a refusal in the broker’s own words as allowed, with the reason broker_code', async () => {
    const { call, scrape } = await start(
      { 'ops.pub': OPS.publicPem },
      { respond: () => okAnswer('{"code":112}') },
    );
    await call('/api/v4/clients', mintToken(OPS));
    const page = await scrape(1);
    expect(
      page.value('broker_guard_requests_total{action="clients.list",outcome="allowed",reason="broker_code"}'),
    ).toBe(1);
  });

  it('counts what was no HTTP at all', async () => {
    const { started, scrape } = await start({});
    const raw = await openRaw(started.port);
    onTestFinished(() => raw.destroy());
    raw.write('hello\r\n\r\n');
    const page = await scrape(1);
    expect(
      page.value('broker_guard_requests_total{action="none",outcome="denied",reason="request_malformed"}'),
    ).toBe(1);
  });

  it('attack: names that callers make up become no label', async () => {
    const { call, scrape } = await start({ 'ops.pub': OPS.publicPem });
    await call('/made-up-path', mintToken(OPS));
    await call(
      '/api/v4/clients/made-up-client',
      mintToken(makeIssuer(), { iss: 'made-up.pub', sub: 'made-up-subject' }),
    );
    await call('/api/v4/made-up-route', mintToken(OPS, { sub: 'made-up-subject' }));
    const page = await scrape(3);
    expect(page.text).not.toContain('made-up');
    expect(page.value('broker_guard_request_seconds_count')).toBe(3);
  });

  it('says when an issuer was last used, for as long as it has a key', async () => {
    const { started, call, scrape } = await start({
      'ops.pub': OPS.publicPem,
      'idle.pub': makeIssuer().publicPem,
    });
    const before = Date.now() / 1000;
    await call('/api/v4/clients', mintToken(OPS));
    const used = 'broker_guard_issuer_last_used_timestamp_seconds{issuer="ops.pub"}';
    const page = await scrape(1);
    expect(page.value(used)).toBeGreaterThanOrEqual(before - 1);
    expect(page.text).not.toContain('issuer="idle.pub"');
    unlinkSync(join(started.keysDirectory, 'ops.pub'));
    await until(
      () => started.lines.some((line) => /ops\.pub/.test(line) && /removed/.test(line)),
      'the key to go',
    );
    expect((await scrape(1)).value(used)).toBeUndefined();
  });

  it('counts key files by state, and the changes that were taken in', async () => {
    const { started, scrape } = await start({ 'ops.pub': OPS.publicPem, 'bad.pub': 'no key' });
    const before = await scrape(0);
    expect(before.value('broker_guard_issuer_keys{state="usable"}')).toBe(1);
    expect(before.value('broker_guard_issuer_keys{state="unusable"}')).toBe(1);
    expect(before.value('broker_guard_key_reloads_total')).toBe(0);
    expect(before.value('broker_guard_revocations')).toBe(0);
    writeFileSync(join(started.keysDirectory, 'new.pub'), makeIssuer().publicPem);
    await until(() => started.lines.some((line) => line.startsWith('new.pub: key added')), 'the key is read');
    const after = await scrape(0);
    expect(after.value('broker_guard_issuer_keys{state="usable"}')).toBe(2);
    expect(after.value('broker_guard_key_reloads_total')).toBeGreaterThan(0);
  });

  it('does not count settings that are read again over the same keys, and counts other keys once', async () => {
    const keys = { 'ops.pub': OPS.publicPem, 'bad.pub': 'no key', 'ops.policy.conf': 'roles = [viewer]' };
    const { started, upstream, scrape } = await start(keys);
    const reload = (guard: string) => {
      const options = { upstreamUrl: upstream.url, keys: {}, guard };
      return started.running.reload(loadSettings(writeSettings(started.directory, options)));
    };
    await reload('');
    expect((await scrape(0)).value('broker_guard_key_reloads_total')).toBe(0);
    expect(started.events).toEqual([]);
    mkdirSync(join(started.directory, 'others'), { mode: 0o700 });
    writeFileSync(join(started.directory, 'others', 'ops.pub'), OPS.publicPem);
    await reload('keys_dir = others');
    expect((await scrape(0)).value('broker_guard_key_reloads_total')).toBe(1);
    expect(started.events).toEqual([
      expect.objectContaining({ issuer: 'bad.pub', change: 'removed' }),
      expect.objectContaining({ issuer: 'ops.pub', change: 'rules' }),
    ]);
  });

  it('shows the connections to the broker and who waits for one', async () => {
    let answer: (() => void) | undefined;
    const { started, scrape } = await start(
      { 'ops.pub': OPS.publicPem },
      {
        guard: 'upstream.connections = 1',
        respond: (_, socket) => {
          answer = () => void socket.write(okAnswer());
          return undefined;
        },
      },
    );
    const head = `GET /api/v4/clients HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${mintToken(OPS)}\r\n\r\n`;
    for (const _ of [1, 2, 3]) {
      const raw = await openRaw(started.port);
      onTestFinished(() => raw.destroy());
      raw.write(head);
    }
    await until(() => answer !== undefined, 'the first call at the broker');
    await expect
      .poll(async () => (await scrape(0)).value('broker_guard_upstream_waiting'), { timeout: DEADLINE_MS })
      .toBe(2);
    expect((await scrape(0)).value('broker_guard_upstream_connections')).toBe(1);
  });

  it('says when the certificate ends, and nothing of it without TLS', async () => {
    const name = 'broker_guard_tls_certificate_expiry_timestamp_seconds';
    const plain = await start({});
    expect((await plain.scrape(0)).value(name)).toBeUndefined();
    const tls = await start({}, { guard: await makeTlsSettings() });
    expect((await tls.scrape(0)).value(name)).toBeGreaterThan(Date.now() / 1000);
  });

  it('says which version runs, and what the process takes', async () => {
    const { scrape } = await start({});
    const page = await scrape(0);
    expect(page.text).toMatch(/^broker_guard_build_info\{version="\d+\.\d+\.\d+",node="\d+\.\d+\.\d+"\} 1$/m);
    expect(page.value('process_resident_memory_bytes')).toBeGreaterThan(1e6);
    expect(page.value('process_open_fds')).toBeGreaterThan(3);
    expect(page.value('process_start_time_seconds')).toBeLessThanOrEqual(Date.now() / 1000);
    expect(page.value('broker_guard_audit_records_lost_total')).toBe(0);
  });

  it('comes in the text format of Prometheus', async () => {
    const { started } = await start({});
    const { status, headers } = await sendRaw(
      started.servicePort,
      'GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    );
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  });
});
