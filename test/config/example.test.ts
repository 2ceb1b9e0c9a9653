// nanomq.conf.example: it starts a guard as it is, and every default it shows in a comment is the real one.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadSettings } from '../../src/config/load.ts';
import { ROOT } from '../support/root.ts';
import { listSettings } from '../support/settings.ts';
import { makeWorkspace } from '../support/workspace.ts';

const EXAMPLE = join(ROOT, 'nanomq.conf.example');
const LINES = readFileSync(EXAMPLE, 'utf8').split('\n');
const SETTING = /^(\s*)# ( *[a-z_.]+(?: = .*| \{)| *\})$/;
/** These have no default: the example says so, and shows a value that works. */
const WITHOUT_DEFAULT = ['tls', 'url', 'keyfile'];

/** The example with the commented settings in force that `isWanted` by their text. */
function uncomment(isWanted: (line: string) => boolean): string {
  return LINES.map((line) => {
    const match = SETTING.exec(line);
    return match !== null && isWanted(match[2] as string) ? `${match[1]}${match[2]}` : line;
  }).join('\n');
}

function loadText(directory: string, text: string) {
  writeFileSync(join(directory, 'nanomq.conf'), text);
  return loadSettings(join(directory, 'nanomq.conf'));
}

/** The last part of each setting the example shows. */
const shown = LINES.map((line) => /^\s*#\s+([a-z_.]+) = /.exec(line)?.[1]).filter(
  (name) => name !== undefined,
);

describe('nanomq.conf.example', () => {
  it('is a good settings file as it is, with every setting at its default', () => {
    const directory = makeWorkspace();
    copyFileSync(EXAMPLE, join(directory, 'nanomq.conf'));
    expect(loadSettings(join(directory, 'nanomq.conf'))).toEqual(loadText(directory, ''));
  });

  const withDefault = LINES.map((line) => SETTING.exec(line)?.[2]).filter(
    (text) =>
      text !== undefined &&
      / = /.test(text) &&
      !text.startsWith(' ') &&
      !WITHOUT_DEFAULT.includes(/([a-z_]+) =/.exec(text)?.[1] as string),
  ) as string[];

  it.each(withDefault)('%s is the real default', (setting) => {
    const directory = makeWorkspace();
    const settings = loadText(
      directory,
      uncomment((text) => text === setting),
    );
    expect(settings).toEqual(loadText(directory, ''));
    // And it is in force: another value in its place is not passed over.
    const name = setting.slice(0, setting.indexOf(' ='));
    const spoiled = LINES.map((line) =>
      line.trim() === `# ${setting}` ? `${name} = { spoiled = 1 }` : line,
    ).join('\n');
    expect(() => loadText(directory, spoiled)).toThrow(name);
  });

  it('shows values that work for what has no default', () => {
    const directory = makeWorkspace();
    const settings = loadText(
      directory,
      uncomment(() => true),
    );
    expect(settings).toEqual({
      ...loadText(directory, ''),
      tls: { certificateFile: join(directory, 'guard.crt'), keyFile: join(directory, 'guard.key') },
      extraKeyFiles: [join(directory, 'nanomq.pub')],
    });
  });

  it('shows every setting of the guard, and all it reads of http_server, with a line about each', () => {
    const names = listSettings().map(({ name }) => name.split('.').at(-1));
    expect(shown.map((name) => name?.split('.').at(-1)).sort()).toEqual(names.sort());
    for (const [index, line] of LINES.entries()) {
      if (/^\s*# [a-z_.]+ = /.test(line)) {
        const before = LINES.slice(0, index)
          .reverse()
          .find((text) => !/^\s*# [a-z_.]+ = /.test(text));
        expect(before, line).toMatch(/^\s*# [A-Z/`a-z].*[.:]$/);
      }
    }
  });
});
