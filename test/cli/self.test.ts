// The name under which a shell finds the program again.
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { nameSelf } from '../../src/cli/self.ts';
import { makeWorkspace } from '../support/workspace.ts';

/** An installed copy, the folder of links a global installation makes, and a folder to work in. */
function install() {
  const folder = makeWorkspace({
    'lib/broker-guard/dist/main.js': '',
    'lib/broker-guard/dist/broker-guard': '',
    'other/broker-guard': '',
    'bin/x': '',
    'work here/x': '',
  });
  const own = join(folder, 'lib/broker-guard/dist');
  symlinkSync(join(own, 'broker-guard'), join(folder, 'bin/broker-guard'));
  const directory = join(folder, 'work here');
  const ask = (path: string) => nameSelf({ main: join(own, 'main.js'), directory, path });
  const addLocal = () => {
    mkdirSync(join(directory, 'node_modules/.bin'), { recursive: true });
    symlinkSync(join(own, 'broker-guard'), join(directory, 'node_modules/.bin/broker-guard'));
  };
  return { folder, directory, ask, addLocal };
}

it('is the bare command where that is on the path', () => {
  const { folder, ask } = install();
  expect(ask(`/nowhere::${folder}/bin:${folder}/other`)).toBe('broker-guard');
});

it('is the file where the path leads to another program of the name', () => {
  const { folder, ask } = install();
  expect(ask(`${folder}/other:${folder}/bin`)).toBe('node ../lib/broker-guard/dist/main.js');
});

it('is npx where it is installed in the folder, whatever npm has put in front of the path', () => {
  const { directory, ask, addLocal } = install();
  addLocal();
  expect(ask(`${directory}/node_modules/.bin:/usr/bin`)).toBe('npx broker-guard');
});

it('is the file itself, quoted for a shell, where nothing else leads to it', () => {
  const { ask } = install();
  expect(ask('')).toBe('node ../lib/broker-guard/dist/main.js');
});
