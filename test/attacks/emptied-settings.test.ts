// Attack: whoever writes the settings file in its place empties it first; a SIGHUP at that moment would put every default
// in the place of the settings, the broker's shipped password among them.
// Rule: a reload that finds neither `guard` nor `http_server` changes nothing and says so.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { until } from '../support/guard.ts';
import { mintToken } from '../support/issuers.ts';
import { BROKERS, buildHead, OPS } from '../support/pair.ts';
import { announcedPorts, startProgram } from '../support/program.ts';
import { sendRaw } from '../support/raw.ts';
import { startUpstream } from '../support/upstream.ts';
import { makeWorkspace } from '../support/workspace.ts';

async function startGuard() {
  const upstream = await startUpstream();
  onTestFinished(() => upstream.close());
  const conf = `guard { listen = "127.0.0.1:0", service.listen = "127.0.0.1:0", upstream.url = "${upstream.url}" }\n`;
  const cwd = makeWorkspace({ 'nanomq.conf': conf, 'keys/ops.pub': OPS.publicPem });
  const program = startProgram(['serve'], { cwd });
  onTestFinished(async () => void (await program.stop('SIGKILL')));
  const { front } = await announcedPorts(program);
  const reload = async (text: string, told: RegExp) => {
    writeFileSync(join(cwd, 'nanomq.conf'), text);
    const from = program.stderr().length;
    program.child.kill('SIGHUP');
    await until(() => told.test(program.stderr().slice(from)), String(told));
  };
  const request = buildHead('GET', BROKERS, [`Authorization: Bearer ${mintToken(OPS)}`]);
  return { conf, reload, ask: async () => (await sendRaw(front, request)).status };
}

it.each([
  ['that is empty', ''],
  ['that holds a comment alone', '# guard { }\n'],
  ["that holds other blocks of the broker's alone", 'log { level = warn }\n'],
  [
    "that holds other settings of the broker's alone, in its old form",
    'mqtt.max_packet_size=1\nlog.level=warn\n',
  ],
])('a reload of a file %s changes nothing and says so', async (_, text) => {
  const { reload, ask } = await startGuard();
  await reload(
    text,
    /the settings stay as they were:\n\S+nanomq\.conf holds neither guard nor http_server\n/,
  );
  expect(await ask()).toBe(200);
});

it.each([
  ['guard', (conf: string) => conf],
  ['http_server', (_: string) => 'http_server { password = x }'],
  ['http_server, in the old form', (_: string) => 'http_server.port=8081\nhttp_server.password=x\n'],
])('a file that holds %s alone is put in place', async (_, make) => {
  const { conf, reload } = await startGuard();
  await reload(make(conf), /the settings were read again and are in place\n/);
});
