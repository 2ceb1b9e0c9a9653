// Several kinds of files of one directory, followed together; what the kernel tells of comes before every scan.
import {
  appendFileSync,
  lstatSync,
  mkdirSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { DirectoryFollower } from '../../src/files/follower.ts';
import { DEADLINE_MS, waitFor } from '../support/wait-for.ts';
import { makeWorkspace } from '../support/workspace.ts';
import { HALF, LABELS, NOTES, note } from './material.ts';

vi.mock('node:fs', async (original) => {
  const actual = await original<typeof import('node:fs')>();
  return { ...actual, lstatSync: vi.fn(actual.lstatSync) };
});

vi.mock('node:fs/promises', async (original) => {
  const actual = await original<typeof import('node:fs/promises')>();
  return { ...actual, readdir: vi.fn(actual.readdir) };
});

const KINDS = { notes: NOTES, labels: LABELS };
type Follower = DirectoryFollower<typeof KINDS>;

async function openFollower(directory: string, byPath = {}): Promise<Follower> {
  const follower = await DirectoryFollower.open({ directory, called: 'notes', kinds: KINDS, byPath });
  onTestFinished(() => follower.close());
  return follower;
}

/** What a note of the directory says, or why it says nothing. */
function textOf(follower: Follower, name: string): string | undefined {
  const content = follower.current().files.notes.listed.get(name)?.served;
  return content?.usable ? content.text : content?.reason;
}

function colourOf(follower: Follower, name: string): string | undefined {
  const content = follower.current().files.labels.listed.get(name)?.served;
  return content?.usable ? content.colour : content?.reason;
}

describe('a followed directory', () => {
  it('gives the files of each kind, and the names of none', async () => {
    const directory = makeWorkspace({ 'a.note': note('one'), 'a.label': 'red', README: '', '.hidden': '' });
    const { files, ignored, lost } = (await openFollower(directory)).current();
    expect([...files.notes.listed.keys()]).toEqual(['a.note']);
    expect([...files.labels.listed.keys()]).toEqual(['a.label']);
    expect({ ignored, lost }).toEqual({ ignored: ['README'], lost: undefined });
  });

  it('gives a name to the first kind that takes it', async () => {
    const directory = makeWorkspace({ 'a.note': note('one') });
    const kinds = { notes: NOTES, others: { ...NOTES } };
    const follower = await DirectoryFollower.open({ directory, called: 'notes', kinds });
    onTestFinished(() => follower.close());
    const { notes, others } = follower.current().files;
    expect([notes.listed.size, others.listed.size]).toEqual([1, 0]);
  });

  it('is not listed again for a log in it that grows', async () => {
    const directory = makeWorkspace({ 'a.note': note('one'), 'audit.log': '' });
    await openFollower(directory);
    vi.mocked(readdir).mockClear();
    for (let line = 0; line < 20; line++) {
      appendFileSync(join(directory, 'audit.log'), 'a line\n');
      // The kernel tells of each by itself.
      await delay(60);
    }
    expect(vi.mocked(readdir).mock.calls.length).toBeLessThan(10);
  });

  it('follows files by path, of either kind, wherever they lie', async () => {
    const elsewhere = makeWorkspace({ letter: note('one') });
    const [letter, colour] = [join(elsewhere, 'letter'), join(elsewhere, 'colour')];
    const follower = await openFollower(makeWorkspace(), { notes: [letter, letter], labels: [colour] });
    const { notes, labels } = follower.current().files;
    expect([...notes.byPath.keys()]).toEqual([letter]);
    expect(notes.byPath.get(letter)?.served).toMatchObject({ name: 'letter', text: 'one' });
    expect(labels.byPath.get(colour)?.served).toMatchObject({
      usable: false,
      reason: expect.stringMatching(/does not exist/),
    });
  });

  it('is followed by several, who all hear the same state, until they stop', async () => {
    const directory = makeWorkspace();
    const follower = await openFollower(directory);
    const [one, other] = [vi.fn(), vi.fn()];
    const stop = follower.follow(one);
    follower.follow(other);
    writeFileSync(join(directory, 'a.note'), note('one'));
    await waitFor(
      () => textOf(follower, 'a.note'),
      (text) => text === 'one',
    );
    expect(one).toHaveBeenLastCalledWith(follower.current());
    stop();
    const count = one.mock.calls.length;
    writeFileSync(join(directory, 'b.note'), note('two'));
    await waitFor(
      () => textOf(follower, 'b.note'),
      (text) => text === 'two',
    );
    expect(one).toHaveBeenCalledTimes(count);
    expect(other).toHaveBeenLastCalledWith(follower.current());
  });

  it('leaves every earlier state as it was', async () => {
    const directory = makeWorkspace({ 'a.note': note('one'), 'b.note': note('two') });
    const follower = await openFollower(directory);
    const before = follower.current();
    writeFileSync(join(directory, 'a.note'), note('new'));
    unlinkSync(join(directory, 'b.note'));
    await waitFor(
      () => textOf(follower, 'b.note'),
      (text) => text === undefined,
    );
    expect(textOf(follower, 'a.note')).toBe('new');
    expect([...before.files.notes.listed.values()].map(({ served }) => served)).toMatchObject([
      { text: 'one' },
      { text: 'two' },
    ]);
  });

  it('has no state with a file and without the one that was written before it', async () => {
    const directory = makeWorkspace();
    const follower = await openFollower(directory);
    const lonely: string[] = [];
    follower.follow(({ files }) => {
      for (const name of files.notes.listed.keys())
        if (!files.labels.listed.has(name.replace('.note', '.label'))) lonely.push(name);
    });
    for (let index = 0; index < 50; index += 1) {
      writeFileSync(join(directory, `${index}.label`), 'red');
      writeFileSync(join(directory, `${index}.note`), note('one'));
      await new Promise((done) => setTimeout(done, index % 7));
    }
    await waitFor(
      () => [textOf(follower, '49.note'), colourOf(follower, '49.label')],
      ([text, colour]) => text === 'one' && colour === 'red',
    );
    expect(lonely).toEqual([]);
    expect(follower.current().files.notes.listed.size).toBe(50);
  });
});

describe('what the kernel tells of takes effect while a scan does not come to its end', () => {
  afterEach(() => void vi.mocked(readdir).mockReset());

  /** A follower of thousands of files whose next scan, which has begun, stays at its beginning. */
  async function stickScan(files: Record<string, string>) {
    const directory = makeWorkspace(files);
    for (let index = 0; index < 3000; index += 1)
      writeFileSync(join(directory, `${index}.note`), note('one'));
    const follower = await openFollower(directory);
    vi.mocked(readdir)
      .mockReset()
      .mockImplementation(() => new Promise(() => undefined));
    await vi.waitFor(() => expect(readdir).toHaveBeenCalled(), DEADLINE_MS);
    return { directory, follower };
  }

  it('a file that is removed', async () => {
    const { directory, follower } = await stickScan({ 'a.note': note('one') });
    unlinkSync(join(directory, 'a.note'));
    await waitFor(
      () => textOf(follower, 'a.note'),
      (text) => text === undefined,
    );
    expect(follower.current().files.notes.listed.size).toBe(3000);
  });

  it('a file that is replaced, and one that is written in place', async () => {
    const { directory, follower } = await stickScan({ 'a.note': note('one'), 'b.note': note('one') });
    writeFileSync(join(directory, '.next'), note('two'));
    renameSync(join(directory, '.next'), join(directory, 'a.note'));
    writeFileSync(join(directory, 'b.note'), note('two'));
    await waitFor(
      () => [textOf(follower, 'a.note'), textOf(follower, 'b.note')],
      ([a, b]) => a === 'two' && b === 'two',
    );
  });

  it('files of two kinds that come together, and a name of no kind that comes and goes', async () => {
    const { directory, follower } = await stickScan({});
    writeFileSync(join(directory, 'a.label'), 'red');
    writeFileSync(join(directory, 'a.note'), note('one'));
    writeFileSync(join(directory, 'README'), '');
    await waitFor(
      () => [textOf(follower, 'a.note'), colourOf(follower, 'a.label'), ...follower.current().ignored],
      ([text, colour, ignored]) => text === 'one' && colour === 'red' && ignored === 'README',
    );
    unlinkSync(join(directory, 'README'));
    await waitFor(
      () => follower.current().ignored,
      (ignored) => ignored.length === 0,
    );
  });

  it('the end of the moment that a file may be absent, and the end of patience with half a file', async () => {
    const { directory, follower } = await stickScan({ 'a.note': note('one'), 'b.note': note('one') });
    renameSync(join(directory, 'a.note'), join(directory, '.away'));
    writeFileSync(join(directory, 'b.note'), HALF);
    await waitFor(
      () => [textOf(follower, 'a.note'), textOf(follower, 'b.note')],
      ([a, b]) => a === undefined && b === 'It is cut short.',
    );
  });

  it('a file that has come since the names were listed, and stays', async () => {
    const directory = makeWorkspace();
    const follower = await openFollower(directory);
    const { readdir: list } = await vi.importActual<typeof import('node:fs/promises')>('node:fs/promises');
    let release = () => {};
    const held = new Promise<void>((done) => {
      release = done;
    });
    vi.mocked(readdir)
      .mockReset()
      .mockImplementation(async (path) => {
        const names = (await list(path)) as unknown as Awaited<ReturnType<typeof readdir>>;
        await held;
        return names;
      });
    await vi.waitFor(() => expect(readdir).toHaveBeenCalled(), DEADLINE_MS);
    // No other listing helps: what comes after this one does not come.
    vi.mocked(readdir).mockImplementation(() => new Promise(() => undefined));
    writeFileSync(join(directory, 'a.note'), note('one'));
    const isThere = () =>
      waitFor(
        () => textOf(follower, 'a.note'),
        (text) => text === 'one',
      );
    await isThere();
    release();
    await vi.waitFor(() => expect(vi.mocked(readdir).mock.calls.length).toBeGreaterThan(1), DEADLINE_MS);
    // Longer than the moment for which what is gone still counts.
    await delay(500);
    expect(textOf(follower, 'a.note')).toBe('one');
  });

  it('but never a file of a directory that is no longer the one that was listed', async () => {
    const parent = makeWorkspace();
    for (const [name, text] of [
      ['blue', 'one'],
      ['green', 'two'],
    ] as const) {
      mkdirSync(join(parent, name));
      writeFileSync(join(parent, name, 'a.note'), note(text));
    }
    symlinkSync('blue', join(parent, 'notes'));
    const follower = await openFollower(join(parent, 'notes'));
    const seen: (string | undefined)[] = [];
    follower.follow(() => seen.push(textOf(follower, 'a.note')));
    symlinkSync('green', join(parent, 'next'));
    renameSync(join(parent, 'next'), join(parent, 'notes'));
    writeFileSync(join(parent, 'blue', 'a.note'), note('old'));
    await waitFor(
      () => textOf(follower, 'a.note'),
      (text) => text === 'two',
    );
    expect(seen).not.toContain('old');
  });
});

describe('a scan', () => {
  it('looks once at each file, whatever its kind, and at nothing else', async () => {
    const names = ['a.note', 'b.note', 'a.label', 'README', '.hidden'];
    const directory = makeWorkspace(Object.fromEntries(names.map((name) => [name, note('one')])));
    vi.mocked(lstatSync).mockClear();
    await openFollower(directory);
    const looked = vi.mocked(lstatSync).mock.calls.map(([path]) => basename(String(path)));
    expect(looked.sort()).toEqual(['a.label', 'a.note', 'b.note']);
  });
});
