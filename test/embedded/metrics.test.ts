import { describe, expect, it } from 'vitest';
import type { EmbeddedBroker } from '../../src/embedded/broker.ts';
import { call, callJson, connect, eventually, post, START_MS, start } from './harness.ts';

const NAMES = [
  'nanomq_connections_count',
  'nanomq_connections_max',
  'nanomq_sessions_count',
  'nanomq_sessions_max',
  'nanomq_topics_count',
  'nanomq_topics_max',
  'nanomq_subscribers_count',
  'nanomq_subscribers_max',
  'nanomq_messages_received',
  'nanomq_messages_sent',
  'nanomq_messages_dropped',
  'nanomq_memory_usage',
  'nanomq_memory_usage_max',
  'nanomq_cpu_usage',
  'nanomq_cpu_usage_max',
];

async function scrape(broker: EmbeddedBroker): Promise<Record<string, number>> {
  const { text } = await call(broker, '/api/v4/prometheus');
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    samples.map((line) => line.split(' ')).map(([name, value]) => [name, Number(value)]),
  );
}

describe('metrics of the embedded broker', () => {
  it('gives memory and processor use as text and the connections as a number, without a code', async () => {
    const broker = await start();
    await connect(broker);
    expect(await callJson(broker, '/api/v4/metrics')).toEqual({
      status: 200,
      body: {
        metrics: [],
        cpuinfo: expect.stringMatching(/^\d+\.\d\d%$/),
        memory: expect.stringMatching(/^[1-9]\d+$/),
        connections: 1,
      },
    });
  });

  it('reckons the processor use over the time since the last question', async () => {
    let nowMs = START_MS;
    const broker = await start(() => nowMs);
    const cpuUse = async () => (await scrape(broker)).nanomq_cpu_usage ?? Number.NaN;
    expect(await cpuUse()).toBe(0);
    nowMs += 1;
    expect(await cpuUse()).toBeGreaterThan(0);
    nowMs += 1_000_000_000;
    expect(await cpuUse()).toBe(0);
  });

  it("has NanoMQ's names and layout for Prometheus", async () => {
    const broker = await start();
    const { headers, text } = await call(broker, '/api/v4/prometheus');
    expect(headers['content-type']).toBe('text/plain');
    expect(Object.keys(await scrape(broker))).toEqual(NAMES);
    expect(text).toContain(
      '# TYPE nanomq_messages_sent counter\n# HELP nanomq_messages_sent\nnanomq_messages_sent 0\n',
    );
    expect(text).toMatch(
      /# TYPE nanomq_memory_usage gauge\n# HELP nanomq_memory_usage \(b\)\nnanomq_memory_usage \d+\n/,
    );
    expect(text).toMatch(/nanomq_cpu_usage_max \d+\.\d\d\n$/);
  });

  it('counts connections, sessions, topics, subscribers and messages', async () => {
    const broker = await start();
    const first = await connect(broker);
    const second = await connect(broker, { clientId: 'second', clean: false });
    await connect(broker);
    await first.subscribeAsync(['a/+', 'b']);
    await second.subscribeAsync(['b', '$SYS/none']);
    await first.publishAsync('a/x', '1', { qos: 1 });
    await post(broker, '/api/v4/mqtt/publish', { topics: 'b,nobody/listens,a', payload: '2' });
    expect(await scrape(broker)).toMatchObject({
      nanomq_connections_count: 3,
      nanomq_sessions_count: 3,
      nanomq_topics_count: 3,
      nanomq_subscribers_count: 2,
      nanomq_messages_received: 4,
      nanomq_messages_sent: 3,
      nanomq_messages_dropped: 2,
    });

    await first.endAsync();
    await second.endAsync();
    await eventually(async () =>
      expect(await scrape(broker)).toMatchObject({
        nanomq_connections_count: 1,
        nanomq_connections_max: 3,
        nanomq_sessions_count: 2,
        nanomq_sessions_max: 3,
        nanomq_topics_count: 2,
        nanomq_topics_max: 3,
        nanomq_subscribers_count: 1,
        nanomq_subscribers_max: 2,
      }),
    );
  });
});
