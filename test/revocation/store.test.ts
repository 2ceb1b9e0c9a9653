// The revocations file as a guard follows it: what is in force, what is said of the file, and that nothing is forgotten.
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Revocation, writeEntry } from '../../src/revocation/entry.ts';
import { MAX_FILE_BYTES, openRevocations } from '../../src/revocation/store.ts';
import { until } from '../support/guard.ts';
import { makeWorkspace } from '../support/workspace.ts';

const toEntry = (jti: string, more: Partial<Revocation> = {}): string =>
  `${writeEntry({ issuer: 'ops.pub', by: 'jti', value: jti, until: Infinity, at: 1, ...more } as Revocation)}\n`;

const TOKEN = { issuer: 'ops.pub', subject: undefined, thumbprint: '', issuedAt: 1, tokenDigest: '' };

async function open(text?: string) {
  const cwd = makeWorkspace(text === undefined ? {} : { 'revocations.jsonl': text });
  return openIn(cwd);
}

async function openIn(cwd: string, known: readonly Revocation[] = []) {
  const file = join(cwd, 'revocations.jsonl');
  const lines: string[] = [];
  const added: Revocation[] = [];
  const report = (line: string) => void lines.push(line);
  const store = await openRevocations({ file, now: Date.now, report, known });
  store.follow((more) => added.push(...more));
  onTestFinished(() => store.close());
  const isRevoked = (jti: string) => store.find({ ...TOKEN, tokenId: jti }, Date.now() / 1000) !== undefined;
  return {
    file,
    store,
    lines,
    added,
    isRevoked,
    revoked: (jti: string) => until(() => isRevoked(jti), `${jti} to be revoked`),
    told: (pattern: RegExp) =>
      until(() => lines.some((line) => pattern.test(line)), `${pattern}; said: ${lines}`),
  };
}

describe('a revocations file', () => {
  it('counts from the start, and what is appended within a second', async () => {
    const { file, store, isRevoked, revoked, added, lines } = await open(toEntry('1') + toEntry('2'));
    expect([isRevoked('1'), isRevoked('2'), isRevoked('3')]).toEqual([true, true, false]);
    const begun = performance.now();
    appendFileSync(file, toEntry('3'));
    await revoked('3');
    expect(performance.now() - begun).toBeLessThan(1000);
    expect(store.count()).toBe(3);
    await until(() => added.length >= 1, 'what has come to be told');
    expect(added.map(({ value }) => value)).toEqual(['3']);
    expect(lines).toEqual([]);
  });

  it('may come later, and in one step', async () => {
    const { file, revoked, lines } = await open();
    writeFileSync(`${file}.new`, toEntry('1'));
    renameSync(`${file}.new`, file);
    await revoked('1');
    expect(lines).toEqual([]);
  });

  it('counts again and again through a new file in its place, and what had left it still does', async () => {
    const { file, isRevoked, revoked, added } = await open(toEntry('1') + toEntry('2'));
    for (const jti of ['3', '4', '5']) {
      writeFileSync(`${file}.new`, toEntry('2') + toEntry(jti));
      renameSync(`${file}.new`, file);
      await revoked(jti);
    }
    expect(isRevoked('1')).toBe(true);
    await until(() => added.length >= 3, 'what has come to be told');
    expect(added.map(({ value }) => value)).toEqual(['3', '4', '5']);
  });

  it('counts to the last line, where that has no end but is whole', async () => {
    const { isRevoked, lines } = await open((toEntry('1') + toEntry('2')).slice(0, -1));
    expect([isRevoked('1'), isRevoked('2')]).toEqual([true, true]);
    expect(lines).toEqual([]);
  });

  it('with a torn last line is said to be, and every other line counts', async () => {
    const { file, isRevoked, revoked, lines } = await open(toEntry('1') + toEntry('2').slice(0, 20));
    expect(isRevoked('1')).toBe(true);
    expect(lines).toEqual([
      expect.stringMatching(/the last line is torn: it is no JSON.*every other line counts/),
    ]);
    appendFileSync(file, `\n${toEntry('3')}`);
    await revoked('3');
    expect(lines).toHaveLength(1);
  });

  it('with foreign lines names each, five at most, and counts the others', async () => {
    const foreign = Array.from({ length: 8 }, (_, at) => `{"issuer":"ops.pub","jti":"x","v":${at}}\n`).join(
      '',
    );
    const { file, isRevoked, revoked, lines } = await open(toEntry('1') + foreign + toEntry('2'));
    expect([isRevoked('1'), isRevoked('2'), isRevoked('x')]).toEqual([true, true, false]);
    expect(lines).toHaveLength(6);
    expect(lines[0]).toMatch(/revocations\.jsonl:2: the line has a member "v", which is unknown\./);
    expect(lines[5]).toMatch(/3 more lines cannot be read/);
    writeFileSync(`${file}.new`, toEntry('1') + foreign + toEntry('3'));
    renameSync(`${file}.new`, file);
    await revoked('3');
    expect(lines).toHaveLength(6);
  });
});

