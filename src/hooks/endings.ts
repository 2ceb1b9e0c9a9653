// How a client's connection is ended at brokers whose management API can: each broker's own calls. A connection is ended only
// where it is still that client's, by its user name too.
import type { HookName } from '../config/hooks.ts';
import type { OwnAnswer } from '../proxy/own-call.ts';
import type { CallApi, Ending } from './reaper.ts';
import type { Client, Session } from './sessions.ts';

export const ENDINGS: Readonly<Partial<Record<HookName, Ending>>> = {
  emqx: () => endAtEmqx,
  rabbitmq: () => endAtRabbitmq(),
  vernemq: () => endAtVernemq,
};

async function endAtEmqx(client: Session, call: CallApi): Promise<OwnAnswer | undefined> {
  const path = `/api/v5/clients/${encodeURIComponent(client.clientId)}`;
  const found = await call('GET', path);
  if ('failed' in found || (found.status !== 200 && found.status !== 404)) return found;
  const { username } = found.status === 200 ? readObject(found.body) : {};
  const isSame = found.status === 200 && (username ?? undefined) === client.username;
  return isSame ? call('DELETE', path) : undefined;
}

/** Its call names the client id alone: the guard knows that nobody has taken that over. */
async function endAtVernemq(client: Session, call: CallApi): Promise<OwnAnswer> {
  const mountpoint = client.place === '' ? '' : `&--mountpoint=${encodeURIComponent(client.place)}`;
  return call(
    'GET',
    `/api/v1/session/disconnect?client-id=${encodeURIComponent(client.clientId)}${mountpoint}`,
  );
}

const PAGE_SIZE = 500;
const MAX_PAGES = 400;
const COLUMNS = 'name,user,vhost,variable_map.client_id,client_properties.client_id,protocol';

/** RabbitMQ finds connections by their own names only: all are listed, once a round. */
function endAtRabbitmq() {
  let listed: Promise<ReadonlyMap<string, string> | OwnAnswer> | undefined;
  return async (client: Session, call: CallApi): Promise<OwnAnswer | undefined> => {
    listed ??= listConnections(call);
    const names = await listed;
    if (!(names instanceof Map)) return names as OwnAnswer;
    const name = names.get(keyOf(client));
    return name === undefined ? undefined : call('DELETE', `/api/connections/${encodeURIComponent(name)}`);
  };
}

const keyOf = ({ place, username, clientId }: Client): string => JSON.stringify([place, username, clientId]);

async function listConnections(call: CallApi): Promise<ReadonlyMap<string, string> | OwnAnswer> {
  const names = new Map<string, string>();
  for (let page = 1; page <= MAX_PAGES; page++) {
    const target = `/api/connections?page=${page}&page_size=${PAGE_SIZE}&columns=${COLUMNS}`;
    const answer = await call('GET', target);
    if ('failed' in answer || answer.status !== 200) return answer;
    const { items, page_count: pages } = readObject(answer.body);
    for (const item of Array.isArray(items) ? items : []) addConnection(names, item);
    if (page >= Number(pages)) break;
  }
  return names;
}

interface Connection {
  readonly name?: unknown;
  readonly user?: string;
  readonly vhost?: string;
  readonly variable_map?: { readonly client_id?: string };
  readonly client_properties?: { readonly client_id?: string };
}

function addConnection(names: Map<string, string>, item: Connection): void {
  const { name, user, vhost, variable_map: variables, client_properties: properties } = item;
  const clientId = variables?.client_id ?? properties?.client_id;
  if (typeof name !== 'string' || vhost === undefined || clientId === undefined) return;
  names.set(keyOf({ place: vhost, username: user, clientId }), name);
}

function readObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
