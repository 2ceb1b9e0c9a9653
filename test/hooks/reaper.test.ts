// Connections that end with their tokens, at brokers that cannot be told when that is.
import { unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { HookName } from '../../src/config/hooks.ts';
import { ENDINGS } from '../../src/hooks/endings.ts';
import { type CallApi, type Ending, Reaper } from '../../src/hooks/reaper.ts';
import { Sessions } from '../../src/hooks/sessions.ts';
import type { Login } from '../../src/mqtt/login.ts';
import type { LoginEnd } from '../../src/mqtt/mqtt-guard.ts';
import type { Observation } from '../../src/observe/observation.ts';
import { createRecorder } from '../../src/observe/recorder.ts';
import type { OwnAnswer } from '../../src/proxy/own-call.ts';
import { startTestGuard, until } from '../support/guard.ts';
import { makeIssuer, mintToken } from '../support/issuers.ts';
import { okAnswer, startUpstream } from '../support/upstream.ts';

const login = (disconnectAt: number): Login => ({
  authenticator: 'keys-dir',
  principal: undefined,
  isFiled: true,
  isSuperuser: false,
  endsAt: disconnectAt,
  disconnectAt,
  rules: undefined,
});
const client = (clientId: string, username = 'u', place = '/') => ({ clientId, username, place });
const ok = (body: object = {}): OwnAnswer => ({ status: 200, body: JSON.stringify(body) });

/** A reaper of `hook` in front of an API that answers as told; its clock stands at 100 s. */
function open(hook: HookName, respond: (call: string) => OwnAnswer) {
  let nowSeconds = 100;
  let end: LoginEnd | undefined;
  const seen: Observation[] = [];
  const calls: string[] = [];
  const sessions = new Sessions(1000);
  const call: CallApi = async (method, target) => {
    calls.push(`${method} ${target}`);
    return respond(`${method} ${target}`);
  };
  const observers = [(one: Observation) => void seen.push(one)];
  const reaper = new Reaper({
    hook,
    sessions: () => sessions,
    guard: () => ({ findEnd: () => end }) as never,
    call,
    ending: ENDINGS[hook] as Ending,
    recorder: createRecorder({ observers, now: () => nowSeconds * 1000, tick: () => 0 }),
  });
  return {
    reaper,
    sessions,
    seen,
    calls,
    pass: (seconds: number) => {
      nowSeconds += seconds;
    },
    loseKey: () => {
      end = 'key_unusable';
    },
  };
}

const LIST = /^GET \/api\/connections\?page=(\d+)&page_size=500&columns=/;
const connection = (clientId: string, user = 'u', vhost = '/') => ({
  name: `10.0.0.7:5 -> ${clientId}`,
  user,
  vhost,
  variable_map: { client_id: clientId },
});

describe('the reaper', () => {
  it('leaves those alone whose login is not over', async () => {
    const { reaper, sessions, calls } = open('rabbitmq', () => ok());
    sessions.remember(client('c1'), login(101));
    await reaper.round();
    expect(calls).toEqual([]);
    expect(sessions.size).toBe(1);
  });

  it('ends the one connection of a client at RabbitMQ, by its name, and records it', async () => {
    const pages: Record<string, OwnAnswer> = {
      1: ok({
        page_count: 2,
        items: [connection('c2'), connection('c1', 'other'), connection('c1', 'u', 'b')],
      }),
      2: ok({ page_count: 2, items: [connection('c1'), { name: 'no MQTT' }] }),
    };
    const { reaper, sessions, calls, seen } = open('rabbitmq', (call) => {
      const [, page] = LIST.exec(call) ?? [];
      return page === undefined ? { status: 204, body: '' } : (pages[page] as OwnAnswer);
    });
    sessions.remember(client('c1'), login(100));
    await reaper.round();
    expect(calls.slice(2)).toEqual(['DELETE /api/connections/10.0.0.7%3A5%20-%3E%20c1']);
    expect(seen).toMatchObject([
      { action: { name: 'disconnect' }, target: 'c1', hook: 'rabbitmq', grant: { rule: 'token_expired' } },
    ]);
    expect(seen[0]).toMatchObject({ upstreamStatus: 204, denial: undefined });
    expect(sessions.size).toBe(0);
  });

  it('lists connections once a round, however many are to end', async () => {
    const items = Array.from({ length: 20 }, (_, index) => connection(`c${index}`));
    const { reaper, sessions, calls } = open('rabbitmq', (call) =>
      LIST.test(call) ? ok({ page_count: 1, items }) : { status: 204, body: '' },
    );
    for (let index = 0; index < 20; index++) sessions.remember(client(`c${index}`), login(1));
    await reaper.round();
    expect(calls.filter((call) => LIST.test(call))).toHaveLength(1);
    expect(calls).toHaveLength(21);
  });

  it('looks again for a connection that is not listed yet, four times in all', async () => {
    const { reaper, sessions, calls, seen, pass } = open('rabbitmq', () => ok({ page_count: 0, items: [] }));
    sessions.remember(client('c1'), login(1));
    for (let second = 0; second < 40; second++) {
      await reaper.round();
      pass(1);
    }
    expect(calls).toHaveLength(4);
    expect(seen).toEqual([]);
    expect(sessions.size).toBe(0);
  });

  it('ends no more than 50 a round', async () => {
    const { reaper, sessions, calls } = open('vernemq', () => ok());
    for (let index = 0; index < 120; index++) sessions.remember(client(`c${index}`), login(1));
    await reaper.round();
    expect(calls).toHaveLength(50);
    await reaper.round();
    await reaper.round();
    expect(calls).toHaveLength(120);
  });

  it('leaves a connection alone that somebody has taken over meanwhile', async () => {
    const { reaper, sessions, calls, pass } = open('emqx', () => ({ failed: 'upstream_unreachable' }));
    sessions.remember(client('c1'), login(1));
    await reaper.round();
    expect(calls).toHaveLength(1);
    sessions.remember(client('c1', 'other'), login(1000));
    pass(10);
    await reaper.round();
    expect(calls).toHaveLength(1);
    expect(sessions.size).toBe(1);
  });

  it('ends a connection at EMQX only where it is still of that user', async () => {
    const users = new Map([
      ['c/1', 'u'],
      ['c2', 'other'],
    ]);
    const { reaper, sessions, calls } = open('emqx', (call) => {
      const [, id = ''] = /^GET .*\/(.*)$/.exec(call) ?? [];
      const username = users.get(decodeURIComponent(id));
      return username === undefined ? { status: 204, body: '' } : ok({ username });
    });
    for (const id of ['c/1', 'c2']) sessions.remember(client(id, 'u', ''), login(1));
    await reaper.round();
    expect(calls.filter((call) => call.startsWith('DELETE'))).toEqual(['DELETE /api/v5/clients/c%2F1']);
  });

  it('names client id and mountpoint to VerneMQ', async () => {
    const { reaper, sessions, calls } = open('vernemq', () => ok());
    sessions.remember(client('c&1', 'u', 'm 1'), login(1));
    sessions.remember(client('c2', 'u', ''), login(1));
    await reaper.round();
    expect(calls.sort()).toEqual([
      'GET /api/v1/session/disconnect?client-id=c%261&--mountpoint=m%201',
      'GET /api/v1/session/disconnect?client-id=c2',
    ]);
  });

  it('records a broker that cannot be reached or refuses, and asks again', async () => {
    let answer: OwnAnswer = { failed: 'upstream_unreachable' };
    const { reaper, sessions, seen, pass } = open('vernemq', () => answer);
    sessions.remember(client('c1'), login(1));
    await reaper.round();
    answer = { status: 401, body: '' };
    pass(6);
    await reaper.round();
    answer = ok();
    pass(6);
    await reaper.round();
    expect(seen.map(({ denial }) => denial?.reason)).toEqual([
      'upstream_unreachable',
      'upstream_broken',
      undefined,
    ]);
  });

  it('ends those whose key is gone, and all whom a reload has made unknown', async () => {
    for (const [make, rule] of [
      [({ loseKey }: ReturnType<typeof open>) => loseKey(), 'key_unusable'],
      [({ sessions }: ReturnType<typeof open>) => sessions.endAll(), 'settings'],
    ] as const) {
      const opened = open('vernemq', () => ok());
      opened.sessions.remember(client('c1'), login(1000));
      make(opened);
      await opened.reaper.round();
      expect(opened.seen).toMatchObject([{ grant: { rule } }]);
    }
  });
});

it('a guard ends the connection at EMQX when the key of its token is removed', async () => {
  const upstream = await startUpstream(({ requestLine }) =>
    requestLine.startsWith('DELETE') ? 'HTTP/1.1 204 No Content\r\n\r\n' : okAnswer('{"username":"u"}'),
  );
  onTestFinished(() => upstream.close());
  const ops = makeIssuer();
  const guard = await startTestGuard({
    upstreamUrl: upstream.url,
    keys: { 'ops.pub': ops.publicPem },
    guard: 'upstream.profile = emqx\n mqtt.hooks.emqx.end_sessions = true',
  });
  onTestFinished(() => guard.stop());
  const answer = await fetch(`http://127.0.0.1:${guard.servicePort}/hooks/emqx/authn`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ clientid: 'c1', username: 'u', password: mintToken(ops) }),
  });
  expect(await answer.json()).toMatchObject({ result: 'allow' });
  unlinkSync(join(guard.keysDirectory, 'ops.pub'));
  await until(() => guard.records.some(({ action }) => action === 'disconnect'), 'the end of the connection');
  expect(upstream.requests.at(-1)?.requestLine).toBe('DELETE /api/v5/clients/c1 HTTP/1.1');
  expect(upstream.requests.at(-1)?.headers.get('authorization')).toMatch(/^Basic /);
  expect(guard.records.at(-1)).toMatchObject({ hook: 'emqx', rule: 'key_unusable', upstream_status: 204 });
});