describe('a revocations file that goes wrong while the guard runs', () => {
  const asLink = (file: string) => symlinkSync('elsewhere', file);
  const asFifo = (file: string) => void execFileSync('mkfifo', [file]);
  const asHuge = (file: string) => {
    writeFileSync(file, '');
    truncateSync(file, MAX_FILE_BYTES + 1);
  };
  it.each<[string, RegExp, ((file: string) => void)?]>([
    ['is gone', / is gone: what is known to be revoked stays so while this guard runs/],
    ['is a link', / is a symbolic link: name the file itself: what is/, asLink],
    [
      'is a directory',
      / cannot be used \(It is a directory, not a regular file\): what/,
      (file) => mkdirSync(file),
    ],
    ['is a FIFO', / cannot be used \(It is a FIFO, not a regular file\): what/, asFifo],
    ['is huge', / cannot be used \(The file is larger than 64 MiB/, asHuge],
  ])('and %s is said to, what is known goes on counting, and it may come back', async (_, said, replace) => {
    const { file, isRevoked, revoked, told, lines } = await open(toEntry('1'));
    rmSync(file);
    replace?.(file);
    await told(said);
    expect(isRevoked('1')).toBe(true);
    rmSync(file, { recursive: true, force: true });
    writeFileSync(file, toEntry('2'));
    await revoked('2');
    await told(/is read again$/);
    expect(isRevoked('1')).toBe(true);
    expect(lines.filter((line) => line.startsWith('warning')).length).toBeLessThanOrEqual(2);
  });
});

describe('a start', () => {
  it.each<[string, RegExp, (file: string) => void]>([
    [
      'a link',
      /is a symbolic link: name the file itself: a guard without it would let in/,
      (file) => symlinkSync('x', file),
    ],
    [
      'a directory',
      /cannot be used \(It is a directory, not a regular file\): a guard/,
      (file) => mkdirSync(file),
    ],
    ['a FIFO', /It is a FIFO/, (file) => void execFileSync('mkfifo', [file])],
    [
      'larger than 64 MB',
      /larger than 64 MiB/,
      (file) => {
        writeFileSync(file, '');
        truncateSync(file, MAX_FILE_BYTES + 1);
      },
    ],
  ])('fails where the file is %s', async (_, said, make) => {
    const cwd = makeWorkspace();
    make(join(cwd, 'revocations.jsonl'));
    const failure = await openIn(cwd).catch((error) => error);
    expect(failure).toMatchObject({ code: 'revocations_unreadable', message: expect.stringMatching(said) });
  });

  it('fails where its directory is not there', async () => {
    await expect(openIn(join(makeWorkspace(), 'nowhere'))).rejects.toThrow(/cannot be listed \(ENOENT\)/);
  });

  it('after another goes on with what that one knew, though its file is gone', async () => {
    const { store } = await open(toEntry('1'));
    const next = await openIn(makeWorkspace(), [...store.list()]);
    expect(next.isRevoked('1')).toBe(true);
  });
});
