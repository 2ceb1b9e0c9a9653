// An API that nobody has described: any path, told apart by method alone. Which of its reads hold secrets nobody knows.
import type { BrokerApi } from '../broker-api.ts';

export const GENERIC: BrokerApi = {
  name: 'generic',
  roots: [''],
  rootOnce: false,
  answersHead: true,
  foldsSlash: true,
  probe: '/',
  routes: `
GET     /{path/...}  requests.read  read
POST    /{path/...}  requests.change  control
PUT     /{path/...}  requests.change  control
PATCH   /{path/...}  requests.change  control
DELETE  /{path/...}  requests.change  control
`,
};
