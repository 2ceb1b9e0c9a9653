import { describe, expect, it } from 'vitest';
import type { EmbeddedBroker } from '../../src/embedded/broker.ts';
import { call, callJson, post, readData, start } from './harness.ts';

const RULES = '/api/v4/rules';
const NO_ENGINE = { status: 200, body: { code: 111 } };

const REPUB = {
  rawsql: 'select * from "t/a"',
  actions: [{ name: 'repub', params: { topic: 'b', address: 'mqtt-tcp://a:1', password: 'rule-secret' } }],
};
const DATABASE = { table: 't', username: 'u', password: 'rule-secret', host: 'h' };

const send = (broker: EmbeddedBroker, method: string, path: string, value?: unknown) =>
  callJson(broker, path, { method, ...(value !== undefined && { body: JSON.stringify(value) }) });

const answerOf = (rawsql: string, id: number, enabled = true) => ({
  status: 200,
  body: { data: { rawsql, id, enabled }, actions: [], code: 0 },
});

describe('the rules of the embedded broker', () => {
  it.each([
    ['GET', RULES],
    ['GET', `${RULES}/rule:1`],
    ['PUT', `${RULES}/rule:1`],
    ['DELETE', `${RULES}/rule:1`],
  ])('answer code 111 to %s %s until the first is made', async (method, path) => {
    const broker = await start();
    expect(await send(broker, method, path, method === 'PUT' ? {} : undefined)).toEqual(NO_ENGINE);
  });

  it('are made, listed, read, changed and deleted', async () => {
    const broker = await start();
    expect(await post(broker, RULES, REPUB)).toEqual(answerOf('select * from "t/a"', 1));
    const sqlite = { rawsql: 'select 2', actions: [{ name: 'sqlite', params: { table: 't' } }] };
    expect(await post(broker, RULES, sqlite)).toEqual(answerOf('select 2', 2));
    const first = { name: 'repub', rawsql: 'select * from "t/a"', id: 1, enabled: true };
    const second = { name: 'sqlite', rawsql: 'select 2', id: 2, enabled: true };
    expect(await readData(broker, RULES)).toEqual([first, second]);
    expect(await readData(broker, `${RULES}/rule:2`)).toEqual(second);

    const path = `${RULES}/rule:1`;
    expect(await send(broker, 'PUT', path, { enabled: false })).toEqual(answerOf(REPUB.rawsql, 1, false));
    expect(await send(broker, 'PUT', path, { rawsql: 'select 3' })).toEqual(answerOf('select 3', 1));
    expect(await readData(broker, path)).toEqual({ ...first, rawsql: 'select 3' });

    expect(await send(broker, 'DELETE', path)).toEqual({ status: 200, body: { code: 0 } });
    expect(await send(broker, 'DELETE', `${RULES}/rule:2`)).toEqual({ status: 200, body: { code: 0 } });
    expect(await readData(broker, RULES)).toEqual([]);
    expect(await post(broker, RULES, REPUB)).toEqual(answerOf(REPUB.rawsql, 3));
  });

  it.each(['mysql', 'postgresql', 'timescaledb', 'MySQL'])('may write to %s', async (name) => {
    const broker = await start();
    const actions = [{ name, params: DATABASE }];
    expect(await post(broker, RULES, { rawsql: 'select 1', actions })).toEqual(answerOf('select 1', 1));
  });

  it('never show what an action was told', async () => {
    const broker = await start();
    await post(broker, RULES, REPUB);
    for (const path of [RULES, `${RULES}/rule:1`])
      expect((await call(broker, path)).text).not.toContain('rule-secret');
  });

  it.each<[string, unknown, number]>([
    ['no object', [], 109],
    ['no SQL', { actions: REPUB.actions }, 107],
    ['no action', { rawsql: 'select 1' }, 107],
    [
      'a repub action without an address',
      { rawsql: 'x', actions: [{ name: 'repub', params: { topic: 'b' } }] },
      107,
    ],
    [
      'a database without a host',
      { rawsql: 'x', actions: [{ name: 'mysql', params: { ...DATABASE, host: 1 } }] },
      107,
    ],
    ['an action nobody knows', { rawsql: 'x', actions: [{ name: 'constructor', params: {} }] }, 111],
    ['an action without a name', { rawsql: 'x', actions: [{ params: {} }] }, 111],
  ])('refuse %s', async (_, value, code) => {
    const broker = await start();
    expect(await post(broker, RULES, value)).toEqual({ status: 400, body: { code } });
    expect(await callJson(broker, RULES)).toEqual(NO_ENGINE);
  });

  it.each(['rule:2', '1', 'rule:', 'rule:01', 'rule:1x'])('are none by the name %s', async (name) => {
    const broker = await start();
    await post(broker, RULES, REPUB);
    const path = `${RULES}/${name}`;
    expect(await callJson(broker, path)).toEqual({ status: 400, body: { code: 107 } });
    expect(await send(broker, 'DELETE', path)).toEqual({ status: 400, body: { code: 107 } });
    expect(await send(broker, 'PUT', path, {})).toEqual({ status: 400, body: { code: 108 } });
  });

  it('keep their kind of action', async () => {
    const broker = await start();
    await post(broker, RULES, REPUB);
    const put = (value: unknown) => send(broker, 'PUT', `${RULES}/rule:1`, value);
    expect(await put({ actions: [{ name: 'sqlite', params: { table: 't' } }] })).toEqual({
      status: 400,
      body: { code: 108 },
    });
    expect(await put({ actions: REPUB.actions })).toEqual(answerOf(REPUB.rawsql, 1));
    expect(await put([])).toEqual({ status: 400, body: { code: 109 } });
  });
});
