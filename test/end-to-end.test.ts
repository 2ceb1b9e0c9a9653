// A user's first minutes, with real parts: the built program without settings, sh, curl and an MQTT client.
import { existsSync, mkdirSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { describe, expect, it, onTestFinished } from 'vitest';
import { until } from './support/guard.ts';
import { announcedPorts, runProgram, startProcess, startProgram } from './support/program.ts';
import { ROOT } from './support/root.ts';
import { lacks } from './support/tools.ts';
import { makeWorkspace } from './support/workspace.ts';

const ANY_PORTS = ['--listen', '127.0.0.1:0', '--service-listen', '127.0.0.1:0'];

/** A guard with its embedded broker. Its sockets go into a directory of the test, so that they can be counted. */
async function startEmbedded(cwd: string, flags: readonly string[] = ANY_PORTS) {
  const sockets = makeWorkspace();
  const program = startProgram(['serve', ...flags], { cwd, env: { TMPDIR: sockets } });
  onTestFinished(async () => {
    await program.stop('SIGKILL');
  });
  const [, mqttPort, remark] = await program.told(/MQTT clients: mqtt:\/\/127\.0\.0\.1:(\d+)( \(.*\))?\n/);
  const [, curlLine] = await program.told(/\n {2}(curl .*)\n/);
  return { program, mqttPort: Number(mqttPort), remark, curlLine: curlLine as string, sockets };
}

/** A token by the pair that the start has made, as an MQTT client shows it. */
async function credentialsOf(cwd: string) {
  const { stdout } = await runProgram(['token', 'operator.key'], { cwd });
  return { username: 'reader', password: stdout.trim(), reconnectPeriod: 0 };
}

async function callApi(cwd: string, port: number, path: string, init: RequestInit = {}) {
  const { stdout } = await runProgram(['token', 'operator.key'], { cwd });
  const headers = { authorization: `Bearer ${stdout.trim()}`, 'content-type': 'application/json' };
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { ...init, headers });
  return {
    status: answer.status,
    body: (await answer.json()) as { code: number; data: { client_id: string }[] },
  };
}

