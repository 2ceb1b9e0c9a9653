// Appending to a file that others append to and write anew at the same time, and that processes die over.
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { appendLine, rewriteLines } from '../../src/files/journal.ts';
import { until } from '../support/guard.ts';
import { makeWorkspace } from '../support/workspace.ts';

const MAX = 2 ** 20;
const pathIn = (files: Readonly<Record<string, string>> = {}) => join(makeWorkspace(files), 'journal');
const linesOf = (path: string) => readFileSync(path, 'utf8').split('\n').slice(0, -1);
const draftsOf = (path: string) => readdirSync(join(path, '..')).filter((name) => name.includes('.draft-'));

describe('an appended line', () => {
  it('makes the file, which nobody else can read', async () => {
    const path = pathIn();
    await appendLine(path, 'a', MAX);
    await appendLine(path, 'b', MAX);
    expect(linesOf(path)).toEqual(['a', 'b']);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('begins on a line of its own behind one whose writer was killed', async () => {
    const path = pathIn({ journal: 'a\nhal' });
    await appendLine(path, 'b', MAX);
    expect(linesOf(path)).toEqual(['a', 'hal', 'b']);
  });

  it('is refused where the file would grow beyond its bound, and leaves it as it is', async () => {
    const path = pathIn({ journal: 'a\n' });
    await expect(appendLine(path, 'too long', 8)).rejects.toThrow(/would be larger/);
    expect(linesOf(path)).toEqual(['a']);
  });

  it('goes through no link, and into no directory or FIFO', async () => {
    const cwd = makeWorkspace({ file: '' });
    symlinkSync('file', join(cwd, 'link'));
    mkdirSync(join(cwd, 'directory'));
    execFileSync('mkfifo', [join(cwd, 'fifo')]);
    for (const name of ['link', 'directory', 'fifo'])
      await expect(appendLine(join(cwd, name), 'a', MAX)).rejects.toThrow(/ELOOP|EISDIR|not a regular file/);
    expect(readFileSync(join(cwd, 'file'), 'utf8')).toBe('');
  });

  it('is written again where the file was put away meanwhile', async () => {
    const path = pathIn({ journal: 'a\n' });
    const draft = `${path}.draft-0`;
    writeFileSync(draft, 'kept\n');
    const appended = appendLine(path, 'b', MAX);
    await until(() => linesOf(path).includes('b'), 'the line to be written');
    // Whoever wrote the draft had read the file before the line came.
    execFileSync('mv', [draft, path]);
    await appended;
    expect(linesOf(path)).toEqual(['kept', 'b']);
  });

  it('does not count while a draft is there that may not hold it, and outlasts one that is left behind', async () => {
    const path = pathIn({ journal: 'a\n', 'journal.draft-0': '' });
    const begun = performance.now();
    await appendLine(path, 'b', MAX);
    expect(performance.now() - begun).toBeGreaterThan(4000);
    expect(draftsOf(path)).toEqual([]);
    expect(linesOf(path)).toEqual(['a', 'b']);
  });
});

describe('a file that is written anew', () => {
  it('has the lines that are kept, to the byte, and the mode that it had', async () => {
    const path = pathIn();
    writeFileSync(path, Buffer.from('keep \xff\ndrop\n\nkeep 2\nkeep 3', 'latin1'), { mode: 0o640 });
    await rewriteLines(path, (line) => line.startsWith('keep'), MAX);
    expect(readFileSync(path, 'latin1')).toBe('keep \xff\nkeep 2\nkeep 3\n');
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(draftsOf(path)).toEqual([]);
  });

  it('stays as it was where it cannot be read, and no draft is left', async () => {
    const path = pathIn();
    mkdirSync(path);
    await expect(rewriteLines(path, () => true, MAX)).rejects.toThrow();
    expect(existsSync(path)).toBe(true);
    expect(draftsOf(path)).toEqual([]);
  });

  it('loses no line that others append at the same time', async () => {
    const path = pathIn({ journal: 'old\n' });
    let isOver = false;
    const rewrite = async () => {
      while (!isOver) {
        await rewriteLines(path, (line) => line !== 'old', MAX);
        await delay(10);
      }
    };
    const append = async (name: string) => {
      for (let at = 0; at < 40; at++) {
        await appendLine(path, `${name}${at}`, MAX);
        await appendLine(path, 'old', MAX);
        expect(linesOf(path)).toContain(`${name}${at}`);
      }
    };
    const rewriting = [rewrite(), rewrite()];
    await Promise.all(['a', 'b', 'c'].map(append));
    isOver = true;
    await Promise.all(rewriting);
    const there = new Set(linesOf(path));
    const wanted = ['a', 'b', 'c'].flatMap((name) => Array.from({ length: 40 }, (_, at) => name + at));
    expect(wanted.filter((line) => !there.has(line))).toEqual([]);
  });
});
