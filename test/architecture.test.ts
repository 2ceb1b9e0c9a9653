// Who may import whom, and which word has one home. The picture is in docs/architecture.md; this is its proof.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const SRC = resolve(import.meta.dirname, '../src');
const FILES = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
const textOf = (file: string): string => readFileSync(join(SRC, file), 'utf8');
const codeOf = (file: string): string => textOf(file).replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');

/** A file's room: its folder, or its own name at the top level. */
const roomOf = (file: string): string =>
  file.includes('/') ? (file.split('/')[0] as string) : file.replace('.ts', '');

/** From the ground up. A room imports from the floors below it and from itself, never from its neighbours. */
const FLOORS: readonly (readonly string[])[] = [
  ['decision', 'failure', 'followed', 'json', 'pending', 'version'],
  ['token', 'files', 'observe', 'limits'],
  ['keystore', 'http', 'hocon', 'revocation'],
  ['policy', 'upstream'],
  ['config'],
  ['guard', 'proxy', 'listener'],
  ['core', 'steps', 'mqtt'],
  ['explain'],
  ['endpoints', 'hooks', 'embedded', 'library'],
  ['server'],
  ['process'],
  ['cli', 'worker'],
  ['main'],
];
const floorOf = (room: string): number => FLOORS.findIndex((rooms) => rooms.includes(room));

function importsOf(file: string): string[] {
  return [...codeOf(file).matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(([, path]) =>
    relative(SRC, resolve(SRC, dirname(file), path as string)),
  );
}

/** Code files whose text matches, comments left out. */
const filesWith = (pattern: RegExp): string[] => FILES.filter((file) => pattern.test(codeOf(file)));

describe('rooms', () => {
  it.each(FILES)('%s imports only from its own room and the floors below', (file) => {
    const room = roomOf(file);
    expect(floorOf(room)).not.toBe(-1);
    const isAllowed = (imported: string) => imported === room || floorOf(imported) < floorOf(room);
    expect(
      importsOf(file)
        .map(roomOf)
        .filter((imported) => !isAllowed(imported)),
    ).toEqual([]);
  });

  it('have no cycle of files', () => {
    const state = new Map<string, 'open' | 'done'>();
    const cycles: string[][] = [];
    const visit = (file: string, path: string[]): void => {
      if (state.get(file) === 'open') cycles.push([...path.slice(path.indexOf(file)), file]);
      if (state.has(file)) return;
      state.set(file, 'open');
      for (const imported of importsOf(file)) visit(imported, [...path, file]);
      state.set(file, 'done');
    };
    for (const file of FILES) visit(file, []);
    expect(cycles).toEqual([]);
  });

  it('import files that exist', () => {
    const missing = FILES.flatMap((file) => importsOf(file).filter((imported) => !FILES.includes(imported)));
    expect(missing).toEqual([]);
  });

  it('have no folder or file for leftovers, and no barrel', () => {
    expect(
      FILES.filter((file) => /(?:^|\/)(?:utils?|helpers?|common|misc|index)(?:\/|\.ts$)/.test(file)),
    ).toEqual([]);
  });

  it('keep the embedded broker out of a guard that has a real one: it is only ever imported on demand', () => {
    const statically = FILES.filter(
      (file) => roomOf(file) !== 'embedded' && /from '[^']*embedded\//.test(codeOf(file)),
    );
    expect(statically).toEqual(['cli/serve-embedded.ts']);
    expect(filesWith(/from '[^']*serve-embedded/)).toEqual([]);
  });
});

describe('words with one home', () => {
  it.each([
    ["the Authorization field's name", /'authorization'/i, ['http/credential.ts']],
    ["the WWW-Authenticate field's name", /'www-authenticate'/i, ['http/refusal.ts']],
    ["the Connection field's name", /(?<!on\(|isteners\()'connection'/i, ['http/hop-by-hop.ts']],
    ['the environment', /process\.env/, ['main.ts', 'config/load.ts']],
    ['the end of the process', /process\.exit\b\(/, ['main.ts', 'worker.ts']],
    ['signals', /process\.on\((?:'SIG|signal)/, ['main.ts', 'worker.ts']],
  ])('%s stands in one module', (_, pattern, home) => expect(filesWith(pattern)).toEqual(home));

  it('the time of day is read at the edge alone', () => {
    expect(
      filesWith(/Date\.now/).filter(
        (file) =>
          ![
            'process/start.ts',
            'process/guarded-listener.ts',
            'process/workers/worker-calls.ts',
            'library.ts',
            'main.ts',
            'worker.ts',
          ].includes(file),
      ),
    ).toEqual([]);
  });

  it('status 401 and 403 are chosen by the reason table alone', () => {
    const choosers = filesWith(/(?:status|statusCode)\s*=\s*40[13]|writeHead\(40[13]/);
    // The embedded broker plays a broker: its 401 is NanoMQ's, not the guard's.
    expect(choosers.filter((file) => roomOf(file) !== 'embedded')).toEqual([]);
  });

  it('node-forge never comes near a signature decision', () => {
    expect(filesWith(/node-forge/).filter((file) => roomOf(file) !== 'cli')).toEqual([]);
  });
});

describe('files', () => {
  it.each(FILES)('%s opens by saying what it owns', (file) => {
    expect(textOf(file).replace(/^#!.*\n/, '')).toMatch(/^\/\/ /);
  });

  // A catalogue is a table of data, one file a broker, and nobody reads it in one go.
  it.each(FILES.filter((file) => !file.startsWith('policy/catalogue/')))(
    '%s is short enough to be read in one go',
    (file) => {
      expect(textOf(file).split('\n').length).toBeLessThanOrEqual(300);
    },
  );
});
