// One file over time: when a change counts, and how long the old content does.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Entry, lookAt, markAbsent, nextLookMs } from '../../src/files/entry.ts';
import { makeWorkspace } from '../support/workspace.ts';
import { HALF, NOTES, type Note, note, WRONG } from './material.ts';

function makeSource(text: string) {
  const directory = makeWorkspace({ 'a.note': text });
  return {
    path: join(directory, 'a.note'),
    bounds: { realPath: directory, called: 'notes' },
    kind: NOTES,
  };
}

const served = (entry: Entry<Note>): string | undefined =>
  entry.served.usable ? entry.served.text : undefined;

/** What would be known had other text been read in the same tick of the kernel's clock. */
function asIfRead(entry: Entry<Note>, text: string): Entry<Note> {
  const file = { ...NOTES.parse(Buffer.from(text)), name: 'a.note' };
  return { ...entry, unconfirmed: text, file, served: file };
}

describe('an entry', () => {
  it('is read again after 100 ms, so a second write in the same tick of the clock is seen', () => {
    const source = makeSource(note('one'));
    const raced = asIfRead(lookAt(source, undefined, 1000), note('two'));
    expect(nextLookMs(raced)).toBe(1100);
    expect(served(lookAt(source, raced, 1099))).toBe('two');
    const settled = lookAt(source, raced, 1100);
    expect(served(settled)).toBe('one');
    expect(nextLookMs(settled)).toBe(1200);
  });

  it('rests once a second reading has confirmed it, and keeps its objects', () => {
    const source = makeSource(note('one'));
    const first = lookAt(source, undefined, 1000);
    const confirmed = lookAt(source, first, 1100);
    expect(nextLookMs(confirmed)).toBeUndefined();
    expect(confirmed.served).toBe(first.served);
    expect(lookAt(source, confirmed, 99_000)).toBe(confirmed);
  });

  it('serves the old content for 300 ms of an incomplete file, through every change of it', () => {
    const source = makeSource(note('one'));
    const whole = lookAt(source, undefined, 1000);
    writeFileSync(source.path, HALF);
    const half = lookAt(source, whole, 2000);
    expect(half.served).toBe(whole.served);
    writeFileSync(source.path, `${HALF} and more`);
    const more = lookAt(source, half, 2200);
    expect(more.served).toBe(whole.served);
    expect(lookAt(source, more, 2299).served.usable).toBe(true);
    expect(lookAt(source, more, 2300).served.usable).toBe(false);
  });

  it('serves the old content for 300 ms of absence', () => {
    const source = makeSource(note('one'));
    const whole = lookAt(source, undefined, 1000);
    const absent = markAbsent(source, whole, 2000);
    expect(nextLookMs(absent)).toBe(2300);
    expect(markAbsent(source, absent, 2299).served).toBe(whole.served);
    expect(markAbsent(source, absent, 2300).served.usable).toBe(false);
  });

  it('serves nothing of a file that is wrong for good', () => {
    const source = makeSource(note('one'));
    const whole = lookAt(source, undefined, 1000);
    writeFileSync(source.path, WRONG);
    expect(lookAt(source, whole, 2000).served.usable).toBe(false);
  });

  it('keeps what its kind finds the same', () => {
    const source = makeSource(note('one'));
    const first = lookAt(source, undefined, 1000);
    writeFileSync(source.path, `${note('one')}\n`);
    expect(lookAt(source, first, 2000).served).toBe(first.served);
  });

  it('is reported at once when it is wrong for good, and after 300 ms of rest when it is incomplete', () => {
    const source = makeSource(WRONG);
    expect(lookAt(source, undefined, 1000).isReportable).toBe(true);
    writeFileSync(source.path, HALF);
    const half = lookAt(source, undefined, 1000);
    expect(half.isReportable).toBe(false);
    const confirmed = lookAt(source, half, 1100);
    expect(nextLookMs(confirmed)).toBe(1300);
    expect(lookAt(source, confirmed, 1299).isReportable).toBe(false);
    expect(lookAt(source, confirmed, 1300).isReportable).toBe(true);
    expect(nextLookMs(lookAt(source, confirmed, 1300))).toBeUndefined();
  });
});

describe('an entry of a kind of which a part may read like a whole', () => {
  const makeSettling = (text: string) => {
    const source = makeSource(text);
    return { ...source, kind: { ...NOTES, settles: true as const } };
  };

  it('serves what was there before until the new content has stayed the same for 100 ms', () => {
    const source = makeSettling(note('one'));
    const first = lookAt(source, lookAt(source, undefined, 1000), 1100);
    expect(served(first)).toBe('one');
    writeFileSync(source.path, note('tw'));
    const part = lookAt(source, first, 2000);
    expect([served(part), nextLookMs(part)]).toEqual(['one', 2100]);
    writeFileSync(source.path, note('two'));
    const whole = lookAt(source, part, 2090);
    expect(served(lookAt(source, whole, 2189))).toBe('one');
    expect(served(lookAt(source, whole, 2190))).toBe('two');
  });

  it('is nothing yet where there was none before', () => {
    const source = makeSettling(note('one'));
    const entry = lookAt(source, undefined, performance.now());
    expect(entry.served).toMatchObject({ usable: false, reason: 'The file is being written.' });
    expect(served(lookAt(source, entry, entry.seenMs + 100))).toBe('one');
  });
});
