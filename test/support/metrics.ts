// What a scraper gets from the service listener.
import { sendRaw } from './raw.ts';

export interface MetricsPage {
  readonly text: string;
  /** Of the series that is written so, labels in their order; undefined where there is none. */
  value(series: string): number | undefined;
}

export async function readMetrics(servicePort: number): Promise<MetricsPage> {
  const { status, body } = await sendRaw(
    servicePort,
    'GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
  );
  if (status !== 200) throw new Error(`/metrics answered ${status}: ${body}`);
  const lines = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const values = new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
  return { text: body, value: (series) => values.get(series) };
}
