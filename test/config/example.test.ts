// nanomq.conf.example: it starts a guard as it is, every default it shows in a comment is the real one, and NanoMQ's
// own parser reads it, with any of its lines in force.
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inspectSettings, loadSettings } from '../../src/config/load.ts';
import { readSettingsText } from '../../src/hocon/settings-text.ts';
import { ROOT } from '../support/root.ts';
import { listSettings } from '../support/settings.ts';
import { makeWorkspace } from '../support/workspace.ts';

const EXAMPLE = join(ROOT, 'nanomq.conf.example');
const LINES = readFileSync(EXAMPLE, 'utf8').split('\n');
const SETTING = /^(?:# )?((?:guard|http_server)\.[a-z_.]+) = \S/;
const WITHOUT_DEFAULT =
  /\.(?:certificate|key|client_ca|ca_file|url|keyfile|listen_mode|listen_group|roles|issuers|open|file|trusted_proxies|proxy_protocol|origins|hooks) =/;
/** It goes with a broker behind https, and the example's is not. */
const OF_HTTPS = /\.ca_file =/;
/** They go with a socket file, and the example listens on ports. */
const OF_A_SOCKET = /\.listen_(?:mode|group) =/;
const COMMENTED = LINES.filter((line) => line.startsWith('#') && SETTING.test(line)).map((line) =>
  line.slice(2),
);

/** The example with the commented settings in force that `isWanted` by their text. */
const uncomment = (isWanted: (setting: string) => boolean): string =>
  LINES.map((line) =>
    COMMENTED.includes(line.slice(2)) && isWanted(line.slice(2)) ? line.slice(2) : line,
  ).join('\n');

const inspect = (text: string) =>
  inspectSettings(join(makeWorkspace({ 'nanomq.conf': text }), 'nanomq.conf'));
const reduce = ({ settings }: Pick<ReturnType<typeof inspect>, 'settings'>) => ({
  ...settings,
  warnings: [],
  keysDirectory: '',
  revocationsFile: '',
});
const PLAIN = 'http_server { port = 8081 }';

describe('nanomq.conf.example', () => {
  it('is a good settings file as it is, with every setting at its default', () => {
    const directory = makeWorkspace();
    copyFileSync(EXAMPLE, join(directory, 'nanomq.conf'));
    const { settings, warnings } = inspectSettings(join(directory, 'nanomq.conf'));
    expect(reduce({ settings })).toEqual(reduce(inspect(PLAIN)));
    // Nothing in it keeps NanoMQ from starting or leaves a door open; the shipped password is the one thing left.
    expect(warnings.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^the broker still has the user name and password it was shipped with/),
    ]);
  });

  it.each(COMMENTED.filter((setting) => !WITHOUT_DEFAULT.test(setting)))(
    '%s is the real default',
    (setting) => {
      const reading = inspect(uncomment((text) => text === setting));
      expect(reduce(reading)).toEqual(reduce(inspect(PLAIN)));
      // And it is in force: another value in its place is not passed over.
      const name = setting.slice(0, setting.indexOf(' ='));
      const spoiled = inspect(LINES.join('\n').replace(`# ${setting}`, `${name} = { spoiled = 1 }`));
      expect(spoiled.problems.map((problem) => problem.name)).toContain(name);
    },
  );

  it('shows values that work for what has no default, and that NanoMQ reads', () => {
    const directory = makeWorkspace({
      'nanomq.conf': uncomment((setting) => !OF_A_SOCKET.test(setting) && !OF_HTTPS.test(setting)),
    });
    const settings = loadSettings(join(directory, 'nanomq.conf'));
    expect(settings).toMatchObject({
      tls: { certificateFile: join(directory, 'guard.crt'), keyFile: join(directory, 'guard.key') },
      extraKeyFiles: [join(directory, 'nanomq.pub')],
      upstream: { origin: 'http://127.0.0.1:8081' },
    });
    const options = { file: 'nanomq.conf', environment: {}, wantedBlocks: ['guard', 'http_server'] };
    expect(
      readSettingsText(
        uncomment(() => true),
        options,
      ).notes,
    ).toEqual([]);
  });

  it('shows a mode and a group that work for a socket file', () => {
    const sockets = uncomment((setting) => OF_A_SOCKET.test(setting))
      .replaceAll('"www-data"', '0')
      .concat('\nguard.listen = "unix:guard.sock"\nguard.service.listen = "unix:service.sock"\n');
    const { listen, service } = inspect(sockets).settings ?? {};
    expect([listen, service]).toMatchObject([
      { kind: 'unix', mode: 0o660, groupId: 0 },
      { kind: 'unix', mode: 0o660, groupId: 0 },
    ]);
  });

  it('shows every setting of the guard, and all it reads of http_server, with a line about each', () => {
    const shown = LINES.flatMap((line) => SETTING.exec(line)?.[1] ?? []);
    expect(shown.sort()).toEqual(
      listSettings()
        .map(({ name }) => name)
        .sort(),
    );
    for (const [index, line] of LINES.entries()) {
      if (!SETTING.test(line)) continue;
      const before = LINES.slice(0, index).reverse();
      expect(
        before.find((text) => !SETTING.test(text)),
        line,
      ).toMatch(/^# .*[.:]$/);
    }
  });
});
