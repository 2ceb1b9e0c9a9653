// Metrics of a guard of several processes.
import { describe, expect, it } from 'vitest';
import { readMetrics } from '../../support/metrics.ts';
import { DEADLINE_MS } from '../../support/wait-for.ts';
import { startCrew, statuses } from './harness.ts';

const COUNT = 'broker_guard_request_seconds_count';
const ALLOWED = 'broker_guard_requests_total{action="brokers.list",outcome="allowed",reason=""}';

const expectAllowed = ({ service }: { service: number }, count: number) =>
  expect.poll(async () => (await readMetrics(service)).value(ALLOWED), { timeout: DEADLINE_MS }).toBe(count);

describe('the metrics of workers', () => {
  it('are summed', async () => {
    const crew = await startCrew();
    const each = await crew.openEach();
    await statuses(each, crew.token);
    await expectAllowed(crew, 2);
    const page = await readMetrics(crew.service);
    expect(page.text.match(/^broker_guard_build_info/gm)).toHaveLength(1);
    expect(page.value('broker_guard_issuer_keys{state="usable"}')).toBe(1);
    expect(page.value('broker_guard_issuer_last_used_timestamp_seconds{issuer="ops.pub"}')).toBeGreaterThan(
      1e9,
    );
  });

  it('never fall when a worker dies', async () => {
    const crew = await startCrew();
    const each = await crew.openEach();
    await statuses(each, crew.token);
    await expectAllowed(crew, 2);
    const before = (await readMetrics(crew.service)).value(COUNT) as number;
    await crew.replace(crew.pids);
    const after = await readMetrics(crew.service);
    expect(after.value(ALLOWED)).toBe(2);
    expect(after.value(COUNT)).toBeGreaterThanOrEqual(before);
    expect(after.value('broker_guard_upstream_connections')).toBe(0);
    await crew.ask();
    await expectAllowed(crew, 3);
  });

  it('come from the others while one stands still, with what it had counted last', async () => {
    const crew = await startCrew();
    await statuses(await crew.openEach(), crew.token);
    await expectAllowed(crew, 2);
    const [pid] = crew.pids as [number];
    process.kill(pid, 'SIGSTOP');
    try {
      expect((await readMetrics(crew.service)).value(ALLOWED)).toBe(2);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  });
});