describe('the guard without a settings file', () => {
  it.skipIf(lacks('curl'))('prints one curl line that answers 200 exactly as printed', async () => {
    const cwd = makeWorkspace();
    const { program, curlLine } = await startEmbedded(cwd);
    expect(program.stderr().match(/^ {2}curl /gm)).toHaveLength(1);
    const asPrinted = await startProcess('sh', ['-c', curlLine], { cwd }).ended;
    expect(asPrinted.code).toBe(0);
    expect(JSON.parse(asPrinted.stdout)).toMatchObject({ code: 0 });
    const withStatus = curlLine.replace('curl ', 'curl -s -o /dev/null -w "%{http_code}" ');
    expect((await startProcess('sh', ['-c', withStatus], { cwd }).ended).stdout).toBe('200');
    const bare = await startProcess('sh', ['-c', withStatus.replace(/-H ".*\)"/, '')], { cwd }).ended;
    expect(bare.stdout).toBe('401');
  });

  it('prints one MQTT line that delivers its message exactly as printed, in a clone', async () => {
    const cwd = makeWorkspace();
    const modules = join(cwd, 'node_modules');
    mkdirSync(join(modules, '.bin'), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules/mqtt'), join(modules, 'mqtt'));
    symlinkSync('../mqtt/build/bin/mqtt.js', join(modules, '.bin/mqtt'));
    const { program, mqttPort } = await startEmbedded(cwd);
    const [, line = ''] = await program.told(/\n {2}(npx mqtt pub .*)\n/);
    const client = await connectAsync(`mqtt://127.0.0.1:${mqttPort}`, await credentialsOf(cwd));
    onTestFinished(async () => void (await client.endAsync(true)));
    await client.subscribeAsync('hello');
    const heard = new Promise<string>((resolve) =>
      client.once('message', (_, payload) => resolve(payload.toString())),
    );
    expect((await startProcess('sh', ['-c', line], { cwd }).ended).code).toBe(0);
    expect(await heard).toBe('world');
    // Once refused it ends by itself, and nothing is left of what npx has started.
    await startProcess('sh', ['-c', line.replace(/-P "[^"]*"/, '-P nothing')], { cwd }).ended;
    await until(
      () => program.stdout().includes('"reason":"token_malformed"'),
      () => `the refusal\n${program.stdout()}`,
    );
  });

  it.skipIf(lacks('curl'))(
    'the curl line works on a unix socket and where names have blanks and quotes',
    async () => {
      const cwd = join(makeWorkspace({ "it's a test/x": '' }), "it's a test");
      const flags = [
        '--listen',
        'unix:the guard.sock',
        '--service-listen',
        'unix:service.sock',
        '--keys-dir',
        'my keys/pub',
      ];
      const { curlLine } = await startEmbedded(cwd, flags);
      const answer = await startProcess('sh', ['-c', curlLine], { cwd }).ended;
      expect(JSON.parse(answer.stdout)).toMatchObject({ code: 0 });
    },
  );

  it('makes a key pair on first start, the private half 0600 and outside of keys/, and keeps it on the second', async () => {
    const cwd = makeWorkspace();
    const first = await startEmbedded(cwd);
    expect(readdirSync(cwd).sort()).toEqual(['keys', 'operator.key']);
    expect(readdirSync(join(cwd, 'keys'))).toEqual(['operator.pub']);
    const made = statSync(join(cwd, 'operator.key'));
    expect(made.mode & 0o777).toBe(0o600);
    await first.program.stop();
    const second = await startEmbedded(cwd);
    expect(statSync(join(cwd, 'operator.key')).mtimeMs).toBe(made.mtimeMs);
    const { front } = await announcedPorts(second.program);
    expect((await callApi(cwd, front, '/api/v4/brokers')).status).toBe(200);
  });

  it('carries a publish over the guarded API to an MQTT subscriber, and lists the subscriber as a client', async () => {
    const cwd = makeWorkspace();
    const { program, mqttPort } = await startEmbedded(cwd);
    const { front } = await announcedPorts(program);
    const client = await connectAsync(`mqtt://127.0.0.1:${mqttPort}`, {
      clientId: 'meter-7',
      ...(await credentialsOf(cwd)),
    });
    onTestFinished(() => client.endAsync(true));
    const received: string[] = [];
    client.on('message', (topic, payload) => received.push(`${topic} ${payload}`));
    await client.subscribeAsync('plant/+');
    const listed = await callApi(cwd, front, '/api/v4/clients');
    expect(listed.status).toBe(200);
    expect(listed.body.data.map(({ client_id }) => client_id)).toEqual(['meter-7']);
    const message = { topic: 'plant/7', payload: 'all is well', qos: 0, clientid: 'ops' };
    const published = await callApi(cwd, front, '/api/v4/mqtt/publish', {
      method: 'POST',
      body: JSON.stringify(message),
    });
    expect(published).toMatchObject({ status: 200, body: { code: 0 } });
    await until(() => received.length > 0, 'the message reaches the subscriber');
    expect(received).toEqual(['plant/7 all is well']);
  });

  it('takes the next free MQTT port where 1883 is taken, and names it aloud', async () => {
    const squatter = createServer();
    await new Promise<void>((resolve) => {
      // Somebody else may have it already, which serves as well.
      squatter.once('error', () => resolve()).listen(1883, '127.0.0.1', () => resolve());
    });
    onTestFinished(() => void squatter.close());
    const cwd = makeWorkspace();
    const { mqttPort, remark } = await startEmbedded(cwd);
    expect(mqttPort).toBeGreaterThan(1883);
    expect(remark).toBe(' (port 1883 is taken)');
    const client = await connectAsync(`mqtt://127.0.0.1:${mqttPort}`, await credentialsOf(cwd));
    await client.endAsync(true);
  });

  it('--embedded guards it by a settings file, which may open it to clients without a token, and says so', async () => {
    const cwd = makeWorkspace({ 'nanomq.conf': 'guard.mqtt.allow_anonymous = true\n' });
    const { program, mqttPort, curlLine } = await startEmbedded(cwd, ['--embedded', ...ANY_PORTS]);
    await program.told(/^MQTT clients need no token: guard\.mqtt\.allow_anonymous is on$/m);
    const client = await connectAsync(`mqtt://127.0.0.1:${mqttPort}`, { reconnectPeriod: 0 });
    await client.publishAsync('a', 'x', { qos: 1 });
    await client.endAsync(true);
    if (!lacks('curl'))
      expect((await startProcess('sh', ['-c', `${curlLine} -f`], { cwd }).ended).code).toBe(0);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    '%s ends it with exit 0 and leaves no socket behind',
    async (signal) => {
      const { program, sockets } = await startEmbedded(makeWorkspace());
      expect(readdirSync(sockets)).toHaveLength(1);
      expect((await program.stop(signal)).code).toBe(0);
      expect(readdirSync(sockets)).toEqual([]);
    },
  );

  it('a signal while it starts ends it in order, too', async () => {
    const sockets = makeWorkspace();
    const program = startProgram(['serve', ...ANY_PORTS], { cwd: makeWorkspace(), env: { TMPDIR: sockets } });
    await until(() => readdirSync(sockets).length > 0, 'the broker has its socket');
    expect((await program.stop()).code).toBe(0);
    expect(readdirSync(sockets)).toEqual([]);
  });

  it('says what is wrong with a flag before it starts anything', async () => {
    const cwd = makeWorkspace();
    const { code, stderr } = await runProgram(['serve', '--listen', '0.0.0.0:0'], { cwd });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^--listen: guard\.listen is reachable from other hosts without TLS/);
    expect(readdirSync(cwd)).toEqual([]);
  });

  it.each([
    [
      'the public half is gone',
      'operator.key',
      /operator\.key is here but its other half \S+operator\.pub is not: put that back/,
      1,
    ],
    [
      'the private half is gone',
      'keys/operator.pub',
      /operator\.pub is here but its other half \S+operator\.key is not: put that back/,
      1,
    ],
    ['a file is in the way', 'keys', /guard\.keys_dir: \S+keys cannot be made \(EEXIST\): .*--keys-dir/, 2],
  ])('one sentence where %s, and nothing left open', async (_, file, sentence, exit) => {
    const sockets = makeWorkspace();
    const cwd = makeWorkspace({ [file]: 'x' });
    const { code, stderr } = await runProgram(['serve', ...ANY_PORTS], { cwd, env: { TMPDIR: sockets } });
    expect(code).toBe(exit);
    expect(stderr).toMatch(sentence);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(readdirSync(sockets)).toEqual([]);
  });

  it("is not loaded in front of a broker of one's own", async () => {
    const cwd = makeWorkspace({ 'keys/.keep': '' });
    const program = startProgram(['serve', ...ANY_PORTS, '--upstream', 'unix:b.sock'], { cwd });
    await announcedPorts(program);
    expect((await program.stop()).stderr).not.toMatch(/MQTT clients|embedded/);
    expect(existsSync(join(cwd, 'operator.key'))).toBe(false);
  });
});
