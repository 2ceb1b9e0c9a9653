// Metrics on their way from one process to the page that shows them all: prom-client's plain form of a registry, which can
// be sent to another process, and the sum of several. Knows no request.
import {
  AggregatorRegistry,
  type MetricObjectWithValues,
  type MetricValue,
  type Registry,
} from 'prom-client';

export type Families = readonly MetricObjectWithValues<MetricValue<string>>[];

/** Prometheus' text format, which is what every scraper reads. */
export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export const readFamilies = (registry: Registry): Promise<Families> => registry.getMetricsAsJSON();

/** The one family whose label is a name of the operator's: an issuer. */
export const LAST_USED = 'broker_guard_issuer_last_used_timestamp_seconds';

/** Sums what each process has counted; a family may say how else its values come together. */
export const addFamilies = (all: readonly Families[]): Promise<Families> => readFamilies(merge(all));

export const printFamilies = (all: readonly Families[]): Promise<string> => merge(all).metrics();

// The typings ask for the classes; the plain form is what the function is made for.
const merge = (all: readonly Families[]): Registry =>
  AggregatorRegistry.aggregate(all as unknown as Parameters<typeof AggregatorRegistry.aggregate>[0]);

/** What stays true of a process that has ended: what it has counted, and not how much it had in hand. */
export const keepCounts = (families: Families): Families =>
  families.filter(({ type, aggregator }) => String(type) !== 'gauge' || aggregator === 'max');
