// What ships in deploy/: the board and the alerts speak of metrics that there are, and Prometheus itself takes all of it.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { takePort } from '../support/free-port.ts';
import { startTestGuard, until } from '../support/guard.ts';
import { makeTlsSettings } from '../support/https.ts';
import { makeIssuer, mintToken } from '../support/issuers.ts';
import { readMetrics } from '../support/metrics.ts';
import { sendRaw } from '../support/raw.ts';
import { ROOT } from '../support/root.ts';
import { lacks } from '../support/tools.ts';
import { startUpstream } from '../support/upstream.ts';
import { makeWorkspace } from '../support/workspace.ts';

const DEPLOY = join(ROOT, 'deploy');
const OPS = makeIssuer();
const read = (name: string): string => readFileSync(join(DEPLOY, name), 'utf8');

/** A guard that has answered a call, so that every series there can be is there. */
async function startUsed() {
  const upstream = await startUpstream();
  onTestFinished(() => upstream.close());
  const keys = { 'ops.pub': OPS.publicPem };
  const guard = await makeTlsSettings();
  const secure = await startTestGuard({ upstreamUrl: upstream.url, keys, guard });
  onTestFinished(() => secure.stop());
  const plain = await startTestGuard({ upstreamUrl: upstream.url, keys });
  onTestFinished(() => plain.stop());
  const head = `GET /api/v4/clients HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${mintToken(OPS)}\r\nConnection: close\r\n\r\n`;
  await sendRaw(plain.port, head);
  await until(() => plain.records.length === 1, 'the record of the call');
  return { plain, secure };
}

const namesIn = (text: string): string[] => [
  ...new Set(text.match(/\b(?:broker_guard|process)_[a-z_]*[a-z]\b/g)),
];

describe('the board and the alerts', () => {
  it('name only metrics that there are', async () => {
    const { plain, secure } = await startUsed();
    const pages = `${(await readMetrics(plain.servicePort)).text}${(await readMetrics(secure.servicePort)).text}`;
    // What nobody has asked for yet has no series, but is declared.
    const known = new Set(pages.match(/^[a-z_]+|(?<=^# TYPE )\w+/gm));
    const used = namesIn(`${read('grafana.json')}${read('alerts.yml')}`);
    expect(used.length).toBeGreaterThan(10);
    expect(used.filter((name) => !known.has(name))).toEqual([]);
  });

  it('leave no metric of the guard unseen', async () => {
    const { plain, secure } = await startUsed();
    const pages = `${(await readMetrics(plain.servicePort)).text}${(await readMetrics(secure.servicePort)).text}`;
    const families = [...pages.matchAll(/^# TYPE (broker_guard\w+)/gm)].map(([, name]) => name as string);
    const used = `${read('grafana.json')}${read('alerts.yml')}`;
    expect([...new Set(families)].filter((name) => !used.includes(name))).toEqual([]);
  });

  it('the page of metrics in the docs has every metric of the guard, and no other', async () => {
    const { plain, secure } = await startUsed();
    const pages = `${(await readMetrics(plain.servicePort)).text}${(await readMetrics(secure.servicePort)).text}`;
    const families = [...pages.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name as string);
    const page = readFileSync(join(ROOT, 'docs/metrics.md'), 'utf8');
    const listed = [...page.matchAll(/^\| `(\w+)/gm)].map(([, name]) => name as string);
    expect(listed.toSorted()).toEqual([...new Set(families)].toSorted());
  });
});

describe('the docs', () => {
  it('list every alert', () => {
    const alerts = [...read('alerts.yml').matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
    const page = readFileSync(join(ROOT, 'docs/metrics.md'), 'utf8');
    expect([...page.matchAll(/^\| (BrokerGuard\w+)/gm)].map(([, name]) => name)).toEqual(alerts);
  });
});

describe.skipIf(lacks('promtool'))('promtool', () => {
  const promtool = (args: string[], input = '') =>
    spawnSync('promtool', args, { cwd: ROOT, input, encoding: 'utf8' });

  it('finds nothing wrong with the metrics', async () => {
    const { plain, secure } = await startUsed();
    for (const { servicePort } of [plain, secure]) {
      const { status, stdout, stderr } = promtool(
        ['check', 'metrics'],
        (await readMetrics(servicePort)).text,
      );
      expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
    }
  });

  it.each([
    ['the alerts', ['check', 'rules', 'deploy/alerts.yml']],
    ['the settings of Prometheus', ['check', 'config', 'deploy/prometheus.yml']],
    ['which alert fires on what', ['test', 'rules', 'test/deploy/alerts.test.yml']],
  ])('is content with %s', (_, args) => {
    const { status, stderr } = promtool(args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('has a case of every alert that fires', () => {
    const alerts = [...read('alerts.yml').matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
    const cases = readFileSync(join(ROOT, 'test/deploy/alerts.test.yml'), 'utf8');
    expect(alerts.filter((name) => !cases.includes(`alertname="${name}",alertstate="firing"`))).toEqual([]);
  });
});

describe.skipIf(lacks('prometheus'))('Prometheus', () => {
  it('scrapes a running guard and answers what it has counted', async () => {
    const { plain } = await startUsed();
    const cwd = makeWorkspace();
    const listen = await takePort();
    writeFileSync(
      join(cwd, 'prometheus.yml'),
      read('prometheus.yml')
        .replace('alerts.yml', join(DEPLOY, 'alerts.yml'))
        .replace('15s', '1s')
        .replace('127.0.0.1:8091', `127.0.0.1:${plain.servicePort}`),
    );
    const child = spawn(
      'prometheus',
      [
        '--config.file=prometheus.yml',
        '--storage.tsdb.path=data',
        `--web.listen-address=127.0.0.1:${listen}`,
      ],
      { cwd, stdio: 'ignore' },
    );
    onTestFinished(async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    });
    const query = async (text: string): Promise<unknown> => {
      const url = `http://127.0.0.1:${listen}/api/v1/query?query=${encodeURIComponent(text)}`;
      const answer = await fetch(url).then(
        (found) => found.json() as Promise<{ data?: { result: { value: unknown[] }[] } }>,
      );
      return answer.data?.result[0]?.value[1];
    };
    const asked = 'broker_guard_requests_total{action="clients.list",outcome="allowed"}';
    await expect
      .poll(() => query(asked).catch(() => undefined), { timeout: 30_000, interval: 100 })
      .toBe('1');
    expect(await query('up{job="broker-guard"}')).toBe('1');
  });
});
