// A file of lines that grows: each look takes what has come, once, and all of it where the file is another one.
import { appendFileSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { GrowingFile } from '../../src/files/growing.ts';
import { makeWorkspace } from '../support/workspace.ts';

function openFile(text: string) {
  const path = join(makeWorkspace({ file: text }), 'file');
  const growing = new GrowingFile();
  return {
    path,
    growing,
    async look() {
      const taken: string[] = [];
      await growing.read(path, (line, number) => taken.push(`${number}:${line}`));
      return taken;
    },
  };
}

describe('a look', () => {
  it('takes the lines that have come since the last one, with their numbers', async () => {
    const { path, look } = openFile('a\nb\n');
    expect(await look()).toEqual(['1:a', '2:b']);
    expect(await look()).toEqual([]);
    appendFileSync(path, 'c\n\nd\n');
    expect(await look()).toEqual(['3:c', '5:d']);
  });

  it('leaves a line without an end until it has one', async () => {
    const { path, growing, look } = openFile('a\nb');
    expect(await look()).toEqual(['1:a']);
    expect(growing.rest).toBe('b');
    appendFileSync(path, 'c\n');
    expect(await look()).toEqual(['2:bc']);
    expect(growing.rest).toBe('');
  });

  it('takes a file of many pieces whole, and cuts a line that has no end in sight', async () => {
    const lines = Array.from({ length: 20_000 }, (_, at) => `line ${at} of a file that is read in pieces`);
    const long = 'x'.repeat(300_000);
    const { look } = openFile(`${lines.join('\n')}\n${long}\nlast\n`);
    const taken = await look();
    expect(taken.slice(0, 20_000)).toEqual(lines.map((line, at) => `${at + 1}:${line}`));
    expect(taken.at(-2)?.length).toBeLessThan(70_000);
    expect(taken.at(-1)).toBe('20002:last');
  });

  it('takes everything again from a file that was put in its place', async () => {
    const { path, look } = openFile('a\nb\n');
    await look();
    writeFileSync(`${path}.new`, 'b\nc\nd\n');
    renameSync(`${path}.new`, path);
    expect(await look()).toEqual(['1:b', '2:c', '3:d']);
  });

  it.each([
    ['shorter', 'b\n'],
    ['as long', 'c\nd\n'],
    ['longer', 'x\na\nb\nc\n'],
  ])('takes everything again from a file that was written over and is %s', async (_, text) => {
    const { path, look } = openFile('a\nb\n');
    await look();
    writeFileSync(path, text);
    expect(await look()).toHaveLength(text.length / 2);
  });

  it('follows no link, and reads no directory', async () => {
    const cwd = makeWorkspace({ file: 'a\n' });
    symlinkSync('file', join(cwd, 'link'));
    mkdirSync(join(cwd, 'directory'));
    const read = (name: string) => new GrowingFile().read(join(cwd, name), () => undefined);
    await expect(read('link')).rejects.toThrow(/ELOOP/);
    await expect(read('directory')).rejects.toThrow(/not a regular file/);
  });
});
