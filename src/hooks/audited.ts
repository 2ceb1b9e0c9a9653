// Which questions of brokers leave an audit record: what decides something does. Deliveries, of which there are many for one
// message, and what a broker asks on the way to a decision leave one where they are denied.
import type { Observation } from '../observe/observation.ts';

const ON_THE_WAY = new Set(['receive', 'resource', 'vhost', 'superuser']);

export const isAuditedHook = ({ action, denial }: Observation): boolean =>
  action?.name === 'superuser'
    ? denial === undefined
    : denial !== undefined || !ON_THE_WAY.has(action?.name ?? '');
