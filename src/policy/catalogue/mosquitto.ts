// Mosquitto's API as data, 2.1: three reads.
import type { BrokerApi } from '../broker-api.ts';

export const MOSQUITTO: BrokerApi = {
  name: 'mosquitto',
  roots: ['/api/v1'],
  rootOnce: false,
  answersHead: false,
  foldsSlash: false,
  probe: '/api/v1/version',
  routes: `
GET  /api/v1/listeners  listeners.list  read
GET  /api/v1/systree  systree.read  read  # numbers
GET  /api/v1/version  version.read  read  # text
`,
};
