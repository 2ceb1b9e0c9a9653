// The doors of a guard that runs: what a reload does to them.
import { expect, it, onTestFinished } from 'vitest';
import { loadSettings } from '../../src/config/load.ts';
import { startTestGuard, writeSettings } from '../support/guard.ts';
import { ask } from '../support/hooks.ts';
import { makeIssuer, mintToken } from '../support/issuers.ts';

const OPS = makeIssuer();
const AMQTT = 'mqtt.hooks.amqtt.enable = true';

async function start(guard: string) {
  const options = { upstreamUrl: 'http://127.0.0.1:9', keys: { 'ops.pub': OPS.publicPem } };
  const started = await startTestGuard({ ...options, guard });
  onTestFinished(() => started.stop());
  const reload = (more: string) =>
    started.running.reload(loadSettings(writeSettings(started.directory, { ...options, guard: more })));
  const put = (path: string, body: object) => ask(started.servicePort, { path, body });
  return {
    started,
    reload,
    connect: () => put('amqtt/user', { client_id: 'c1', username: 'u', password: mintToken(OPS) }),
    publish: () => put('amqtt/acl', { client_id: 'c1', username: 'u', topic: 'a', acc: 2 }),
  };
}

it('a reload opens and closes a door', async () => {
  const { reload, connect } = await start('');
  expect((await connect()).status).toBe(404);
  await reload(AMQTT);
  expect((await connect()).status).toBe(200);
  await reload('');
  expect((await connect()).status).toBe(404);
});

it('clients stay known over a reload that changes nothing about them', async () => {
  const { reload, connect, publish } = await start(AMQTT);
  await connect();
  await reload(`${AMQTT}\n drain = 1s`);
  expect((await publish()).status).toBe(200);
});

it.each(['mqtt.semantics = amqtt', 'policy.default_role = viewer', 'token.exp_tolerance = 1s'])(
  'clients are to connect anew after a reload with %s',
  async (more) => {
    const { reload, connect, publish } = await start(AMQTT);
    await connect();
    await reload(`${AMQTT}\n ${more}`);
    expect((await publish()).status).toBe(403);
  },
);

it('each decision leaves a record with the name of the hook', async () => {
  const { started, connect, publish } = await start(AMQTT);
  await connect();
  await publish();
  expect(started.records.map(({ hook, action, target }) => [hook, action, target])).toEqual([
    ['amqtt', 'connect', 'c1'],
    ['amqtt', 'publish', 'a'],
  ]);
});
