import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Entry, lookAt, markAbsent, nextLookMs } from '../../src/keystore/entry.ts';
import { parseKeyFile } from '../../src/keystore/keyfile.ts';
import { makeDirectory, pem, thumbprint } from './material.ts';

function makeSource(text: string) {
  const directory = makeDirectory({ 'ops.pub': text });
  return {
    name: 'ops.pub',
    path: join(directory, 'ops.pub'),
    confinedTo: { realPath: directory, called: 'keys directory' },
  };
}

const served = (entry: Entry): string | undefined =>
  entry.served.usable ? entry.served.keys[0]?.thumbprint : undefined;

/** What the store would know had it read other text in the same tick of the kernel's clock. */
function asIfRead(entry: Entry, text: string): Entry {
  const file = { ...parseKeyFile(text), name: 'ops.pub' };
  return { ...entry, unconfirmedText: text, file, served: file };
}

describe('an entry', () => {
  it('is read again after 100 ms, so a second write in the same tick of the clock is seen', async () => {
    const source = makeSource(pem(0));
    const raced = asIfRead(lookAt(source, undefined, 1000), pem(1));
    expect(nextLookMs(raced)).toBe(1100);
    expect(served(lookAt(source, raced, 1099))).toBe(await thumbprint(1));
    const settled = lookAt(source, raced, 1100);
    expect(served(settled)).toBe(await thumbprint(0));
    expect(nextLookMs(settled)).toBe(1200);
  });

  it('rests once a second reading has confirmed it, and keeps its objects', () => {
    const source = makeSource(pem(0));
    const first = lookAt(source, undefined, 1000);
    const confirmed = lookAt(source, first, 1100);
    expect(nextLookMs(confirmed)).toBeUndefined();
    expect(confirmed.served).toBe(first.served);
    expect(lookAt(source, confirmed, 99_000)).toBe(confirmed);
  });

  it('serves the old key for 300 ms of an incomplete file, through every change of it', () => {
    const source = makeSource(pem(0));
    const whole = lookAt(source, undefined, 1000);
    writeFileSync(source.path, pem(1).slice(0, 100));
    const half = lookAt(source, whole, 2000);
    expect(half.served).toBe(whole.served);
    writeFileSync(source.path, pem(1).slice(0, 200));
    const more = lookAt(source, half, 2200);
    expect(more.served).toBe(whole.served);
    expect(lookAt(source, more, 2299).served.usable).toBe(true);
    expect(lookAt(source, more, 2300).served.usable).toBe(false);
  });

  it('serves the old key for 300 ms of absence', () => {
    const whole = lookAt(makeSource(pem(0)), undefined, 1000);
    const absent = markAbsent(whole, 2000);
    expect(nextLookMs(absent)).toBe(2300);
    expect(markAbsent(absent, 2299).served).toBe(whole.served);
    expect(markAbsent(absent, 2300).served.usable).toBe(false);
  });

  it('serves nothing of a file that is wrong for good', () => {
    const source = makeSource(pem(0));
    const whole = lookAt(source, undefined, 1000);
    writeFileSync(source.path, `${pem(0)}-----BEGIN PRIVATE KEY-----`);
    expect(lookAt(source, whole, 2000).served.usable).toBe(false);
  });
});
